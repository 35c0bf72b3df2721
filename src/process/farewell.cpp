// SPDX-License-Identifier: Apache-2.0
//
// A process that ends tells those who are linked to it, monitor it or are monitored by it. Its halves become the signals
// (relation.hpp), so nothing is allocated.
#include <utility>

#include "process/control_block.hpp"
#include "process/post.hpp"

namespace foundation::proc {

bool control_block::tell_next(const exit_reason& reason) noexcept {
  relation* const half = relations_.take_any();
  if (half == nullptr) return false;
  const exit_reason noproc = exit_kind::noproc;
  mail_.give_away(half);
  // Whoever came late is told what he would have been told had he come to a dead one, but not before it is one.
  const exit_reason& told = half->late ? noproc : reason;
  switch (half->role) {
    case relation_kind::link: {
      if (!half->active) break;  // it waits for nothing any more
      const pid other = half->other;
      half->tell_exit(pid_, told);
      if (!post(other, half)) {
        relation::discard_message(*half);
      } else if (!told.is_normal()) {
        // It may be stuck in its user's code, now or on its way out. Without memory to watch it, it ends when it comes back.
        process_space::watch(other);
      }
      return true;
    }
    case relation_kind::watched: {
      half->tell_down(pid_, told);
      if (!post(half->other, half)) relation::discard_message(*half);
      return true;
    }
    case relation_kind::watching: {
      half->kind = signal_kind::demonitor;
      if (!post(half->other, half)) break;
      return true;
    }
    case relation_kind::alias: break;
  }
  relation::discard(half);
  return true;
}

/// All of it, on behalf of a process that stands still: also to those whose signals it has not seen.
void control_block::say_farewell(const exit_reason& reason) noexcept {
  while (tell_next(reason)) {
  }
  mail_.take_unsorted([this](signal& s) { return refuse(s); });
}

/// While it stands still: whether it has been told to end, or a signal that it has not looked at yet will tell it.
bool control_block::has_to_die() noexcept {
  if (told_to_exit_) return true;
  const bool trapping = traps_exits();
  return mail_.any_unsorted([&](const signal& s) {
    if (s.kind == signal_kind::exit) {
      const exit_reason& reason = static_cast<const exit_signal&>(s).message.reason;
      return reason.kind() == exit_kind::kill || (!trapping && !reason.is_normal());
    }
    if (s.kind != signal_kind::link_exit || trapping) return false;
    const auto& message = *static_cast<const exited*>(static_cast<const envelope&>(s).payload());
    return !message.reason.is_normal() && will_heed(message.from);
  });
}

/// The same: whether the end of `other` concerns it, by a link that it may not have looked at yet either.
bool control_block::will_heed(pid other) noexcept {
  if (const relation* const half = relations_.link_to(other)) return half->active;
  return mail_.any_unsorted([other](const signal& s) {
    return s.kind == signal_kind::link && static_cast<const relation&>(s).other == other;
  });
}

}  // namespace foundation::proc
