// SPDX-License-Identifier: Apache-2.0
//
// What a process says of itself when it is asked by a signal.
#include <foundation/process_info.hpp>

#include <new>
#include <utility>

#include "process/control_block.hpp"
#include "process/info_request.hpp"
#include "process/inspect.hpp"
#include "process/library_scope.hpp"
#include "process/post.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

info_request* info_request::make(detail::reply_handle to, info_items items) noexcept {
  void* const memory = memory::allocate(sizeof(info_request));
  return memory == nullptr ? nullptr : ::new (memory) info_request(std::move(to), items);
}

process_details control_block::describe(info_items items) {
  process_details all;
  all.id = pid_;
  {
    const sched::epoch_guard guard(process_space::epochs());
    all.seen = activity_of(*this);
  }
  if (in_wait_) all.seen.status = process_status::waiting;
  if (!in_wait_ && ops_.handle != nullptr && handled_ == nullptr) all.seen.status = process_status::idle;
  if (in_wait_ || all.seen.status == process_status::idle) all.seen.scheduler.reset();
  all.seen.reductions = in_wait_ ? accounted_reductions() : total_reductions();
  all.messages = mail_.length();
  all.has_more = mail_.has_unsorted();
  all.block_bytes = block_bytes_;
  all.memory = usage();
  if (own_carrier != nullptr) all.stack_bytes = own_carrier->stack().size;
  relations_.for_each([&](const relation& r) {
    if (r.role == relation_kind::link && r.active && has(items, info_items::links)) all.links.push_back(r.other);
    if (!has(items, info_items::monitors)) return;
    if (r.role == relation_kind::watching) all.monitors.push_back({r.ref, r.other, r.name});
    if (r.role == relation_kind::watched) all.monitored_by.push_back(r.other);
  });
  if (!in_wait_ || !has(items, info_items::waits)) return all;
  if (wanted_ != nullptr) {
    wanted_->for_each_type([&](const std::type_info* type) {
      all.waits_for.push_back(type == nullptr ? "any message" : base::demangled(*type));
    });
  } else {
    all.waits_for.emplace_back(awaits_reply() ? "a reply" : "a time");
  }
  return all;
}

void control_block::on_info_request(info_request& question) noexcept {
  try {
    process_details all = describe(question.items);
    detail::answer<process_details>(std::move(question.to), std::move(all));
  } catch (const std::bad_alloc&) {  // no room for the lists
    question.to.fail(errc::system_limit);
  }
}

}  // namespace foundation::proc

namespace foundation::inline v0::detail {

using proc::control_block;

result<process_details> ask_for_info(pid p, info_items items, std::chrono::nanoseconds timeout) {
  process* const self = current_process();
  if (self != nullptr && self->id() == p) {
    const proc::library_scope scope(control_block::of(*self));
    control_block::of(*self).gather_all();
    try {
      return control_block::of(*self).describe(items);
    } catch (const std::bad_alloc&) {
      return errc::system_limit;
    }
  }
  reply_wait wait(p, message_ops_of<process_details>, sizeof(process_details), alignof(process_details));
  if (!wait.opened()) return wait.opened().error();
  proc::info_request* const question = proc::info_request::make(wait.take_handle(), items);
  if (question == nullptr) return errc::system_limit;
  if (!proc::post(p, question)) proc::info_request::discard(question);
  if (auto ended = wait.wait(timeout); !ended) return ended.error();
  return std::move(*static_cast<process_details*>(wait.value()));
}

}  // namespace foundation::inline v0::detail
