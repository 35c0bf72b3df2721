// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include <foundation/pid.hpp>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

/// Plain threads that wait until a process is gone (wait_gone), and the ends that wake them. Part of the directory, since a
/// thread may wake up when the runtime it waited for is no more.
///
///   wait_until(p, deadline, gone)   plain thread, no guard   sleeps until gone(), or the deadline; the last gone()
///   notify(p)                       any thread               wakes who waits for p, which was marked as gone before
///
///   who waits                                     whose end it is
///   W1. waiters++                                 N1. marks the process as gone
///   W2. heavy barrier                             N2. light barrier
///   W3. reads ends (acquire)                      N3. reads waiters; 0: done
///   W4. asks whether it is gone; if so, done      N4. ends++ (release)
///   W5. sleeps while ends is what W3 read; W3     N5. wakes all
///
/// Claim: nobody sleeps on for an end that has passed N5. If N3 has read 0, then W4 sees N1, by the barriers. Else N4 comes:
/// where W3 has read it, W4 sees N1; where it has not, W5 does not fall asleep, or is woken by N5.
///
/// The barriers make it free for an end that nobody waits for: a load. Processes share a few places, so a thread may wake for
/// another one's end, and looks again. One place for all would wake each waiter at every end, and one in each control block
/// would go with it.
class end_waits {
 public:
  template <typename Gone>
  [[nodiscard]] bool wait_until(pid p, os::time_point deadline, Gone&& gone) noexcept {
    place& at = place_of(p);
    at.waiters.fetch_add(1, sync::memory_order_relaxed);  // W1
    os::heavy_barrier();                                  // W2
    bool is_gone = false;
    for (bool in_time = true;;) {
      const std::uint32_t seen = at.ends.load(sync::memory_order_acquire);  // W3
      is_gone = gone();                                                     // W4
      if (is_gone || !in_time) break;
      in_time = os::futex_wait_until(at.ends, seen, deadline);  // W5
    }
    at.waiters.fetch_sub(1, sync::memory_order_relaxed);
    return is_gone;
  }

  void notify(pid p) noexcept {
    os::light_barrier();  // N2
    place& at = place_of(p);
    if (at.waiters.load(sync::memory_order_relaxed) == 0) [[likely]] return;  // N3
    at.ends.fetch_add(1, sync::memory_order_release);                         // N4
    os::futex_wake(at.ends, 1 << 30);                                         // N5
  }

 private:
  struct place {
    sync::atomic<std::uint32_t> waiters{0};  // threads between W1 and their return
    sync::atomic<std::uint32_t> ends{0};     // the futex word
  };
  static constexpr std::size_t place_count = 64;  // a choice: a storm of ends wakes a waiter for one in so many

  [[nodiscard]] place& place_of(pid p) noexcept { return places_[std::hash<pid>{}(p) % place_count]; }

  std::array<place, place_count> places_;
};

}  // namespace foundation::proc
