// SPDX-License-Identifier: Apache-2.0
//
// Processes as they are seen from outside. No signal, no lock: what is read is constant after spawn, atomic, or an
// entry that the epoch keeps.
#include "process/inspect.hpp"

#include <new>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/directory.hpp"
#include "process/process_space.hpp"
#include "process/runtime_access.hpp"

namespace foundation::proc {

sighting look_at(const control_block& p) noexcept {
  const outer_queue& queue = p.outer();
  if (queue.is_idle()) return {process_status::idle, std::nullopt};
  if (queue.is_waiting()) return {process_status::waiting, std::nullopt};
  const bool exiting = queue.is_closed();
  if (p.on_thread()) return {exiting ? process_status::exiting : process_status::running, std::nullopt};
  sched::scheduler_group& group = p.space().group();
  for (unsigned i = 0; i < group.places(); ++i) {
    if (group.at(i).running() == &p) return {exiting ? process_status::exiting : process_status::running, i};
  }
  return {exiting ? process_status::exiting : process_status::ready, std::nullopt};
}

process_activity activity_of(control_block& p) {
  const sighting seen = look_at(p);
  process_activity all;
  all.status = seen.status;
  all.scheduler = seen.scheduler;
  all.label = p.label_text();
  if (const name_entry* const name = p.name().get()) all.name = name->text();
  all.parent = p.parent();
  all.priority = p.sched::runnable::priority;
  all.traps_exits = p.traps_exits();
  all.reductions = p.accounted_reductions();
  return all;
}

}  // namespace foundation::proc

namespace foundation::inline v0 {

using proc::control_block;
using proc::process_space;

std::vector<pid> processes(const runtime& rt) {
  std::vector<pid> all;
  process_space* const space = detail::runtime_access::space(rt);
  if (space == nullptr) return all;
  all.reserve(space->table().size());
  space->table().for_each(process_space::epochs(), [&](const control_block& p) { all.push_back(p.self_pid()); });
  proc::charge_caller(1 + static_cast<std::uint32_t>(all.size() / 32));
  return all;
}

result<process_activity> process_counters(pid p) noexcept {
  proc::charge_caller(1);
  const sched::epoch_guard guard(process_space::epochs());
  process_space* const space = proc::directory::instance().find(detail::pid_access::tag(p));
  if (space == nullptr) return errc::not_running;
  control_block* const found = space->table().find(p);
  if (found == nullptr) return errc::noproc;
  try {
    return proc::activity_of(*found);
  } catch (const std::bad_alloc&) {
    return errc::system_limit;
  }
}

}  // namespace foundation::inline v0
