// SPDX-License-Identifier: Apache-2.0
//
// The end of a process (docs/internals/exit.md). Its steps, in this order:
//   X1. its frames are unwound (process_entry)
//   X2. its timer is disarmed and its outer queue closed: from here on senders are told that it is dead
//   X3. the body and the messages it has not taken are destroyed, in slices
//   X4. it leaves the table; whoever waits for it learns of it
//   X5. its block is retired, and freed when no look-up can hold it
#include <utility>

#include "process/control_block.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

using sched::scheduler;

void control_block::finish() noexcept {
  check_canary(true);
  exiting_ = true;  // waits in destructors return errc::killed from now on
  if (!std::exchange(told_to_exit_, true)) reason_ = exit_kind::normal;
  if (timer_ != nullptr) {
    destroy_signal(*timer_);
    memory::deallocate(std::exchange(timer_, nullptr));
  }
  gather_all();
  mail_.close();
  enter_user();
  ops_.destroy(body());
  enter_library();
  drain();
  account_slice();
  space_.note_exit(*this, reason_, life_.abandoned());
  space_.epochs().retire(this, [](sched::retired* r) noexcept {
    auto* const p = static_cast<control_block*>(r);
    p->~control_block();
    memory::deallocate(p);
  });
}

/// Destroys what the mailbox still holds; a long queue takes several slices (D8).
void control_block::drain() noexcept {
  const auto destroy = [this](signal& s) {
    destroy_signal(s);
    mail_.release(&s);
    if (scheduler::current()->charge(1)) end_slice();
  };
  while (mail_.first() != nullptr) destroy(*take_after(nullptr));
  while (signal* s = mail_.next_rest()) destroy(*s);
  mail_.forget_pin();
}

/// Destroys what a signal carries; its memory stays.
void control_block::destroy_signal(signal& s) noexcept {
  switch (s.kind) {
    case signal_kind::message: {
      auto& message = static_cast<envelope&>(s);
      enter_user();
      message.ops->destroy(message.payload());
      enter_library();
      break;
    }
    case signal_kind::exit: static_cast<exit_signal&>(s).~exit_signal(); break;
    case signal_kind::timeout: {
      auto& entry = static_cast<wait_timer&>(s).entry;
      sched::timer_wheel::disarm(entry);  // its callback has pushed it, but may not have returned yet
      entry.~wheel_entry();
      break;
    }
    case signal_kind::shutdown_request: break;
  }
}

/// It came back from its user's code after the monitor had declared it dead: nobody else knows it any more.
void control_block::note_abandoned() noexcept {
  tell_to_exit(exit_kind::killed);
}

}  // namespace foundation::proc
