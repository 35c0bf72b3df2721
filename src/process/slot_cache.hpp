// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

/// What one scheduler keeps of the process table: free slots, first in first out, and how many processes it has published and
/// released. Both are its own, so a life that begins and ends on one scheduler takes no lock.
///
/// Rules
///   C1. The slots are touched under `lock`: by the scheduler, or by who has taken it away under the table's mutex. Under
///       that mutex the scheduler needs no lock: nobody can be taking it away.
///   C2. Only the scheduler writes the counts. They never go back, so `process_table::size` can add them up.
class slot_cache {
 public:
  static constexpr std::uint32_t capacity = 64;

  os::owned_lock lock;

  /// For a look without the lock.
  [[nodiscard]] std::uint32_t size_hint() const noexcept { return count_.load(sync::memory_order_relaxed); }

  [[nodiscard]] std::optional<std::uint32_t> take() noexcept {
    const std::uint32_t count = size_hint();
    if (count == 0) return std::nullopt;
    const std::uint32_t slot = slots_[first_];
    first_ = (first_ + 1) % capacity;
    count_.store(count - 1, sync::memory_order_relaxed);
    return slot;
  }
  /// Pre: size_hint() < capacity.
  void put(std::uint32_t slot) noexcept {
    const std::uint32_t count = size_hint();
    slots_[(first_ + count) % capacity] = slot;
    count_.store(count + 1, sync::memory_order_relaxed);
  }

  void count_published() noexcept { published_.store(published() + 1, sync::memory_order_relaxed); }
  /// Release: who sees it counted sees it published too, and all that the process did.
  void count_released() noexcept {
    released_.store(released_.load(sync::memory_order_relaxed) + 1, sync::memory_order_release);
  }
  [[nodiscard]] std::uint64_t published() const noexcept { return published_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t released() const noexcept { return released_.load(sync::memory_order_acquire); }

 private:
  sync::atomic<std::uint32_t> count_{0};
  std::uint32_t first_ = 0;
  sync::atomic<std::uint64_t> published_{0};
  sync::atomic<std::uint64_t> released_{0};
  std::uint32_t slots_[capacity];
};

}  // namespace foundation::proc
