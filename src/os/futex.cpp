// SPDX-License-Identifier: Apache-2.0
#include "os/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace foundation::os {

namespace {

static_assert(sizeof(sync::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the kernel sees the plain word");

/// Absolute CLOCK_MONOTONIC time: FUTEX_WAIT_BITSET without FUTEX_CLOCK_REALTIME measures by it.
timespec to_timespec(time_point when) noexcept {
  const auto since_boot = std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch());
  if (since_boot.count() < 0) return {0, 0};  // long past; the kernel rejects negative times
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((since_boot - seconds).count())};
}

/// @returns false when `timeout` has passed
bool wait(sync::atomic<std::uint32_t>& word, std::uint32_t expected, const timespec* timeout) noexcept {
  const long result =
      ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, timeout, nullptr, FUTEX_BITSET_MATCH_ANY);
  if (result == 0) return true;
  FOUNDATION_CHECK(errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT, "futex: the kernel refused to wait");
  return errno != ETIMEDOUT;
}

}  // namespace

void futex_wait(sync::atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  static_cast<void>(wait(word, expected, nullptr));
}

bool futex_wait_until(sync::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
  if (deadline == time_point::max()) return wait(word, expected, nullptr);
  const timespec timeout = to_timespec(deadline);
  return wait(word, expected, &timeout);
}

void futex_wake(sync::atomic<std::uint32_t>& word, int count) noexcept {
  // An error means that the memory is gone, which is allowed: only the address counts.
  static_cast<void>(::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0));
}

}  // namespace foundation::os
