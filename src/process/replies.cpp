// SPDX-License-Identifier: Apache-2.0
//
// Requests and replies. A request is a message that carries the duty to answer it; the answer is a signal that goes to its
// slot and never into the mailbox. An asker that gives up closes its slot, and a late answer finds nobody.
#include <foundation/detail/reply.hpp>

#include <fmt/format.h>

#include <new>
#include <utility>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/directory.hpp"
#include "process/library_scope.hpp"
#include "process/post.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"
#include "process/thread_process.hpp"

namespace foundation::proc {

void control_block::note_taken(envelope& request) noexcept { request.ops->asks(request.payload()).note_taken(); }

std::uint64_t control_block::expect_reply() noexcept { return reply_slots::open(replies_); }

control_block::wait_result control_block::await_reply(std::uint64_t number, os::time_point deadline) noexcept {
  if (told_to_exit_) return wait_result::exiting;  // also with the reply there
  if (replies_->get(number) != nullptr) return wait_result::more;
  const std::uint64_t outer = std::exchange(replies_->awaited, number);
  const wait_result ended = wait(nullptr, deadline);
  replies_->awaited = outer;
  return ended;
}

reply_cell* control_block::arrived_reply(std::uint64_t number) const noexcept { return replies_->get(number); }
/// Null replies_: at its end a reply that nobody took held a future of its own.
reply_cell* control_block::forget_reply(std::uint64_t number) noexcept {
  return replies_ == nullptr ? nullptr : replies_->close(number);
}

void control_block::on_reply(reply_cell& reply) noexcept {
  if (replies_ != nullptr && replies_->put(reply)) {
    if (memory_ != nullptr && reply.has_value()) memory_->hold_binaries(reply);
    if (reply.number == replies_->awaited) satisfied_ = true;
    return;
  }
  destroy_signal(reply);
  mail_.release(&reply);
}

namespace {

reply_cell* make_cell(control_block& asker, std::uint64_t number, const detail::message_ops& expected, std::size_t size,
                      std::size_t alignment) noexcept {
  const std::size_t slack = alignment > memory::backing_alignment ? alignment : 0;
  const std::size_t head = (sizeof(reply_cell) + alignment - 1) & ~(alignment - 1);
  void* const memory = memory::allocate(head + size + slack);
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) reply_cell;
  const auto base = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t payload = (base + sizeof(reply_cell) + alignment - 1) & ~(std::uintptr_t{alignment} - 1);
  made->payload_offset = static_cast<std::uint16_t>(payload - base);
  made->kind = signal_kind::reply;
  made->ops = &expected;
  made->asker = asker.self_pid();
  made->number = number;
  return made;
}

/// To the asker; if it is gone, to nobody.
void send_reply(reply_cell& reply) noexcept {
  if (post(reply.asker, &reply)) return;
  reply.destroy_value();
  memory::deallocate(&reply);
}

void fail(reply_cell& reply, errc why) noexcept {
  reply.failure = why;
  send_reply(reply);
}

}  // namespace
}  // namespace foundation::proc

namespace foundation::inline v0::detail {

using proc::control_block;
using proc::library_scope;
using proc::reply_cell;

void reply_handle::note_taken() noexcept {
  if (cell_ != nullptr) cell_->taken = true;
}

result<void> reply_handle::check(const std::type_info& type) noexcept {
  if (same_type(*cell_->ops->type, type)) return {};
  const std::type_info& wanted = *cell_->ops->type;
  fail(errc::unexpected_reply_type);
  try {
    return error(errc::unexpected_reply_type,
                 fmt::format("reply: {} given, {} asked for", base::demangled(type), base::demangled(wanted)));
  } catch (const std::bad_alloc&) {
    return errc::unexpected_reply_type;
  }
}

void* reply_handle::room() noexcept { return cell_->payload(); }

void reply_handle::send() noexcept { proc::send_reply(*std::exchange(cell_, nullptr)); }

void reply_handle::fail(errc why) noexcept { proc::fail(*std::exchange(cell_, nullptr), why); }

void reply_handle::drop() noexcept { fail(cell_->taken ? errc::no_reply : errc::noproc); }

void charge_late_reply() noexcept { proc::charge_caller(1); }

result<reply_handle> take_question(process& self, const std::type_info& type) noexcept {
  proc::charge_caller(1);
  auto& p = control_block::of(self);
  envelope* message = nullptr;
  {
    const library_scope scope(p);
    message = p.handled();
  }
  if (message == nullptr || message->ops->asks == nullptr) {
    return error(errc::invalid_argument, "reply: the message that is being handled is no request");
  }
  reply_handle& asked = message->ops->asks(message->payload());
  if (!asked) return error(errc::invalid_argument, "reply: the request has its reply already, or was taken over");
  if (auto fits = asked.check(type); !fits) return fits.error();
  return std::move(asked);
}

// -- the asker's side ------------------------------------------------------------------------------------------------------

reply_wait::reply_wait(pid to, const message_ops& expected, std::size_t size, std::size_t alignment) noexcept {
  asker_ = current_process();
  if (asker_ == nullptr) {
    if (sched::scheduler::current() != nullptr) {
      opened_ = error(errc::invalid_argument, "request: made by a fiber that is no process, on a scheduler's thread");
      return;
    }
    const sched::epoch_guard guard(proc::process_space::epochs());
    proc::process_space* const space = proc::directory::instance().find(pid_access::tag(to));
    if (space == nullptr) {
      opened_ = errc::not_running;
      return;
    }
    auto made = proc::make_thread_process(*space, {});
    if (!made) {
      opened_ = made.error();
      return;
    }
    asker_ = *made;
    owned_ = true;
  }
  asker_pid_ = asker_->id();
  if (to == asker_pid_) {
    opened_ = error(errc::would_deadlock, "to: the process that asks; it cannot answer while it waits");
    return;
  }
  auto& p = control_block::of(*asker_);
  const library_scope scope(p);
  p.charge(1);
  number_ = p.expect_reply();
  reply_cell* const cell = number_ == 0 ? nullptr : proc::make_cell(p, number_, expected, size, alignment);
  if (cell == nullptr) opened_ = errc::system_limit;
  handle_ = reply_handle(cell);
}

reply_wait::reply_wait(reply_wait&& other) noexcept
    : asker_(std::exchange(other.asker_, nullptr)), asker_pid_(other.asker_pid_), owned_(std::exchange(other.owned_, false)),
      number_(std::exchange(other.number_, 0)), opened_(std::move(other.opened_)), handle_(std::move(other.handle_)) {}

reply_wait& reply_wait::operator=(reply_wait&& other) noexcept {
  std::swap(asker_, other.asker_);
  std::swap(asker_pid_, other.asker_pid_);
  std::swap(owned_, other.owned_);
  std::swap(number_, other.number_);
  std::swap(opened_, other.opened_);
  std::swap(handle_, other.handle_);
  return *this;
}

/// On another thread or process than the asker's nothing of it may be touched: it may be gone.
result<void> reply_wait::check_caller() const noexcept {
  if (owned_ && sched::scheduler::current() == nullptr) return {};
  const process* const caller = current_process();
  if (!owned_ && caller != nullptr && caller->id() == asker_pid_) return {};
  return error(errc::invalid_argument, "future: used by another process or thread than the one that made the request");
}

reply_wait::~reply_wait() {
  if (asker_ == nullptr) return;
  auto& p = control_block::of(*asker_);
  if (number_ != 0 && check_caller()) {
    reply_cell* reply = nullptr;
    {
      const library_scope scope(p);
      reply = p.forget_reply(number_);
    }
    if (reply != nullptr) {
      reply->destroy_value();
      const library_scope scope(p);
      p.mail().release(reply);
    }
  }
  if (owned_) p.leave_thread();
}

result<void> reply_wait::wait(std::chrono::nanoseconds timeout) {
  if (auto mine = check_caller(); !mine) return mine;
  auto& p = control_block::of(*asker_);
  control_block::wait_result ended{};
  {
    const library_scope scope(p);
    p.charge(1);
    ended = p.await_reply(number_, os::deadline_after(timeout));
  }
  switch (ended) {
    case control_block::wait_result::more: break;
    case control_block::wait_result::timeout: return errc::timeout;
    case control_block::wait_result::no_carrier: return errc::system_limit;
    case control_block::wait_result::exiting: p.unwind(); return errc::killed;
  }
  const reply_cell& reply = *p.arrived_reply(number_);
  return reply.has_value() ? result<void>() : reply.failure;
}

void* reply_wait::value() const noexcept { return control_block::of(*asker_).arrived_reply(number_)->payload(); }

}  // namespace foundation::inline v0::detail
