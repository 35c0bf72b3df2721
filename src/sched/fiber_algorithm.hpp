// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/fiber/algo/algorithm.hpp>

#include "sched/scheduler.hpp"

namespace foundation::sched {

/// Boost.Fiber's view of a scheduler: the five calls of its extension point, forwarded.
///
///   awakened(c)       a fiber became ready, or was just switched away from ready. Possibly under a primitive's
///                     spinlock: never allocates, logs or switches
///   pick_next()       a fiber blocks in a Boost primitive, or ends, or the dispatcher asks. Null only to the dispatcher
///   suspend_until(t)  the dispatcher found nothing to do: search, spin, sleep
///   notify()          any thread: a fiber of this scheduler was woken from elsewhere
///
/// Owned by Boost's per-thread scheduler, which outlives our thread's main function; refers to ours, which outlives the
/// thread.
///
/// What tells TSan of a switch in its middle (S1) is not instrumented, nor what calls it: TSan counts the entry of a
/// function for the fiber that was left and its exit for the one that was entered, and one of its two stacks runs over.
class fiber_algorithm final : public boost::fibers::algo::algorithm {
 public:
  explicit fiber_algorithm(scheduler& s) noexcept : scheduler_(s) {}

  FOUNDATION_NO_TSAN void awakened(boost::fibers::context* c) noexcept override { scheduler_.on_awakened(c); }
  FOUNDATION_NO_TSAN boost::fibers::context* pick_next() noexcept override { return scheduler_.on_pick_next(); }
  bool has_ready_fibers() const noexcept override { return scheduler_.handing_back_ || scheduler_.has_local_work(); }
  void suspend_until(const os::time_point& deadline) noexcept override { scheduler_.on_suspend_until(deadline); }
  void notify() noexcept override { scheduler_.on_notify(); }

 private:
  scheduler& scheduler_;
};

}  // namespace foundation::sched
