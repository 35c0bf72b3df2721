// SPDX-License-Identifier: Apache-2.0
//
// Giving a process up that was told to die and does not come back from its user's code (docs/internals/exit.md). The monitor
// does on its behalf what others see of an end, in the order of exit.cpp; frames, body and mailbox stay the process's own.
#include "process/control_block.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

control_block::verdict control_block::judge(bool killed) noexcept {
  if (has_seen_all()) return verdict::no_reason_to_die;
  if (!life_.try_take()) return verdict::wait;
  const cause why = why_to_die();
  if (why == cause::none || (why == cause::kill && !killed)) {
    life_.give_back();
    return verdict::no_reason_to_die;
  }
  abandon();
  life_.release();
  return verdict::abandoned;
}

/// Counted last: who reads that it was given up finds all of this done.
void control_block::abandon() noexcept {
  space_.note_stuck(*this);
  const std::uint32_t claimed = claims_.close();
  if ((claimed & claims::a_name) != 0) space_.names().release(*this);
  mail_.abandon();
  signal* messages = nullptr;
  while ((claimed & claims::timers) != 0 && message_timers::end_some(*this, messages)) {
  }
  space_.timers(0).leave(messages);
  space_.table().hide(pid_);
  say_farewell(told_to_exit_ ? reason_ : exit_reason(exit_kind::killed));
  space_.note_abandoned(*this);
}

/// While it stands still: what has told it to end, or a signal that it has not looked at yet and that will tell it.
control_block::cause control_block::why_to_die() noexcept {
  if (told_to_exit_) return killed_ ? cause::kill : cause::exit;
  const bool trapping = traps_exits();
  cause why = cause::none;
  const bool found = mail_.any_unsorted([&](const signal& s) {
    if (s.kind == signal_kind::exit) {
      if (const reference through = static_cast<const exit_signal&>(s).through) {
        // Nothing that has not been looked at either can end such an alias before; any other may be gone by then.
        const relation* const alias = relations_.find(relation_kind::alias, through);
        if (alias == nullptr || alias->mode != alias_mode::explicit_unalias) return false;
      }
      const exit_reason& reason = static_cast<const exit_signal&>(s).message.reason;
      if (reason.kind() == exit_kind::kill) why = cause::kill;
      return why == cause::kill || (!trapping && !reason.is_normal());
    }
    if (s.kind != signal_kind::link_exit || trapping) return false;
    const auto& message = *static_cast<const exited*>(static_cast<const envelope&>(s).payload());
    return !message.reason.is_normal() && will_heed(message.from);
  });
  return found && why == cause::none ? cause::exit : why;
}

/// The same: whether the end of `other` concerns it, by a link that it may not have looked at yet either.
bool control_block::will_heed(pid other) noexcept {
  if (const relation* const half = relations_.link_to(other)) return half->active;
  return mail_.any_unsorted([other](const signal& s) {
    return s.kind == signal_kind::link && static_cast<const relation&>(s).other == other;
  });
}

/// It came back from its user's code after the monitor had declared it dead: nobody else knows it any more.
void control_block::note_abandoned() noexcept {
  tell_to_exit(exit_kind::killed);
}

}  // namespace foundation::proc
