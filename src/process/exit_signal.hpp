// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>
#include <utility>

#include <foundation/detail/envelope.hpp>
#include <foundation/exit_reason.hpp>

#include "base/base.hpp"
#include "memory/memory.hpp"
#include "sched/sched.hpp"

/// The signals of our own that are no messages. Each begins with its `signal`, so that a node of any kind is given back
/// to the allocator by the same address.
namespace foundation::proc {

using detail::signal;
using detail::signal_kind;

/// Ends the receiver by Erlang's rules for `exit/2`.
struct exit_signal : signal {
  explicit exit_signal(exit_reason why) noexcept : reason(std::move(why)) { kind = signal_kind::exit; }

  /// Null when the allocation is refused.
  [[nodiscard]] static exit_signal* make(exit_reason why) noexcept {
    void* memory = memory::allocate(sizeof(exit_signal));
    return memory == nullptr ? nullptr : ::new (memory) exit_signal(std::move(why));
  }

  exit_reason reason;
};

/// The end of a timed wait. When its entry in the wheel fires it *is* the signal, and the process's queue owns it.
struct wait_timer : signal {
  struct wheel_entry : sched::timer {
    wheel_entry(void (*callback)(sched::timer&) noexcept, wait_timer& of) noexcept : timer(callback), node(of) {}
    wait_timer& node;
  };

  wait_timer(sched::runnable& of, void (*callback)(sched::timer&) noexcept) noexcept
      : waiter(of), entry(callback, *this) {
    kind = signal_kind::timeout;
  }

  sched::runnable& waiter;
  std::uint64_t wait_number = 0;  ///< the wait it was armed for; an older one's firing is ignored
  wheel_entry entry;
};

}  // namespace foundation::proc
