// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>
#include <utility>

#include <foundation/detail/envelope.hpp>
#include <foundation/exit_reason.hpp>
#include <foundation/signals.hpp>

#include "base/base.hpp"
#include "memory/memory.hpp"
#include "sched/sched.hpp"

/// The signals of our own that are neither messages nor relations. Each begins with its `signal`, so that a node of any kind is
/// given back to the allocator by the same address.
namespace foundation::proc {

using detail::signal;
using detail::signal_kind;

/// `exit(pid, reason)`. Carries the message that it becomes where the receiver traps exits.
struct exit_signal : detail::envelope {
  /// Null when the allocation is refused.
  [[nodiscard]] static exit_signal* make(pid from, exit_reason reason) noexcept {
    void* memory = memory::allocate(sizeof(exit_signal));
    return memory == nullptr ? nullptr : ::new (memory) exit_signal(from, std::move(reason));
  }
  /// Of one that nobody has got.
  static void discard(exit_signal* s) noexcept {
    if (s == nullptr) return;
    s->message.~exited();
    memory::deallocate(s);
  }

  reference through;  // the alias it was sent to, or none

  union {
    exited message;  // destroyed as the payload it is, by whoever handles the signal
  };

 private:
  exit_signal(pid from, exit_reason reason) noexcept : message{from, std::move(reason)} {
    kind = signal_kind::exit;
    ops = &detail::message_ops_of<exited>;
    payload_offset = static_cast<std::uint16_t>(reinterpret_cast<std::byte*>(&message) - reinterpret_cast<std::byte*>(this));
  }
  ~exit_signal() = delete;
};

/// A link is to be removed, or has been: the answer is made together with the question, so that it cannot fail.
struct unlink_signal : signal {
  /// The question, with its answer behind `answer`; null when the allocation is refused.
  [[nodiscard]] static unlink_signal* make(pid from, pid to, std::uint64_t id) noexcept {
    void* question = memory::allocate(sizeof(unlink_signal));
    void* answer = memory::allocate(sizeof(unlink_signal));
    if (question == nullptr || answer == nullptr) {
      memory::deallocate(question);
      memory::deallocate(answer);
      return nullptr;
    }
    auto* const back = ::new (answer) unlink_signal(signal_kind::unlink_ack, to, id);
    auto* const made = ::new (question) unlink_signal(signal_kind::unlink, from, id);
    made->answer = back;
    return made;
  }

  pid from;
  std::uint64_t id;
  unlink_signal* answer = nullptr;

 private:
  unlink_signal(signal_kind as, pid sender, std::uint64_t number) noexcept : from(sender), id(number) { kind = as; }
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
  std::uint32_t wait_number = 0;  ///< the wait it was armed for; an older one's firing is ignored
  wheel_entry entry;
};

}  // namespace foundation::proc
