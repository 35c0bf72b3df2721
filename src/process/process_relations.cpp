// SPDX-License-Identifier: Apache-2.0
//
// The public face of links, monitors and aliases.
#include <foundation/process.hpp>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0 {

using proc::control_block;
using proc::library_scope;

result<void> process::link(pid other, const link_options& options) noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  p.charge(1);
  return p.link_to(other, options);
}

result<void> process::unlink(pid other) noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  p.charge(1);
  return p.unlink_from(other);
}

bool process::trap_exit(bool on) noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  return p.trap_exits(on);
}

bool process::traps_exits() const noexcept { return static_cast<const control_block*>(this)->traps_exits(); }

namespace {

result<reference> monitor_by(control_block& p, pid other, std::string_view name, const monitor_options& options) noexcept {
  if (options.alias == alias_mode::reply) {
    return error(errc::invalid_argument, "alias: reply; a monitor's is explicit_unalias, demonitor or reply_demonitor");
  }
  const library_scope scope(p);
  p.charge(1);
  p.gather_all();  // the mark stands behind all that has arrived
  auto made = p.watch(other, name, options);
  if (made) p.marks().set(*made, p.mail().ordinary().last());
  return made;
}

}  // namespace

result<reference> process::monitor(pid other, const monitor_options& options) noexcept {
  return monitor_by(control_block::of(*this), other, {}, options);
}

result<reference> process::monitor(std::string_view name, const monitor_options& options) noexcept {
  if (auto allowed = proc::names::check(name); !allowed) return allowed.error();
  auto& p = control_block::of(*this);
  return monitor_by(p, p.space().names().find(name), name, options);
}

bool process::demonitor(reference monitor, demonitor_mode mode) noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  p.charge(1);
  const bool was_there = p.unwatch(monitor);
  if (!was_there && mode == demonitor_mode::flush) p.remove_down(monitor);
  return was_there;
}

result<alias> process::make_alias(const alias_options& options) noexcept {
  if (options.mode == alias_mode::demonitor || options.mode == alias_mode::reply_demonitor) {
    return error(errc::invalid_argument, "mode: demonitor or reply_demonitor, which belong to monitors; explicit_unalias or reply");
  }
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  p.charge(1);
  return p.new_alias(options);
}

bool process::unalias(foundation::alias a) noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  return p.end_alias(a.ref());
}

}  // namespace foundation::inline v0
