// SPDX-License-Identifier: Apache-2.0
//
// The public face of names.
#include <foundation/names.hpp>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/process_space.hpp"
#include "process/refusal.hpp"
#include "process/runtime_access.hpp"

namespace foundation::inline v0 {

using proc::control_block;
using proc::process_space;

namespace {

result<void> register_in(process_space* space, std::string_view name, pid p) noexcept {
  proc::charge_caller(1);
  if (space == nullptr || !space->accepts()) return errc::not_running;
  if (detail::pid_access::tag(p) != space->tag()) {
    return proc::refusal(errc::invalid_argument,
                         "process: {} is of another runtime, or none; a name is one of its own runtime", p);
  }
  const sched::epoch_guard guard(process_space::epochs());
  control_block* const found = space->table().find(p);
  if (found == nullptr) return proc::names::dead(p);
  return space->names().add(name, *found);
}

result<void> unregister_in(process_space* space, std::string_view name) noexcept {
  proc::charge_caller(1);
  if (space == nullptr) return errc::not_running;
  return space->names().remove(name);
}

pid whereis_in(const process_space* space, std::string_view name) noexcept {
  proc::charge_caller(1);
  return space == nullptr ? pid() : space->names().find(name);
}

process_space* space_of(process& self) noexcept { return &control_block::of(self).space(); }

}  // namespace

namespace detail {

error nobody_has(std::string_view name) noexcept {
  return proc::refusal(errc::noproc, "name: nobody has \"{}\"; it is one of a process of this runtime",
                       name.substr(0, proc::names::longest));
}

}  // namespace detail

result<void> register_name(runtime& rt, std::string_view name, pid p) noexcept {
  return register_in(detail::runtime_access::space(rt), name, p);
}
result<void> register_name(process& self, std::string_view name, pid p) noexcept {
  return register_in(space_of(self), name, p);
}
result<void> unregister_name(runtime& rt, std::string_view name) noexcept {
  return unregister_in(detail::runtime_access::space(rt), name);
}
result<void> unregister_name(process& self, std::string_view name) noexcept {
  return unregister_in(space_of(self), name);
}
pid whereis(const runtime& rt, std::string_view name) noexcept {
  return whereis_in(detail::runtime_access::space(rt), name);
}
pid whereis(process& self, std::string_view name) noexcept { return whereis_in(space_of(self), name); }

}  // namespace foundation::inline v0
