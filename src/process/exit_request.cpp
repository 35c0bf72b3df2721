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

result<void> exit(pid to, exit_reason reason) noexcept {
  proc::charge_caller(1);
  const sched::epoch_guard guard(process_space::epochs());
  process_space* space = proc::directory::instance().find(detail::pid_access::tag(to));
  if (space == nullptr) return errc::not_running;
  const process* const caller = current_process();
  return space->exit(to, caller == nullptr ? pid() : caller->id(), std::move(reason)) ? result<void>() : errc::system_limit;
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
