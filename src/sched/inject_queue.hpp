// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/base.hpp"

namespace foundation::sched {

/// Unbounded first-in first-out queue that any thread may push to and pop from: the overflow queue of a priority, and
/// each scheduler's queue of pinned work (then only its scheduler pops).
///
///   operation                   who         effect
///   push(item)                  any thread  appends
///   push_batch(first, last, n)  any thread  appends a chain that is already linked
///   pop()                       any thread  the oldest item, or null
///   pop_batch(max)              any thread  up to `max` of the oldest items, as a chain
///   size_hint(), empty_hint()   any thread  may be stale (but see I3)
///
/// The list is intrusive through `T::queue_next`, so pushing never allocates; an item is in one queue at a time, and
/// while it is, the field is the queue's.
///
/// Why a lock: this is the slow road, taken for an overflow, work from outside, and once in a while for fairness; what
/// is moved is a batch, and the lock is held for a few stores. An empty queue is seen without it (I2).
///
/// Rules
///   I1. The list and its length change only under the lock.
///   I2. `length_` is written only under the lock, and read without it to avoid taking it for nothing.
///   I3. After a sequentially consistent fence, `empty_hint()` cannot miss a push that was followed by such a fence
///       earlier: this is what the idle protocol stands on (idle.hpp).
template <typename T>
class inject_queue {
 public:
  /// A chain linked through `queue_next`, its end null.
  struct chain {
    T* first = nullptr;
    T* last = nullptr;
    std::size_t count = 0;
  };

  /// `rank`: inject_queue or pinned_queue.
  explicit inject_queue(base::lock_rank rank) noexcept : mutex_(rank) {}
  inject_queue(const inject_queue&) = delete;
  inject_queue& operator=(const inject_queue&) = delete;

  void push(T* item) noexcept FOUNDATION_EXCLUDES(mutex_) { push_batch(item, item, 1); }

  /// Appends the `count` items from `first` to `last`, which are linked through `queue_next`; `last->queue_next` may be
  /// anything.
  void push_batch(T* first, T* last, std::size_t count) noexcept FOUNDATION_EXCLUDES(mutex_) {
    FOUNDATION_ASSERT(first != nullptr && last != nullptr && count > 0);
    last->queue_next = nullptr;
    const sync::lock_guard lock(mutex_);
    (last_ == nullptr ? first_ : last_->queue_next) = first;
    last_ = last;
    set_length(length() + count);
    FOUNDATION_INVARIANT(ends_agree());
  }

  [[nodiscard]] T* pop() noexcept FOUNDATION_EXCLUDES(mutex_) { return pop_batch(1).first; }

  /// Takes up to `max` of the oldest items; an empty chain when there are none.
  [[nodiscard]] chain pop_batch(std::size_t max) noexcept FOUNDATION_EXCLUDES(mutex_) {
    chain taken;
    if (max == 0 || empty_hint()) return taken;  // I2
    const sync::lock_guard lock(mutex_);
    if (first_ == nullptr) return taken;
    taken = {first_, first_, 1};
    while (taken.count < max && taken.last->queue_next != nullptr) {
      taken.last = taken.last->queue_next;
      ++taken.count;
    }
    first_ = taken.last->queue_next;
    if (first_ == nullptr) last_ = nullptr;
    taken.last->queue_next = nullptr;
    set_length(length() - taken.count);
    FOUNDATION_INVARIANT(ends_agree());
    return taken;
  }

  [[nodiscard]] std::size_t size_hint() const noexcept { return length_.load(sync::memory_order_relaxed); }
  [[nodiscard]] bool empty_hint() const noexcept { return size_hint() == 0; }

  /// For tests: the length is the number of items linked, and the ends are both null or both not.
  [[nodiscard]] bool check_invariants() noexcept FOUNDATION_EXCLUDES(mutex_) {
    const sync::lock_guard lock(mutex_);
    std::size_t linked = 0;
    const T* newest = nullptr;
    for (const T* item = first_; item != nullptr; item = item->queue_next) {
      newest = item;
      ++linked;
    }
    return newest == last_ && linked == length();
  }

 private:
  /// What can be said of the list without walking it.
  [[nodiscard]] bool ends_agree() const noexcept FOUNDATION_REQUIRES(mutex_) {
    if (first_ == nullptr || last_ == nullptr) return first_ == last_ && length() == 0;
    return last_->queue_next == nullptr && length() != 0 && (length() == 1) == (first_ == last_);
  }
  [[nodiscard]] std::size_t length() const noexcept FOUNDATION_REQUIRES(mutex_) {
    return length_.load(sync::memory_order_relaxed);
  }
  // Relaxed: a hint; the items themselves are published by the lock, and I3 by the fences of its users.
  void set_length(std::size_t length) noexcept FOUNDATION_REQUIRES(mutex_) {
    length_.store(length, sync::memory_order_relaxed);
  }

  // -- read by everybody, written under the lock ---------------------------------
  alignas(base::cacheline) sync::atomic<std::size_t> length_{0};
  // -- under the lock ------------------------------------------------------------
  alignas(base::cacheline) sync::mutex mutex_;
  T* first_ FOUNDATION_GUARDED_BY(mutex_) = nullptr;
  T* last_ FOUNDATION_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace foundation::sched
