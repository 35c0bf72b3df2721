// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/base.hpp"
#include "os/os.hpp"
#include "sched/runnable.hpp"

namespace foundation::sched {

/// The run-next slot of one scheduler: the process woken by the one that runs now (D10).
///
/// Operations
///   put(r)    owner     puts r in, returns who was there
///   take()    owner     empties it
///   seize()   monitor   empties it when the owner is stuck in a long slice; null when it is not to be had now
///
/// Why not simply an atomic exchange on both sides: it is a third locked operation on a walk that needs two
/// (docs/internals/outer-queue.md). The owner pays two plain stores and a load instead; the monitor pays a
/// process-wide barrier, once a millisecond and scheduler at most.
///
/// Rules
///   N1. The owner touches `slot_` plainly only between `touching_ = 1` and `touching_ = 0`, and only when it has seen
///       `seizing_ == 0` in between. Otherwise it uses exchange.
///   N2. The monitor touches `slot_` only after it saw `touching_ == 0` behind the heavy barrier, and only with exchange.
///
///   owner                                monitor
///   1. touching_ = 1                     1. seizing_ = 1
///   2. light barrier                     2. heavy barrier
///   3. reads seizing_                    3. reads touching_
/// At least one of them sees the other's store: either the owner uses exchange, or the monitor gives up for now.
class run_next_slot {
 public:
  runnable* put(runnable* r) noexcept { return swap(r); }
  runnable* take() noexcept { return swap(nullptr); }

  [[nodiscard]] bool occupied() const noexcept { return slot_.load(sync::memory_order_relaxed) != nullptr; }

  runnable* seize() noexcept {
    if (!occupied()) return nullptr;
    seizing_.store(1, sync::memory_order_relaxed);
    os::heavy_barrier();
    runnable* taken = nullptr;
    // Acquire: pairs with the owner's release of touching_, so that its last plain store of slot_ is seen.
    if (touching_.load(sync::memory_order_acquire) == 0) taken = slot_.exchange(nullptr, sync::memory_order_acq_rel);
    seizing_.store(0, sync::memory_order_release);
    return taken;
  }

 private:
  runnable* swap(runnable* in) noexcept {
    touching_.store(1, sync::memory_order_relaxed);
    os::light_barrier();
    runnable* out = nullptr;
    // Acquire: pairs with the release that ends a seize, so that the slot it emptied is seen empty.
    if (seizing_.load(sync::memory_order_acquire) != 0) {
      out = slot_.exchange(in, sync::memory_order_acq_rel);
    } else {
      out = slot_.load(sync::memory_order_relaxed);  // only this thread stores it in this state (N1)
      slot_.store(in, sync::memory_order_release);   // publishes the runnable's fields to a later seize
    }
    touching_.store(0, sync::memory_order_release);
    return out;
  }

  sync::atomic<runnable*> slot_{nullptr};
  sync::atomic<std::uint32_t> touching_{0};
  sync::atomic<std::uint32_t> seizing_{0};
};

}  // namespace foundation::sched
