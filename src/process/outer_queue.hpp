// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <foundation/detail/envelope.hpp>

#include "base/base.hpp"

namespace foundation::proc {

using detail::signal;

/// What a push asks of the sender.
enum class push_result : std::uint8_t {
  delivered,         ///< the receiver runs or is queued: it will see the signal
  enqueue_receiver,  ///< the receiver slept: the sender must make it ready, exactly once
  closed,            ///< the receiver is dead: the signal is still the sender's
};

/// The one word through which every signal reaches a process (D6, D7).
///
/// The word holds the newest node, or a tag:
///
/// | word      | the process is                                     | may be replaced by, and who does it               |
/// |-----------|----------------------------------------------------|---------------------------------------------------|
/// | a node    | queued, running, or in a wait of Boost's           | a newer node: a sender; idle, waiting: the owner  |
/// | null      | the same, and has never had a signal               | the same                                          |
/// | idle      | between two turns: no carrier, on no queue         | a node: a sender, who then owes the enqueue       |
/// | waiting   | parked in a wait of ours, its carrier kept         | a node: a sender, who then owes the enqueue;      |
/// |           |                                                    | null: the owner, if it is a plain thread          |
/// | closed    | dead                                               | nothing, ever                                     |
///
/// Operations
///   push(s)             any thread   one compare-exchange when uncontended; refused, `s` is linked to nothing
///   newest()            owner        the newest node, seen together with all older ones
///   try_sleep(from, to) owner        `from` (the newest node handled) becomes idle or waiting, unless there is a newer one
///   try_wake()          owner        waiting becomes null, unless a sender was faster: of a plain thread whose time is up
///   close()             owner        closed; returns the nodes not yet taken
///
/// The *owner* is whoever may run the process: the scheduler it runs on, or the queue it is on. A push that replaces
/// idle or waiting makes the sender the owner until it has enqueued the process.
///
/// Why one word and not a queue beside a state: with the two apart a hop costs four locked operations, with idle as a
/// tag three, and with the batch closed from its newest node two (docs/internals/outer-queue.md has the figures).
///
/// Rules
///   Q1. A node's fields are written before the release that pushes it, and read after the acquire that takes it.
///   Q2. The node `newest()` returned stays allocated until the word has moved on from it through this owner, so the
///       compare-exchange of `try_sleep` cannot take another message at the same address for it (no ABA).
///   Q3. After `try_sleep` succeeds, or `close`, nothing of the queue is touched by the one who called it.
class outer_queue {
 public:
  enum class sleep : std::uintptr_t { idle = 1, waiting = 2 };

  explicit outer_queue(bool idle) noexcept : word_(idle ? static_cast<std::uintptr_t>(sleep::idle) : 0) {}

  [[nodiscard]] push_result push(signal* s) noexcept {
    std::uintptr_t old = word_.load(sync::memory_order_relaxed);
    do {
      if (old == closed_tag) {
        s->next = nullptr;  // an earlier attempt of the loop may have set it
        return push_result::closed;
      }
      s->next = is_tag(old) ? nullptr : reinterpret_cast<signal*>(old);
      // Release: publishes the node (Q1). Acquire: a sender that takes idle or waiting away becomes the owner, and must
      // see what the last owner wrote; pairs with the release of try_sleep.
    } while (!word_.compare_exchange_weak(old, reinterpret_cast<std::uintptr_t>(s), sync::memory_order_acq_rel,
                                          sync::memory_order_relaxed));
    return old != 0 && is_tag(old) ? push_result::enqueue_receiver : push_result::delivered;
  }

  /// Null when there never was one. Acquire: pairs with the pushes of this node and of all older ones, since each push
  /// is a read-modify-write and so continues the release sequence of those before it.
  [[nodiscard]] signal* newest() const noexcept {
    const std::uintptr_t word = word_.load(sync::memory_order_acquire);
    return is_tag(word) ? nullptr : reinterpret_cast<signal*>(word);
  }

  [[nodiscard]] bool try_sleep(const signal* from, sleep to) noexcept {
    auto expected = reinterpret_cast<std::uintptr_t>(from);
    // Release: hands the process to the sender who wakes it. Relaxed on failure: the next newest() acquires.
    return word_.compare_exchange_strong(expected, static_cast<std::uintptr_t>(to), sync::memory_order_acq_rel,
                                         sync::memory_order_relaxed);
  }

  bool try_wake() noexcept {
    auto expected = static_cast<std::uintptr_t>(sleep::waiting);
    return word_.compare_exchange_strong(expected, 0, sync::memory_order_relaxed, sync::memory_order_relaxed);
  }

  [[nodiscard]] signal* close() noexcept {
    const std::uintptr_t old = word_.exchange(closed_tag, sync::memory_order_acq_rel);
    return is_tag(old) ? nullptr : reinterpret_cast<signal*>(old);
  }

  // -- for inspection, any thread: true a moment ago -------------------------------------------------------------------
  [[nodiscard]] bool is_idle() const noexcept { return peek() == static_cast<std::uintptr_t>(sleep::idle); }
  [[nodiscard]] bool is_waiting() const noexcept { return peek() == static_cast<std::uintptr_t>(sleep::waiting); }
  /// Acquire: pairs with close(), so that who sees a process dead sees what it did.
  [[nodiscard]] bool is_closed() const noexcept { return word_.load(sync::memory_order_acquire) == closed_tag; }

 private:
  static constexpr std::uintptr_t closed_tag = 3;

  [[nodiscard]] static constexpr bool is_tag(std::uintptr_t word) noexcept { return word <= closed_tag; }
  [[nodiscard]] std::uintptr_t peek() const noexcept { return word_.load(sync::memory_order_relaxed); }

  sync::atomic<std::uintptr_t> word_;
};

}  // namespace foundation::proc
