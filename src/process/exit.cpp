// SPDX-License-Identifier: Apache-2.0
//
// The end of a process (docs/internals/exit.md). Its steps, in this order:
//   X1. its frames are unwound (process_entry)
//   X2. its timer is disarmed, its name free, and its outer queue closed: from here on it is dead to whoever asks or sends
//   X3. the body, the messages of timers that aim at it, those it has not taken, and its arena are destroyed, in slices
//   X4. nobody finds it any more; then whoever is linked to it or monitors it is told
//   X5. its slot is free, and whoever waits for its end learns of it
//   X6. its block is retired, and freed when no look-up can hold it
#include <utility>

#include "process/control_block.hpp"
#include "process/post.hpp"

namespace foundation::proc {

void control_block::finish() noexcept {
  if (!on_thread()) check_canary(*sched::scheduler::current(), true);
  exiting_ = true;  // waits in destructors return errc::killed from now on
  if (!std::exchange(told_to_exit_, true)) reason_ = exit_kind::normal;
  if (timer_ != nullptr) {
    destroy_signal(*timer_);
    memory::deallocate(std::exchange(timer_, nullptr));
  }
  gather_all();
  const std::uint32_t claimed = claims_.close();
  if ((claimed & claims::a_name) != 0) space_.names().release(*this);
  mail_.close();
  enter_user();
  ops_.destroy(body());
  enter_library();
  if ((claimed & claims::timers) != 0) end_timers();
  drain();
  discard_memory();
  if (!life_.abandoned()) space_.table().hide(pid_);
  while (tell_next(reason_)) spend(1);
  account_slice();
  space_.note_exit(*this, reason_, life_.abandoned());
  if (control_block::current() == this) sched::scheduler::current()->forget_running();
  space_.epochs().retire(this, [](sched::retired* r) noexcept {
    auto* const p = static_cast<control_block*>(r);
    p->~control_block();
    memory::deallocate(p);
  });
}

void control_block::end_timers() noexcept {
  for (bool more = true; more;) {
    signal* messages = nullptr;
    more = message_timers::end_some(*this, messages);
    while (messages != nullptr) {
      signal& each = *std::exchange(messages, messages->next);
      destroy_signal(each);
      memory::deallocate(&each);
      spend(1);
    }
  }
}

/// Destroys what the mailbox still holds; a long queue takes several slices (D8).
void control_block::drain() noexcept {
  const auto destroy = [this](signal& s) {
    destroy_signal(s);
    mail_.release(&s);
    spend(1);
  };
  while (mail_.has_messages()) destroy(*mail_.next_list().take_after(nullptr));
  while (signal* s = mail_.next_rest()) {
    answer_as_dead(*s);
    spend(1);
  }
  reply_slots::discard(std::exchange(replies_, nullptr), [&](reply_cell& reply) {
    destroy_signal(reply);
    mail_.release(&reply);
  });
  mail_.forget_pin();
}

/// What asks for an answer gets it; the rest is destroyed.
void control_block::answer_as_dead(signal& s) noexcept {
  if (refuse(s)) return;
  if (s.kind == signal_kind::unlink) answer_unlink(static_cast<unlink_signal&>(s));
  if (timer_ == &s) timer_ = nullptr;
  destroy_signal(s);
  mail_.release(&s);
}

bool control_block::refuse(signal& s) noexcept {
  if (s.kind != signal_kind::link && s.kind != signal_kind::monitor) return false;
  auto& half = static_cast<relation&>(s);
  mail_.give_away(&s);
  if (s.kind == signal_kind::link) {
    half.tell_exit(pid_, exit_kind::noproc);
  } else {
    half.tell_down(pid_, exit_kind::noproc);
  }
  if (!post(half.other, &half)) relation::discard_message(half);
  return true;
}

/// Destroys what a signal carries; its memory stays.
void control_block::destroy_signal(signal& s) noexcept {
  switch (s.kind) {
    case signal_kind::message:
    case signal_kind::alias_message:
    case signal_kind::exit:
    case signal_kind::link_exit:
    case signal_kind::down: {
      auto& message = static_cast<envelope&>(s);
      enter_user();
      message.ops->destroy(message.payload());
      enter_library();
      break;
    }
    case signal_kind::reply: {
      auto& reply = static_cast<reply_cell&>(s);
      enter_user();
      reply.destroy_value();
      enter_library();
      break;
    }
    case signal_kind::timeout: {
      auto& entry = static_cast<wait_timer&>(s).entry;
      sched::timer_wheel::disarm(entry);  // its callback has pushed it, but may not have returned yet
      entry.~wheel_entry();
      break;
    }
    case signal_kind::info_request: static_cast<library_request&>(s).refuse(); break;
    case signal_kind::demonitor: static_cast<relation&>(s).drop_name(); break;
    case signal_kind::link:
    case signal_kind::monitor:
    case signal_kind::unlink:
    case signal_kind::unlink_ack:
    case signal_kind::shutdown_request: break;
  }
}

}  // namespace foundation::proc
