// SPDX-License-Identifier: Apache-2.0
//
// How a process takes over its signals, and waits for them.
#include <new>
#include <optional>
#include <utility>

#include "process/control_block.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

using sched::scheduler;

namespace {
constexpr std::uint32_t gather_at_once = 128;  // nodes between two looks at the slice
}

/// A bounded piece of what has arrived; true when nothing of that is left.
bool control_block::gather_some() noexcept {
  std::uint32_t budget = gather_at_once;
  const auto take = [&](signal& s) {
    if (!must_wake_for(s)) [[likely]] return on_signal(s);
    asked_for_memory_ = true;
    budget = 0;  // what it will do then costs as much
    mail_.put_back(s);
  };
  const bool all = mail_.gather_batch(budget, take, [this](envelope& e) { on_message(e); });
  if (budget != gather_at_once) static_cast<void>(scheduler::current()->charge(gather_at_once - budget));
  if (memory_ == nullptr) [[likely]] return all;
  memory_->note_queued();
  // What is left of it counts only when it is sorted: with a limit, as much as the slice allows.
  if (all || !has_limit() || asked_for_memory_ || scheduler::current()->is_slice_over()) return all;
  return gather_some();
}

void control_block::gather_batch() noexcept {
  for (;;) {
    std::uint32_t budget = gather_at_once;
    const bool done = mail_.gather_batch(
        budget, [this](signal& s) { on_signal(s); }, [this](envelope& e) { on_message(e); });
    scheduler* const here = scheduler::current();
    const bool over = budget != gather_at_once && here != nullptr && here->charge(gather_at_once - budget);
    if (memory_ != nullptr) [[unlikely]] memory_->note_queued();
    if (done) return;
    if (over) end_slice();
  }
}

/// No more than that: others may send faster than it is taken over, and an exit would never be looked at.
void control_block::gather_all() noexcept {
  const bool halfway = mail_.in_batch();
  gather_batch();
  if (halfway) gather_batch();  // what has arrived behind the batch that was in progress
}

void control_block::on_message(envelope& e) noexcept {
  if (memory_ != nullptr) [[unlikely]] memory_->on_arrival(e);
  if (wanted_ != nullptr && wanted_->wants(e)) satisfied_ = true;
}

void control_block::on_signal(signal& s) noexcept {
  if (life_.abandoned()) [[unlikely]] return answer_as_dead(s);
  switch (s.kind) {
    case signal_kind::alias_message: return on_alias_message(static_cast<detail::alias_envelope&>(s));
    case signal_kind::exit: return on_exit(static_cast<exit_signal&>(s));
    case signal_kind::link: return on_link(static_cast<relation&>(s));
    case signal_kind::link_exit: return on_link_exit(static_cast<relation&>(s));
    case signal_kind::unlink: return on_unlink(static_cast<unlink_signal&>(s));
    case signal_kind::unlink_ack: return on_unlink_ack(static_cast<unlink_signal&>(s));
    case signal_kind::monitor: return on_monitor(static_cast<relation&>(s));
    case signal_kind::demonitor: return on_demonitor(static_cast<relation&>(s));
    case signal_kind::down: return on_down(static_cast<relation&>(s));
    case signal_kind::reply: return on_reply(static_cast<reply_cell&>(s));
    case signal_kind::timeout:
      if (static_cast<wait_timer&>(s).wait_number == wait_number_) timed_out_ = true;
      if (timer_ == &s) timer_ = nullptr;
      break;
    case signal_kind::info_request: on_library_request(static_cast<library_request&>(s)); break;
    case signal_kind::shutdown_request: drain_requested_ = true; break;
    case signal_kind::message: FOUNDATION_UNREACHABLE("on_signal: a message");
  }
  destroy_signal(s);
  mail_.release(&s);
}

/// Erlang reference manual, "Processes", "Receiving exit signals".
void control_block::on_exit(exit_signal& s) noexcept {
  bool priority = false;
  if (s.through) {
    const std::optional<bool> lets_priority_in = come_through(s.through);
    if (!lets_priority_in) return forget_message(s);
    priority = s.priority && *lets_priority_in;
  }
  exit_reason& reason = s.message.reason;
  if (reason.kind() == exit_kind::kill) {
    if (!told_to_exit_) killed_ = true;
    tell_to_exit(exit_kind::killed);
  } else if (traps_exits()) {
    return deliver(s, priority);
  } else if (!reason.is_normal() || s.message.from == pid_) {
    tell_to_exit(std::move(reason));
  }
  forget_message(s);
}

void control_block::deliver(envelope& e, bool priority) noexcept {
  e.kind = signal_kind::message;
  (priority ? mail_.priority() : mail_.ordinary()).append(e);
  on_message(e);
}

void control_block::forget_message(envelope& e) noexcept {
  e.ops->destroy(e.payload());
  mail_.release(&e);
}

void control_block::post_to_self(signal& s) noexcept {
  static_cast<void>(mail_.push(&s));  // it runs: nobody has to be woken
  call_attention();
}

void control_block::forget(relation& entry) noexcept {
  relations_.erase(entry);
  forget_signal(entry);
}

void control_block::forget_signal(relation& s) noexcept {
  s.drop_name();
  mail_.release(&s);
}

void control_block::tell_to_exit(exit_reason reason) noexcept {
  if (std::exchange(told_to_exit_, true)) return;
  reason_ = std::move(reason);
}

envelope* control_block::take_after(message_list& list, envelope* before) noexcept {
  envelope* const taken = list.take_after(before);
  if (&list == &mail_.ordinary()) marks_.move(taken, before);
  if (memory_ == nullptr) [[likely]] return taken;
  return note_departure(taken);
}

// -- waiting -------------------------------------------------------------------------------------------------------------

control_block::wait_result control_block::wait(detail::receive_wait* wanted, os::time_point deadline) noexcept {
  check_fiber();
  wanted_ = wanted;
  satisfied_ = false;
  timed_out_ = deadline == os::time_point::min();
  ++wait_number_;
  bool armed = false;
  wait_result result = wait_result::more;
  for (;;) {
    gather_all();
    in_wait_ = false;
    if (told_to_exit_) {
      result = wait_result::exiting;
      break;
    }
    if (satisfied_) break;
    if (timed_out_) {
      result = wait_result::timeout;
      break;
    }
    if (drain_requested_ && !awaits_reply()) {  // it is in the middle of something, which ends with an answer
      tell_to_exit(exit_kind::shutdown);
      continue;
    }
    if (on_thread()) {
      sleep_on_thread(deadline);
      continue;
    }
    if (deadline != os::time_point::max() && !armed) {
      armed = arm(deadline);
      if (!armed) {
        result = wait_result::no_carrier;
        break;
      }
    }
    if (memory_ != nullptr && !before_wait()) continue;  // told to exit: by its own limit, at the last look
    account_slice();
    in_wait_ = true;
    if (scheduler::park() == scheduler::park_result::no_carrier) {
      in_wait_ = false;
      result = wait_result::no_carrier;
      break;
    }
  }
  if (armed) cancel_timer();
  wanted_ = nullptr;
  return result;
}

/// Picked while parked: on the scheduler's carrier, not on the process's own (D6).
bool control_block::attend() noexcept {
  if (!in_wait_) return true;  // it gave its slice up, or a wait of Boost's has ended
  const bool gathered = gather_some();
  if (has_reason_to_run()) return true;
  // Where more has come, others get their turn first: it may go on coming for ever.
  if (!gathered || !mail_.try_sleep(outer_queue::sleep::waiting)) scheduler::current()->enqueue(*this);
  return false;
}

bool control_block::publish_wait() noexcept { return mail_.try_sleep(outer_queue::sleep::waiting); }

// -- the timer of timed waits ----------------------------------------------------------------------------------------------

bool control_block::arm(os::time_point deadline) noexcept {
  if (timer_ == nullptr) {
    void* memory = memory::allocate(sizeof(wait_timer));
    if (memory == nullptr) return false;
    timer_ = ::new (memory) wait_timer(*this, &timer_fired);
  }
  timer_->wait_number = wait_number_;
  static_cast<void>(scheduler::current()->timers().arm(timer_->entry, deadline));  // ours: we are awake to tick it
  return true;
}

/// The wait is over. A timer that fires all the same is a signal in our queue, which then owns it.
void control_block::cancel_timer() noexcept {
  if (timer_ == nullptr || timer_->entry.cancel()) return;
  sched::timer_wheel::disarm(timer_->entry);  // waits until its callback has pushed it
  timer_ = nullptr;
}

/// On the thread that ticks the wheel, under its lock. The process cannot be gone: it disarms before it ends.
void control_block::timer_fired(sched::timer& t) noexcept {
  wait_timer& timer = static_cast<wait_timer::wheel_entry&>(t).node;
  auto& p = static_cast<control_block&>(timer.waiter);
  if (p.mail_.push(&timer) == push_result::enqueue_receiver) p.space().group().enqueue(p);
}

}  // namespace foundation::proc
