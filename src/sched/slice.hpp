// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "base/base.hpp"

namespace foundation::sched {

/// Reductions a slice may spend before the scheduler takes the process off (BEAM's CONTEXT_REDS, erl_vm.h).
inline constexpr std::uint32_t slice_budget = 4000;

/// After this many further reductions of its waker, a process in run-next may be stolen (D10). Longer than a handler
/// that sends and returns, far shorter than a slice; the value is a choice, not a measurement.
inline constexpr std::uint32_t run_next_publish_after = 200;

/// The account of the slice that runs now on one scheduler (D4).
///
/// Rules
///   S1. Only the owner writes `used_` and `publish_at_`; it counts up.
///   S2. `limit_` is set by the owner at the start of a slice and lowered only by the monitor. A monitor that wrote the
///       owner's counter instead would lose: the owner's next plain store undoes it.
///   S3. `sequence_` changes with every slice; the monitor compares two samples of it, so the count is also a clock
///       and no slice takes a time stamp.
class slice {
 public:
  /// Owner: a new slice begins. `inherit`: a run-next receiver takes over what its waker left (D10).
  void begin(std::uint32_t budget, bool inherit) noexcept {
    sequence_.store(sequence_.load(sync::memory_order_relaxed) + 1, sync::memory_order_relaxed);
    start_ = inherit ? used_ : 0;
    if (inherit) return;
    used_ = 0;
    publish_at_ = never;
    limit_.store(budget, sync::memory_order_relaxed);
  }

  /// Owner: counts `n` reductions; true when something is due: `expired()`, or run-next to be published.
  [[nodiscard]] bool charge(std::uint32_t n) noexcept {
    used_ += n;
    return used_ >= publish_at_ || used_ >= limit_.load(sync::memory_order_relaxed);
  }

  [[nodiscard]] bool expired() const noexcept { return used_ >= limit_.load(sync::memory_order_relaxed); }
  [[nodiscard]] bool publish_due() const noexcept { return used_ >= publish_at_; }

  void publish_later() noexcept { publish_at_ = used_ + run_next_publish_after; }
  void publish_done() noexcept { publish_at_ = never; }

  /// Owner: reductions spent by whoever runs now, since its own slice began or they were last taken.
  [[nodiscard]] std::uint64_t spent() const noexcept { return used_ - start_; }
  /// The same, and what is asked next counts from here.
  [[nodiscard]] std::uint64_t take_spent() noexcept { return used_ - std::exchange(start_, used_); }

  /// Monitor: the slice ends at the owner's next charge. Relaxed: nothing but the number is published.
  void expire_remote() noexcept { limit_.store(0, sync::memory_order_relaxed); }

  /// Any thread.
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_.load(sync::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  std::uint64_t used_ = 0;  // 64 bits: a single charge may be as large as 32
  std::uint64_t start_ = 0;
  std::uint64_t publish_at_ = never;
  sync::atomic<std::uint32_t> limit_{slice_budget};
  sync::atomic<std::uint64_t> sequence_{0};
};

}  // namespace foundation::sched
