// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "process/process.hpp"

namespace foundation::delivery {

enum class pushed : std::uint8_t { taken, dead, no_runtime };

/// The walk of a message: finds the receiver, pushes, and wakes it if it slept. `taken`: the message is the receiver's; else it is
/// still the caller's. No lock, no clock (docs/internals/outer-queue.md).
[[nodiscard]] inline pushed push(const proc::sending_from& from, pid to, detail::envelope& message) noexcept {
  const sched::epoch_guard guard(proc::process_space::epochs());
  const std::uint32_t tag = detail::pid_access::tag(to);
  proc::process_space* const space = from.process != nullptr && from.process->space().tag() == tag
                                         ? &from.process->space()
                                         : proc::directory::instance().find(tag);
  if (space == nullptr) return pushed::no_runtime;
  if (proc::control_block* const receiver = space->table().find(to)) {
    const proc::push_result result = receiver->push_remote(&message);
    if (result == proc::push_result::enqueue_receiver) from.wake(*receiver);
    if (result != proc::push_result::closed) return pushed::taken;
  }
  space->count_dead_letter();
  return pushed::dead;
}

/// For each message whatever came of it: a process that sends into the void for ever must not keep its scheduler.
inline void charge_send(const proc::sending_from& from) noexcept {
  if (from.process == nullptr || !from.scheduler->charge(proc::send_reductions)) [[likely]] return;
  const proc::library_scope scope(*from.process);
  from.process->end_slice_of_caller();
}

}  // namespace foundation::delivery
