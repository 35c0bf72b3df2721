// SPDX-License-Identifier: Apache-2.0
//
// Links (docs/internals/links-and-monitors.md). What a process does when it links, unlinks, and gets a signal of these:
//
//   its half      link(B)                 link arrives   unlink(B)                unlink(id) arrives   ack(id) arrives      exit arrives
//   none          half: active; sends it  kept: active   nothing                  acks                 nothing              nothing
//   active        nothing                 dropped        inactive, id; sends it   none; acks           nothing              none; heeded
//   inactive, id  active; sends it        dropped        nothing                  acks                 none, if id is his   none
//
// The protocol is that of Erlang between nodes (OTP "Distribution Protocol", Link Protocol), also within one runtime: a
// link set up again right after its removal cannot be ended by signals of the first.
#include <utility>

#include "process/control_block.hpp"
#include "process/post.hpp"

namespace foundation::proc {

/// @errors errc::system_limit: nothing was changed
result<void> control_block::link_to(pid other, const link_options& options) noexcept {
  if (other == pid_) return {};
  relation* half = relations_.link_to(other);
  if (half != nullptr && half->active) {
    half->lets_priority_in = options.priority;
    return {};
  }
  relation* const his = relation::make(relation_kind::link, pid_);
  if (his == nullptr) return errc::system_limit;
  if (half == nullptr) {
    half = relation::make(relation_kind::link, other);
    if (half == nullptr) {
      relation::discard(his);
      return errc::system_limit;
    }
    relations_.insert(*half);
  }
  half->active = true;
  half->unlink_id = 0;
  half->lets_priority_in = options.priority;
  his->kind = signal_kind::link;
  if (!post(other, his)) {
    his->tell_exit(other, exit_kind::noproc);
    post_to_self(*his);
  }
  return {};
}

/// @errors errc::system_limit: nothing was changed
result<void> control_block::unlink_from(pid other) noexcept {
  relation* const half = relations_.link_to(other);
  if (half == nullptr || !half->active) return {};
  unlink_signal* const question = unlink_signal::make(pid_, other, ++unlinks_);
  if (question == nullptr) return errc::system_limit;
  half->active = false;
  half->unlink_id = question->id;
  if (!post(other, question)) {
    memory::deallocate(question->answer);
    memory::deallocate(question);
    forget(*half);
  }
  return {};
}

void control_block::on_link(relation& half) noexcept {
  if (!relations_.insert(half)) return forget_signal(half);
  half.active = true;
  half.late = told_to_exit_;
}

void control_block::on_unlink(unlink_signal& question) noexcept {
  relation* const half = relations_.link_to(question.from);
  if (half != nullptr && half->active) forget(*half);
  answer_unlink(question);
  mail_.release(&question);
}

void control_block::on_unlink_ack(unlink_signal& answer) noexcept {
  relation* const half = relations_.link_to(answer.from);
  if (half != nullptr && !half->active && half->unlink_id == answer.id) forget(*half);
  mail_.release(&answer);
}

/// Before any other signal to the one who asked.
void control_block::answer_unlink(unlink_signal& question) noexcept {
  unlink_signal* const answer = std::exchange(question.answer, nullptr);
  if (!post(question.from, answer)) memory::deallocate(answer);
}

void control_block::on_link_exit(relation& s) noexcept {
  relation* const half = relations_.link_to(s.message<exited>().from);
  const bool heeded = half != nullptr && half->active;
  const bool priority = heeded && half->lets_priority_in;
  if (half != nullptr) forget(*half);
  if (!heeded) return forget_message(s);
  if (traps_exits()) return deliver(s, priority);
  exit_reason& reason = s.message<exited>().reason;
  if (!reason.is_normal()) tell_to_exit(std::move(reason));
  forget_message(s);
}

}  // namespace foundation::proc
