// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <foundation/inspect.hpp>
#include <foundation/version.hpp>

#include "runtime/runtime_core.hpp"

namespace foundation::rt {

system_details runtime_core::details() {
  system_details all;
  all.name = options_.name;
  all.version =
      fmt::format("{}.{}.{}", FOUNDATION_VERSION_MAJOR, FOUNDATION_VERSION_MINOR, FOUNDATION_VERSION_PATCH);
  all.uptime = os::now() - made_at_;
  all.schedulers = group_.size();
  all.processes = space_.table().size();
  all.max_processes = space_.table().capacity();
  all.spawned = space_.table().spawned();
  all.abandoned = space_.abandoned();
  all.dead_letters = space_.dead_letters();
  all.dropped_log_lines = log_.dropped();
  const memory::stack_pool_stats stacks = group_.stacks().stats();
  all.stacks_in_use = stacks.live;
  all.stacks_free = stacks.free;
  all.stack_bytes_reserved = stacks.reserved_bytes;
  all.allocator = memory::backing_name();
  return all;
}

}  // namespace foundation::rt

namespace foundation::inline v0 {

system_details system_info(const runtime& rt) {
  proc::charge_caller(1);
  rt::runtime_core* const core = detail::runtime_access::core(rt);
  return core == nullptr ? system_details() : core->details();
}

}  // namespace foundation::inline v0
