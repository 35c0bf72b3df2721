// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/base.hpp"
#include "os/barrier.hpp"
#include "os/cpu.hpp"
#include "os/thread.hpp"

namespace foundation::os {

/// A lock that one thread, its owner, takes often and for a few instructions, at the cost of two plain stores. Anybody else
/// takes it away seldom, which costs a heavy barrier (barrier.hpp).
///
///   operation      who                              effect
///   try_lock()     the owner                        true: it has the lock; false: it was taken away
///   unlock()       the owner, after true
///   take_away()    others, one at a time            waits until the owner is out, and keeps it out
///   give_back()    after take_away
///
///   owner                                           another
///   1. busy = 1                                     1. taken = true
///   2. light barrier                                2. heavy barrier
///   3. taken? then busy = 0 (release), false        3. waits until busy (acquire) is 0
///
/// By the barriers at least one sees the other at its step 3. If the owner does, it stays out; if the other does, it waits for
/// the owner's `unlock`, whose release its acquire pairs with. `give_back` is a release, and pairs with the owner's step 3.
///
/// Who is to be *one at a time* is the others' business: a lock of theirs, which the owner may take too when it was refused.
class owned_lock {
 public:
  [[nodiscard]] bool try_lock() noexcept {
    busy_.store(true, sync::memory_order_relaxed);
    light_barrier();
    if (!taken_.load(sync::memory_order_acquire)) [[likely]] return true;
    unlock();
    return false;
  }
  void unlock() noexcept { busy_.store(false, sync::memory_order_release); }

  void take_away() noexcept {
    taken_.store(true, sync::memory_order_relaxed);
    heavy_barrier();
    for (int looks = 0; busy_.load(sync::memory_order_acquire); ++looks) {
      if (looks < 100) {
        relax();
      } else {
        yield_thread();  // the owner may have lost its processor
      }
    }
  }
  void give_back() noexcept { taken_.store(false, sync::memory_order_release); }

 private:
  sync::atomic<bool> busy_{false};
  sync::atomic<bool> taken_{false};
};

}  // namespace foundation::os
