// SPDX-License-Identifier: Apache-2.0
//
// exit(pid, reason) and is_alive: what others may do to a process beside sending to it.
#include <utility>

#include <foundation/spawn.hpp>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/directory.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0 {

using proc::control_block;
using proc::process_space;

namespace {

result<void> tell_to_exit(pid to, exit_reason&& reason, reference through, bool priority) noexcept {
  proc::charge_caller(1);
  const sched::epoch_guard guard(process_space::epochs());
  process_space* space = proc::directory::instance().find(detail::pid_access::tag(to));
  if (space == nullptr) return errc::not_running;
  const process* const caller = current_process();
  const pid from = caller == nullptr ? pid() : caller->id();
  return space->exit(to, from, std::move(reason), through, priority) ? result<void>() : errc::system_limit;
}

}  // namespace

result<void> exit(pid to, exit_reason reason) noexcept { return tell_to_exit(to, std::move(reason), {}, false); }

result<void> exit(alias to, exit_reason reason) noexcept {
  return tell_to_exit(to.owner(), std::move(reason), to.ref(), false);
}

result<void> exit(alias to, exit_reason reason, priority_message_t) noexcept {
  return tell_to_exit(to.owner(), std::move(reason), to.ref(), true);
}

bool is_alive(pid p) noexcept {
  proc::charge_caller(1);
  const sched::epoch_guard guard(process_space::epochs());
  process_space* space = proc::directory::instance().find(detail::pid_access::tag(p));
  if (space == nullptr) return false;
  const control_block* found = space->table().find(p);
  return found != nullptr && !found->outer().is_closed();
}

}  // namespace foundation::inline v0
