// SPDX-License-Identifier: Apache-2.0
//
// The walk of a message: find the receiver, push, and wake it if it slept. No lock, no clock (docs/internals/outer-queue.md).
#include <foundation/send.hpp>

#include <utility>

#include "process/process.hpp"

namespace foundation::inline v0::detail {

using proc::control_block;
using proc::process_space;
using proc::push_result;
using proc::sending_from;

namespace {

/// True when the message has found its receiver; false leaves it the caller's.
bool push(const sending_from& from, process_space& space, pid to, envelope* message) noexcept {
  control_block* receiver = space.table().find(to);
  if (receiver == nullptr) return false;
  const push_result pushed = receiver->push_remote(message);
  if (pushed == push_result::enqueue_receiver) from.wake(*receiver);
  return pushed != push_result::closed;
}

}  // namespace

result<void> deliver(pid to, owned_envelope message) noexcept {
  const sending_from from;
  result<void> outcome;
  if (!message) [[unlikely]] {
    outcome = errc::system_limit;
  } else {
    const sched::epoch_guard guard(process_space::epochs());
    const std::uint32_t tag = pid_access::tag(to);
    process_space* space = from.process != nullptr && from.process->space().tag() == tag
                               ? &from.process->space()
                               : proc::directory::instance().find(tag);
    if (space == nullptr) {
      outcome = errc::not_running;
    } else if (push(from, *space, to, message.get())) {
      static_cast<void>(message.release());
    } else {
      space->count_dead_letter();
    }
  }
  // Charged whatever came of it: a process that sends into the void for ever must not keep its scheduler.
  if (from.process != nullptr && from.scheduler->charge(proc::send_reductions)) [[unlikely]] {
    const proc::library_scope scope(*from.process);
    from.process->end_slice_of_caller();
  }
  return outcome;
}

}  // namespace foundation::inline v0::detail
