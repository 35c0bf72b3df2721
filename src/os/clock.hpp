// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace foundation::os {

/// The clock every deadline of the library is measured by: monotonic, CLOCK_MONOTONIC on Linux, so that its time
/// points can be handed to a futex as they are.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

/// The present time; the only place in the library that reads a clock.
/// @any_thread  no system call where the kernel offers a vDSO
[[nodiscard]] inline time_point now() noexcept { return clock::now(); }

/// When `duration` from now will be over: `time_point::max()` where that is beyond the clock, and for the longest
/// duration without reading it; `time_point::min()` for zero and less, likewise.
[[nodiscard]] inline time_point deadline_after(std::chrono::nanoseconds duration) noexcept {
  if (duration == std::chrono::nanoseconds::max()) return time_point::max();
  if (duration <= std::chrono::nanoseconds::zero()) return time_point::min();
  const time_point present = now();
  return duration > time_point::max() - present ? time_point::max() : present + duration;
}

}  // namespace foundation::os
