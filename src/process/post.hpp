// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/pid.hpp>

#include "process/control_block.hpp"
#include "process/process_space.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

/// Where a signal comes from: a process on a scheduler, or somewhere else.
struct sending_from {
  sched::scheduler* scheduler = sched::scheduler::current();
  control_block* process = scheduler == nullptr ? nullptr : static_cast<control_block*>(scheduler->running());

  /// Makes a receiver ready that a push of ours has found asleep: the running process's own go to run-next (D10).
  void wake(control_block& receiver) const noexcept {
    if (process != nullptr && &process->space() == &receiver.space()) {
      scheduler->wake_next(receiver);
    } else {
      receiver.space().group().enqueue(receiver);
    }
  }
};

/// Gives a control signal to a process, which handles it at its next charge or sooner. False: it is dead, or of no
/// runtime, and the signal is still the caller's. Any thread; never waits.
[[nodiscard]] bool post(pid to, signal* s) noexcept;

}  // namespace foundation::proc
