// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/sync.hpp"
#include "os/os.hpp"

namespace foundation::sched {

class scheduler_group;

/// What the layer above asks of the monitor thread.
struct monitor_hooks {
  void* context = nullptr;
  /// Called at each sample; returns whether it wants the next one even though all schedulers sleep.
  bool (*sample)(void* context, os::time_point now) noexcept = nullptr;
};

/// The thread that watches the schedulers (D4, D10). It runs no process and holds none up.
///
/// Each millisecond while any scheduler is awake:
///   - a slice whose sequence number has not changed since the last sample ends at its next charge, and its run-next
///     becomes free for others;
///   - timers that a busy scheduler is late for are fired;
///   - the hook of the layer above runs (kill_grace).
/// After `idle_samples` samples with every scheduler asleep it sleeps too, until `note_activity` or `wake`.
///
/// Sleep and wake:
///   monitor                                  scheduler whose sleep ended
///   1. asleep_ = 1                           1. no longer marked asleep
///   2. full fence                            2. full fence
///   3. all asleep? then sleeps               3. asleep_ == 1? then wakes it
class monitor {
 public:
  static constexpr std::chrono::milliseconds period{1};
  static constexpr unsigned idle_samples = 100;
  static constexpr std::size_t timers_at_once = 1024;

  [[nodiscard]] bool start(scheduler_group& group, monitor_hooks hooks) noexcept;
  void stop() noexcept;

  /// Any thread: a scheduler became active.
  void note_activity() noexcept {
    sync::fence_seq_cst();
    if (asleep_.load(sync::memory_order_relaxed) != 0) wake();
  }

  /// Any thread: the hook has something to watch.
  void wake() noexcept;

 private:
  void run() noexcept;
  [[nodiscard]] bool sample(os::time_point now) noexcept;
  [[nodiscard]] bool everyone_asleep() const noexcept;

  scheduler_group* group_ = nullptr;
  monitor_hooks hooks_;
  std::vector<std::uint64_t> last_sequence_;
  sync::atomic<std::uint32_t> asleep_{0};
  sync::atomic<bool> stop_{false};
  sync::thread thread_;
};

}  // namespace foundation::sched
