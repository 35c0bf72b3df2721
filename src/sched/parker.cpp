// SPDX-License-Identifier: Apache-2.0
#include "sched/parker.hpp"

namespace foundation::sched {

bool parker::prepare() noexcept {
  // Some ten microseconds. None where nobody else could put the token there meanwhile.
  static const unsigned looks = os::affinity_cpus() > 1 ? 400 : 0;
  for (unsigned i = 0; i != looks && word_.load(sync::memory_order_relaxed) == empty; ++i) os::relax();
  std::uint32_t seen = empty;
  // Relaxed on success: what must be visible to wakers was fenced before (idle.hpp).
  if (word_.compare_exchange_strong(seen, parked, sync::memory_order_relaxed, sync::memory_order_relaxed)) return true;
  // `notified`, since the owner itself is not parked (P1). The exchange, not the failed compare, acquires.
  word_.exchange(empty, sync::memory_order_acquire);  // P3; pairs with the release in unpark()
  return false;
}

bool parker::take_token() noexcept {
  std::uint32_t seen = notified;
  // Acquire: pairs with the release in unpark() (P3).
  return word_.compare_exchange_strong(seen, empty, sync::memory_order_acquire, sync::memory_order_relaxed);
}

void parker::park() noexcept {
  if (!prepare()) return;
  do {
    os::futex_wait(word_, parked);  // returns for any reason
  } while (!take_token());
}

bool parker::park_until(os::time_point deadline) noexcept {
  if (!prepare()) return true;
  for (;;) {
    const bool in_time = os::futex_wait_until(word_, parked, deadline);
    if (take_token()) return true;
    if (in_time) continue;
    // The time is up; a token that came before this exchange is taken, a later one stays for the next park.
    return word_.exchange(empty, sync::memory_order_acquire) == notified;
  }
}

void parker::unpark() noexcept {
  // Release: what the caller did is visible to the park that takes the token (P3).
  if (word_.exchange(notified, sync::memory_order_release) == parked) os::futex_wake(word_, 1);  // P2
}

}  // namespace foundation::sched
