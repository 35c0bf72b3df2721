// SPDX-License-Identifier: Apache-2.0
//
// Waiting until a process is gone with all it owned (docs/internals/exit.md, X5): a plain thread by end_waits.hpp, a process
// by a monitor.
#include <algorithm>
#include <chrono>
#include <optional>

#include <foundation/inspect.hpp>
#include <foundation/process.hpp>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/directory.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0 {

using proc::control_block;
using proc::directory;
using proc::process_space;

namespace {

/// Nothing: its runtime is gone, and then so is the process.
std::optional<bool> look(pid p) noexcept {
  const sched::epoch_guard guard(process_space::epochs());
  process_space* const space = directory::instance().find(detail::pid_access::tag(p));
  if (space == nullptr) return std::nullopt;
  return space->is_gone(p);
}

bool is_gone(pid p) noexcept { return look(p).value_or(true); }

error still_there(pid p) noexcept {
  const sched::epoch_guard guard(process_space::epochs());
  process_space* const space = directory::instance().find(detail::pid_access::tag(p));
  if (space == nullptr) return errc::timeout;  // it has just gone
  if (space->is_given_up(p)) return error(errc::timeout, "process: was given up, and has not come back and ended");
  const control_block* const found = space->table().find(p);
  if (found != nullptr && !found->outer().is_closed()) return error(errc::timeout, "process: is alive");
  return error(errc::timeout, "process: ends, and has not destroyed all it owned");
}

std::chrono::nanoseconds time_until(os::time_point deadline) noexcept {
  if (deadline == os::time_point::max()) return infinity;
  return std::max(std::chrono::nanoseconds::zero(), deadline - os::now());
}

/// A monitor for a scope. Its `down` does not stay in the mailbox.
class watch {
 public:
  watch(process& self, reference monitor) noexcept : self_(self), monitor_(monitor) {}
  ~watch() {
    if (!over_) self_.demonitor(monitor_, demonitor_mode::flush);
  }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;

  result<void> wait_until(os::time_point deadline) {
    return self_.receive(since(monitor_),
                         when([this](const down& d) { return d.monitor == monitor_; }, [this](const down&) { over_ = true; }),
                         after(time_until(deadline)));
  }

 private:
  process& self_;
  const reference monitor_;
  bool over_ = false;
};

/// The `down` comes when it is dead to others, which is before it is gone; and no signal says that the place is free.
result<void> wait_as_process(process& self, pid p, os::time_point deadline) {
  using namespace std::chrono_literals;
  const auto monitor = self.monitor(p);
  if (!monitor) return monitor.error();
  if (auto waited = watch(self, *monitor).wait_until(deadline); !waited) return waited;
  for (std::chrono::nanoseconds pause = 100us; !is_gone(p); pause = std::min<std::chrono::nanoseconds>(2 * pause, 10ms)) {
    const auto left = time_until(deadline);
    if (left == std::chrono::nanoseconds::zero()) return still_there(p);
    if (auto slept = self.sleep(std::min(pause, left)); !slept) return slept;
  }
  return {};
}

}  // namespace

result<void> detail::wait_gone_for(pid p, std::chrono::nanoseconds timeout) {
  proc::charge_caller(1);
  process* const self = current_process();
  if (self != nullptr && self->id() == p) {
    return error(errc::would_deadlock, "process: the caller itself, which is gone only when it has ended");
  }
  const auto gone = look(p);
  if (!gone) return errc::not_running;
  if (*gone) return {};
  if (timeout <= std::chrono::nanoseconds::zero()) return still_there(p);
  const os::time_point deadline = os::deadline_after(timeout);
  if (self != nullptr) return wait_as_process(*self, p, deadline);
  if (sched::scheduler::current() != nullptr) {
    return error(errc::would_deadlock, "wait_gone: called in a fiber that is no process; it would hold a scheduler up");
  }
  if (directory::instance().ends().wait_until(p, deadline, [p] { return is_gone(p); })) return {};
  return still_there(p);
}

}  // namespace foundation::inline v0
