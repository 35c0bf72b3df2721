// SPDX-License-Identifier: Apache-2.0
//
// A process that ends tells those who are linked to it, monitor it or are monitored by it. Its halves become the signals
// (relation.hpp), so nothing is allocated.
#include <utility>

#include "process/control_block.hpp"
#include "process/library_request.hpp"
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

namespace {

using detail::reply_handle;

/// Nobody has taken it, and nobody will: who asks is told.
void refuse_question(envelope& e) noexcept {
  if (e.ops->asks != nullptr) static_cast<void>(reply_handle(std::move(e.ops->asks(e.payload()))));
}

}  // namespace

/// All of it, on behalf of a process that stands still: also to those whose signals it has not seen, and whose requests wait
/// in its mailbox.
void control_block::say_farewell(const exit_reason& reason) noexcept {
  while (tell_next(reason)) {
  }
  mail_.take_unsorted([this](signal& s) {
    if (s.kind == signal_kind::message || s.kind == signal_kind::alias_message) refuse_question(static_cast<envelope&>(s));
    if (s.kind == signal_kind::info_request) static_cast<library_request&>(s).refuse();
    return refuse(s);
  });
  for (message_list* const list : {&mail_.priority(), &mail_.ordinary()}) {
    for (envelope* e = list->first(); e != nullptr; e = message_list::after(*e)) refuse_question(*e);
  }
}

}  // namespace foundation::proc
