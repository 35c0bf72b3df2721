// SPDX-License-Identifier: Apache-2.0
#include "sched/monitor.hpp"

#include <system_error>

#include "sched/scheduler.hpp"
#include "sched/scheduler_group.hpp"

namespace foundation::sched {

bool monitor::start(scheduler_group& group, monitor_hooks hooks) noexcept {
  group_ = &group;
  hooks_ = hooks;
  try {
    last_sequence_.assign(group.size(), 0);
    thread_ = sync::thread([this] { run(); });
  } catch (const std::exception&) {  // no memory, no thread
    return false;
  }
  return true;
}

void monitor::stop() noexcept {
  if (!thread_.joinable()) return;
  stop_.store(true, sync::memory_order_release);
  wake();
  thread_.join();
}

void monitor::wake() noexcept {
  asleep_.store(0, sync::memory_order_release);
  os::futex_wake(asleep_, 1);
}

void monitor::run() noexcept {
  os::set_thread_name("fn-monitor");
  unsigned quiet = 0;
  sync::atomic<std::uint32_t> never{0};
  while (!stop_.load(sync::memory_order_acquire)) {
    static_cast<void>(os::futex_wait_until(never, 0, os::now() + period));
    quiet = sample(os::now()) ? 0 : quiet + 1;
    if (quiet < idle_samples) continue;
    asleep_.store(1, sync::memory_order_relaxed);
    sync::fence_seq_cst();
    if (everyone_asleep() && !stop_.load(sync::memory_order_acquire)) os::futex_wait(asleep_, 1);
    asleep_.store(0, sync::memory_order_relaxed);
    quiet = 0;
  }
}

/// True when there was something to watch.
bool monitor::sample(os::time_point now) noexcept {
  bool busy = hooks_.sample != nullptr && hooks_.sample(hooks_.context, now);
  for (unsigned i = 0; i < group_->size(); ++i) {
    scheduler& s = group_->at(i);
    if (s.is_asleep()) continue;
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
  for (unsigned i = 0; i < group_->size(); ++i) {
    if (!group_->at(i).is_asleep()) return false;
  }
  return true;
}

}  // namespace foundation::sched
