// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

/// Whether a process has been given up while its user's code was running (D5), and the handshake that decides it.
///
/// A process that was told to exit and does not come back from foreign code is declared dead by the monitor while its
/// thread may still be inside. The two must not both own it.
///
/// | state     | meaning                                                        | may leave to     | by whom           |
/// |-----------|----------------------------------------------------------------|------------------|-------------------|
/// | sound     | an ordinary process                                            | requested        | monitor           |
/// | requested | the monitor is about to take it                                | taken            | monitor           |
/// |           |                                                                | sound            | either            |
/// | taken     | the monitor looks at it, and may release it as dead;              | sound, released  | monitor           |
/// |           | the process must stand still                                      |                  |                   |
/// | released  | dead to everybody; its frames, body and mailbox are its own again |               |                   |
///
///   process entering the library           monitor (try_take)
///   1. in_user_ = 0                        1. state_ = requested
///   2. light barrier                       2. heavy barrier
///   3. reads state_                        3. reads in_user_
/// One sees the other's store. If the monitor still reads 1, the process will read `requested` before it touches
/// anything of its own, and the compare-exchange from `requested` decides between them.
///
/// Rules
///   L1. The process touches its mailbox, flags and timer only between `enter_library` and `enter_user`.
///   L2. The monitor touches a process only between `try_take` and `release` or `give_back`.
class life {
 public:
  /// The process: user code begins. Release: what was done in the library is seen by a monitor that reads 1.
  void enter_user() noexcept { in_user_.store(1, sync::memory_order_release); }

  /// The process: user code has called or returned. True, each time, when it has been abandoned.
  [[nodiscard]] bool enter_library() noexcept {
    in_user_.store(0, sync::memory_order_relaxed);
    os::light_barrier();
    if (state_.load(sync::memory_order_acquire) == sound) return false;
    return enter_library_slow();
  }

  /// Any thread: true a moment ago.
  [[nodiscard]] bool in_user() const noexcept { return in_user_.load(sync::memory_order_relaxed) != 0; }

  /// The monitor: true when the process is in user code and is now the monitor's, until `release`.
  [[nodiscard]] bool try_take() noexcept {
    // Asked of every process that is overdue, each time: one that waits in the library costs no barrier.
    if (!in_user()) return false;
    std::uint32_t expected = sound;
    if (!state_.compare_exchange_strong(expected, requested, sync::memory_order_relaxed)) return false;
    os::heavy_barrier();
    const bool in_user = in_user_.load(sync::memory_order_acquire) == 1;
    expected = requested;
    return state_.compare_exchange_strong(expected, in_user ? taken : sound, sync::memory_order_acq_rel) && in_user;
  }
  /// After `try_take`: it was not to be released after all.
  void give_back() noexcept { state_.store(sound, sync::memory_order_release); }
  void release() noexcept { state_.store(released, sync::memory_order_release); }

  [[nodiscard]] bool abandoned() const noexcept { return state_.load(sync::memory_order_relaxed) >= taken; }

 private:
  static constexpr std::uint32_t sound = 0;
  static constexpr std::uint32_t requested = 1;
  static constexpr std::uint32_t taken = 2;
  static constexpr std::uint32_t released = 3;

  [[gnu::noinline]] bool enter_library_slow() noexcept {
    std::uint32_t expected = requested;
    if (state_.compare_exchange_strong(expected, sound, sync::memory_order_acq_rel, sync::memory_order_acquire))
      return false;  // came back in time
    while (state_.load(sync::memory_order_acquire) == taken) os::relax();  // a few microseconds of the monitor's
    return state_.load(sync::memory_order_acquire) == released;
  }

  sync::atomic<std::uint32_t> in_user_{0};
  sync::atomic<std::uint32_t> state_{sound};
};

}  // namespace foundation::proc
