// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/base.hpp"
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
///   monitor                                    scheduler whose sleep ended, or who gives the hook something to watch
///   1. state_ = asleep                         1. no longer marked asleep; the hook's work is visible
///   2. full fence                              2. full fence
///   3. all asleep, hook content? then sleeps   3. state_ == asleep? then wakes it
class monitor {
 public:
  static constexpr std::chrono::milliseconds period{1};
  static constexpr unsigned idle_samples = 100;
  static constexpr std::size_t timers_at_once = 1024;

  [[nodiscard]] bool start(scheduler_group& group, monitor_hooks hooks) noexcept;
  void stop() noexcept;

  /// Any thread: a scheduler became active, or the hook has something to watch.
  void note_activity() noexcept {
    sync::fence_seq_cst();
    if (state_.load(sync::memory_order_relaxed) == asleep) wake();
  }

  /// Any thread: whether it sleeps until it is woken; true a moment ago.
  [[nodiscard]] bool is_asleep() const noexcept { return state_.load(sync::memory_order_relaxed) == asleep; }

 private:
  static constexpr std::uint32_t awake = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t stopping = 2;

  void wake() noexcept;
  void run() noexcept;
  [[nodiscard]] bool sample(os::time_point now) noexcept;
  [[nodiscard]] bool everyone_asleep() const noexcept;

  scheduler_group* group_ = nullptr;
  monitor_hooks hooks_;
  std::vector<std::uint64_t> last_sequence_;
  sync::atomic<std::uint32_t> state_{awake};  // also the futex it sleeps on
  sync::thread thread_;
};

}  // namespace foundation::sched
