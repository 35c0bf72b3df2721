// SPDX-License-Identifier: Apache-2.0
#include "sched/monitor.hpp"

#include <exception>

#include "sched/scheduler.hpp"
#include "sched/scheduler_group.hpp"

namespace foundation::sched {

bool monitor::start(scheduler_group& group, monitor_hooks hooks) noexcept {
  group_ = &group;
  hooks_ = hooks;
  try {
    last_sequence_.assign(group.places(), 0);
    thread_ = sync::thread([this] { run(); });
  } catch (const std::exception&) {  // no memory, no thread
    return false;
  }
  return true;
}

void monitor::stop() noexcept {
  if (!thread_.joinable()) return;
  state_.store(stopping, sync::memory_order_release);
  os::futex_wake(state_, 1);
  thread_.join();
}

void monitor::wake() noexcept {
  std::uint32_t expected = asleep;
  if (state_.compare_exchange_strong(expected, awake, sync::memory_order_acq_rel)) os::futex_wake(state_, 1);
}

void monitor::run() noexcept {
  os::set_thread_name("fn-monitor");
  unsigned quiet = 0;
  while (state_.load(sync::memory_order_acquire) != stopping) {
    static_cast<void>(os::futex_wait_until(state_, awake, os::now() + period));
    quiet = sample(os::now()) ? 0 : quiet + 1;
    std::uint32_t expected = awake;
    if (quiet < idle_samples || !state_.compare_exchange_strong(expected, asleep, sync::memory_order_relaxed)) continue;
    sync::fence_seq_cst();
    if (everyone_asleep() && !sample(os::now())) os::futex_wait(state_, asleep);
    wake();  // awake, unless somebody was faster or it is time to stop
    quiet = 0;
  }
}

/// True when there was something to watch.
bool monitor::sample(os::time_point now) noexcept {
  bool busy = hooks_.sample != nullptr && hooks_.sample(hooks_.context, now);
  for (unsigned i = 0; i < group_->places(); ++i) {
    scheduler& s = group_->at(i);
    if (s.is_asleep()) {
      // Those of a lent thread that has left; its stand-in may be busy.
      if (&s == &group_->lent_place()) static_cast<void>(s.timers().try_tick(now, timers_at_once));
      continue;
    }
    busy = true;
    const std::uint64_t sequence = s.slice_sequence();
    if (sequence == last_sequence_[i]) {
      s.expire_slice_remote();
      static_cast<void>(s.timers().try_tick(now, timers_at_once));
    }
    last_sequence_[i] = sequence;
  }
  return busy;
}

bool monitor::everyone_asleep() const noexcept {
  for (unsigned i = 0; i < group_->places(); ++i) {
    if (!group_->at(i).is_asleep()) return false;
  }
  return true;
}

}  // namespace foundation::sched
