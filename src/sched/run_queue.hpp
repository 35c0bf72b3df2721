// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/base.hpp"

namespace foundation::sched {

/// Bounded first-in first-out run queue of one scheduler: the owner pushes and pops, thieves take half.
///
/// Parts: a ring of slots and two counters that only grow, so that `head_ <= tail_ <= head_ + Capacity` and the items
/// are the slots with the indices [head_, tail_), each taken modulo Capacity.
///
///   operation                  who             effect
///   push(item)                 owner           appends at the tail; false: full, nothing changed
///   pop()                      owner           takes from the head; null: empty
///   take_half(out, max)        owner           takes the older half out, for the overflow queue
///   take_half_into(mine, f)    any thread      moves the older half into `mine`, which the caller owns
///   size_hint(), empty_hint()  any thread      may be stale (but see R6)
///
/// "Owner" is one thread at a time; handing the queue over to another thread needs a happens-before edge between them.
///
/// Rules
///   R1. Only the owner writes `tail_` and the slots.
///   R2. A slot is written before the store-release of `tail_` that exposes it; who reads `tail_` with acquire may read
///       the slots below it, and what their items point to.
///   R3. `head_` moves only by compare-exchange from the value under which the slots were read; success is the only
///       thing that makes the items read the caller's. Hence a range is claimed by exactly one thread.
///   R4. The owner writes slot i + Capacity only after it has read, with acquire, a head greater than i.
///   R5. A successful claim is a release, so whoever sees a head h with acquire also sees a tail of at least h.
///   R6. After a sequentially consistent fence, `empty_hint()` cannot miss a push that was followed by such a fence
///       earlier: this is what the idle protocol stands on (idle.hpp).
///
/// Why a thief may read slots before it owns them: it may read a slot the owner is reusing, but then its
/// compare-exchange fails. Suppose it succeeds from h, and the thief had read in slot i >= h what the owner wrote for
/// i + Capacity. By R4 the owner had read a head greater than i. `head_` only grows, so that value follows the thief's
/// exchange in the modification order of `head_`; since every change of `head_` is a read-modify-write, the owner's
/// acquire synchronises with the thief's release (R3, R5), so the thief's read happened before the owner's write and
/// cannot have seen it. The slots are atomics, relaxed, only so that the lost race is defined: they compile to plain
/// moves.
///
/// Why one word and one compare-exchange: Tokio packs two heads and moves them in two steps, so that no slot is read
/// unclaimed; a thief that loses its CPU between the two then blocks all other thieves and takes up room that the owner
/// needs. Here nobody ever waits for a thief. The counters have 64 bits, so they do not wrap and there is no ABA.
///
/// Why half: one item at a time would make a thief come back at once, all of them would make the victim a thief.
template <typename T, std::uint32_t Capacity = 256>
class run_queue {
  static_assert(Capacity >= 2 && (Capacity & (Capacity - 1)) == 0, "run_queue: the capacity is a power of two");

 public:
  static constexpr std::uint32_t capacity = Capacity;

  run_queue() noexcept = default;
  run_queue(const run_queue&) = delete;
  run_queue& operator=(const run_queue&) = delete;

  // -- owner -----------------------------------------------------------------

  /// Appends `item`. False when the queue is full: the caller moves half of it to the overflow queue (take_half).
  [[nodiscard]] bool push(T* item) noexcept {
    const auto tail = tail_.load(sync::memory_order_relaxed);  // own word (R1)
    const auto head = head_.load(sync::memory_order_acquire);  // R4; pairs with the release of a thief's claim
    if (tail - head >= Capacity) return false;
    slot(tail).store(item, sync::memory_order_relaxed);  // published by the next line
    tail_.store(tail + 1, sync::memory_order_release);   // R2; pairs with the acquire in claim_half()
    return true;
  }

  /// Takes the oldest item, or null.
  [[nodiscard]] T* pop() noexcept {
    const auto tail = tail_.load(sync::memory_order_relaxed);  // own word (R1)
    auto head = head_.load(sync::memory_order_relaxed);        // verified by the exchange
    while (head != tail) {
      T* const item = slot(head).load(sync::memory_order_relaxed);  // own write (R1)
      // Release for R5. No acquire: slots and items below `tail_` are this thread's own writes.
      if (head_.compare_exchange_weak(head, head + 1, sync::memory_order_release, sync::memory_order_relaxed))
        return item;
    }
    return nullptr;
  }

  /// Takes the older half (rounded up, at most `max`) into `out` and returns how many; 0 only when empty or `max` is 0.
  std::uint32_t take_half(T** out, std::uint32_t max) noexcept {
    return claim_half(max, [out](std::uint32_t at, T* item) noexcept { out[at] = item; });
  }

  // -- any thread ------------------------------------------------------------

  /// Moves the older half (rounded up) into `mine`, which the caller owns and which is another queue; the oldest item
  /// is not queued but handed out in `*first`, for the caller to run at once. Moves no more than `mine` has room for,
  /// beside the first. Returns how many were moved, the first included; 0: nothing to take, `*first` is untouched.
  std::uint32_t take_half_into(run_queue& mine, T** first) noexcept {
    FOUNDATION_ASSERT(&mine != this);
    const auto tail = mine.tail_.load(sync::memory_order_relaxed);  // own word of the caller (R1)
    const auto head = mine.head_.load(sync::memory_order_acquire);  // R4, for the slots of `mine`
    const auto room = Capacity - static_cast<std::uint32_t>(tail - head);
    T* oldest = nullptr;
    // Written above the tail of `mine`, so nobody looks at them until the store below, and a lost race rewrites them.
    const auto moved = claim_half(room + 1, [&](std::uint32_t at, T* item) noexcept {
      if (at == 0)
        oldest = item;
      else
        mine.slot(tail + at - 1).store(item, sync::memory_order_relaxed);
    });
    if (moved == 0) return 0;
    *first = oldest;
    if (moved > 1) mine.tail_.store(tail + moved - 1, sync::memory_order_release);  // R2, for thieves of `mine`
    return moved;
  }

  /// How many items there are, or were a moment ago; never more than the capacity.
  [[nodiscard]] std::uint32_t size_hint() const noexcept {
    const auto head = head_.load(sync::memory_order_acquire);  // R5: the tail read next is not below it
    const auto tail = tail_.load(sync::memory_order_acquire);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(tail - head, Capacity));
  }

  [[nodiscard]] bool empty_hint() const noexcept { return size_hint() == 0; }

  /// Owner: the equation in the header.
  [[nodiscard]] bool check_invariants() const noexcept {
    const auto head = head_.load(sync::memory_order_acquire);
    const auto tail = tail_.load(sync::memory_order_relaxed);
    return head <= tail && tail - head <= Capacity;
  }

 private:
  [[nodiscard]] sync::atomic<T*>& slot(std::uint64_t index) noexcept { return slots_[index & (Capacity - 1)]; }

  /// Reads the older half, at most `max`, giving each to `keep(position, item)`, then claims it; begins again when
  /// somebody else moved the head meanwhile, which is progress of theirs.
  template <typename Keep>
  std::uint32_t claim_half(std::uint32_t max, Keep keep) noexcept {
    auto head = head_.load(sync::memory_order_acquire);  // R5
    for (;;) {
      const auto tail = tail_.load(sync::memory_order_acquire);  // R2; pairs with the release in push()
      // More than the capacity when `head` is stale; the exchange below then fails.
      const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(tail - head, Capacity));
      const auto count = std::min(size - size / 2, max);
      if (count == 0) return 0;
      for (std::uint32_t at = 0; at != count; ++at) keep(at, slot(head + at).load(sync::memory_order_relaxed));
      // Release: our reads of the slots come before their reuse (R4), and R5. Acquire on failure: R5 for the retry.
      if (head_.compare_exchange_strong(head, head + count, sync::memory_order_acq_rel, sync::memory_order_acquire))
        return count;
    }
  }

  // -- written by the owner (pop) and by thieves -------------------------------
  alignas(base::cacheline) sync::atomic<std::uint64_t> head_{0};
  // -- written by the owner only (R1) -------------------------------------------
  alignas(base::cacheline) sync::atomic<std::uint64_t> tail_{0};
  alignas(base::cacheline) std::array<sync::atomic<T*>, Capacity> slots_{};
};

}  // namespace foundation::sched
