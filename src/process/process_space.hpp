// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <foundation/error.hpp>
#include <foundation/exit_reason.hpp>
#include <foundation/log_level.hpp>
#include <foundation/process_memory.hpp>
#include <foundation/reference.hpp>

#include "base/base.hpp"
#include "process/message_timers.hpp"
#include "process/names.hpp"
#include "process/process_table.hpp"
#include "process/watch_list.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

class control_block;

/// Where the layer above wants to hear of things: a log line, made only if its level is wanted.
struct log_hook {
  void* context = nullptr;
  bool (*wanted)(void* context, log_level level) noexcept = nullptr;
  void (*write)(void* context, log_level level, std::string_view line) noexcept = nullptr;
};

/// The processes of one runtime, and what they share beyond the schedulers. Found through its tag (directory.hpp).
class process_space {
 public:
  process_space(sched::scheduler_group& group, std::uint32_t tag, std::size_t max_processes,
                std::chrono::milliseconds kill_grace, log_hook log);

  [[nodiscard]] sched::scheduler_group& group() noexcept { return group_; }
  [[nodiscard]] process_table& table() noexcept { return table_; }
  /// Where the caller is, as the table wants to know it. Ask again after anything that may have switched.
  [[nodiscard]] unsigned where() const noexcept;
  [[nodiscard]] const process_table& table() const noexcept { return table_; }
  /// Of a scheduler.
  [[nodiscard]] message_timers& timers(unsigned scheduler) noexcept { return timers_[scheduler]; }
  /// Round and round: the scheduler for a timer that is started from elsewhere.
  [[nodiscard]] unsigned next_for_timer() noexcept { return next_for_timer_.fetch_add(1, sync::memory_order_relaxed); }
  /// For the timers that aim at a process.
  [[nodiscard]] sync::mutex& timer_lock(pid receiver) noexcept {
    return timer_locks_[detail::pid_access::slot(receiver) % timer_locks_.size()].mutex;
  }
  [[nodiscard]] class names& names() noexcept { return names_; }
  [[nodiscard]] const class names& names() const noexcept { return names_; }
  [[nodiscard]] std::uint32_t tag() const noexcept { return tag_; }
  [[nodiscard]] static sched::epoch_domain& epochs() noexcept;

  // -- any thread ----------------------------------------------------------------------------------------------------------

  /// False from the moment the runtime shuts down: nothing new is spawned.
  [[nodiscard]] bool accepts() const noexcept { return accepts_.load(sync::memory_order_acquire); }
  void close() noexcept { accepts_.store(false, sync::memory_order_release); }

  /// A message to a process that is not there (any more).
  void count_dead_letter() noexcept { dead_letters_.fetch_add(1, sync::memory_order_relaxed); }

  [[nodiscard]] reference make_reference() noexcept;

  /// Pushes an exit signal and has the receiver watched until it is gone. False: memory was refused, nothing was sent.
  [[nodiscard]] bool exit(pid to, pid from, exit_reason reason, reference through = {}, bool priority = false) noexcept;

  /// Has a process watched, in whatever runtime: an exit signal that may end it is on the way. As far as there is memory.
  static void watch(pid target) noexcept;

  /// Asks `p` to end when it would next wait with nothing to do. False: memory was refused. Guard.
  [[nodiscard]] bool request_shutdown(control_block& p) noexcept;

  /// A process that was given up.
  struct abandoned_process {
    pid id;
    std::string label;
  };
  /// @throws std::bad_alloc
  [[nodiscard]] std::vector<abandoned_process> abandoned_processes() const FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] bool is_given_up(pid p) const noexcept FOUNDATION_EXCLUDES(mutex_);

  /// Whether it has ended (X5): what it did, its end included, then happens before the call's return.
  [[nodiscard]] bool is_gone(pid p) const noexcept FOUNDATION_EXCLUDES(mutex_) {
    return table_.has_ended(p) && !is_given_up(p);  // in this order: who is given up is listed, then leaves the table
  }

  /// What a refused slot means.
  [[nodiscard]] error limit_error() const noexcept;

  [[nodiscard]] std::uint64_t dead_letters() const noexcept { return dead_letters_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t abandoned() const noexcept { return abandoned_.load(sync::memory_order_acquire); }
  /// The same when the one that is just being given up, which the table may have let go already, is counted.
  [[nodiscard]] std::uint64_t abandoned_settled() const noexcept {
    while (giving_up_.load(sync::memory_order_acquire)) os::yield_thread();
    return abandoned();
  }
  /// In the table, or given up and not ended since. In this order: the way of one that is given up.
  [[nodiscard]] bool has_processes() const noexcept {
    return table_.size() != 0 || table_.threads() != 0 || giving_up_.load(sync::memory_order_acquire) || abandoned() != 0;
  }
  [[nodiscard]] class watch_list& watch_list() noexcept { return watch_list_; }

  // -- processes -------------------------------------------------------------------------------------------------------------

  /// X5: gives its slot back or, when the monitor has done that already, leaves the list of those given up; wakes who
  /// waits for its end. A crash is reported.
  void note_exit(control_block& p, const exit_reason& reason, bool abandoned) noexcept;
  void report_unhandled(const control_block& p, const std::type_info& message) noexcept;
  void report_memory(const control_block& p, const memory_limit_exceeded& why) noexcept;

  // -- the monitor -------------------------------------------------------------------------------------------------------------

  /// Gives up processes that were told to die and have not come back from their user's code. True while any is watched.
  [[nodiscard]] bool check_watched(os::time_point now) noexcept FOUNDATION_EXCLUDES(mutex_);

  /// Before and after a process is given up, while it stands still: from the first on it is listed as such, and after the
  /// second it is counted and its slot is free.
  void note_stuck(control_block& p) noexcept FOUNDATION_EXCLUDES(mutex_);
  void note_abandoned(const control_block& p) noexcept;

 private:
  void leave_table(const control_block& p) noexcept;
  /// One that was given up has come back and has ended after all.
  void note_return(control_block& p) noexcept FOUNDATION_EXCLUDES(mutex_);

  template <typename Compose>
  void report(log_level level, Compose&& compose) noexcept;

  sched::scheduler_group& group_;
  const std::uint32_t tag_;
  process_table table_;
  class names names_;
  struct alignas(base::cacheline) timer_stripe {
    sync::mutex mutex{base::lock_rank::process_timers};
  };
  std::array<timer_stripe, 64> timer_locks_;
  std::deque<message_timers> timers_;  // by scheduler
  const log_hook log_;
  class watch_list watch_list_;
  sync::atomic<bool> accepts_{true};
  sync::atomic<unsigned> next_for_timer_{0};
  sync::atomic<std::uint64_t> dead_letters_{0};
  sync::atomic<std::uint64_t> abandoned_{0};   // now: those that came back and ended are subtracted
  sync::atomic<bool> giving_up_{false};        // the monitor is about to count one, which may be in the table no more
  sync::atomic<std::uint64_t> references_{1};
  mutable sync::mutex mutex_{base::lock_rank::process_table};
  // Oldest first. Linked as those that are retired, which each will be only when it has left this list.
  sched::retired* given_up_ FOUNDATION_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace foundation::proc
