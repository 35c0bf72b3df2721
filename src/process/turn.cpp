// SPDX-License-Identifier: Apache-2.0
//
// A process on a carrier: the whole life of a function, or a handler's turns.
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "process/control_block.hpp"
#include "process/overflow.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

control_block::control_block(process_space& space, const detail::body_ops& ops, const layout& where) noexcept
    : mail_(ops.handle != nullptr),
      label_size_(static_cast<std::uint8_t>(where.label_size)),
      body_offset_(static_cast<std::uint32_t>(where.body)),
      block_bytes_(static_cast<std::uint32_t>(where.bytes)),
      space_(space),
      ops_(ops) {}

void control_block::run() noexcept {
  if (ops_.handle != nullptr) return run_handler();
  gather_all();
  if (!told_to_exit_) process_entry(*this, nullptr);  // told before it first ran: it never begins
  finish();
}

/// Turn after turn until the mailbox is empty, the slice is over, or the process has to end.
void control_block::run_handler() noexcept {
  for (;;) {
    envelope* const alone = mail_.take_alone();
    const bool gathered = alone != nullptr || gather_some();
    FOUNDATION_ASSERT(alone == nullptr || !told_to_exit_);  // who is told ends before the next look
    if (told_to_exit_) return finish();
    if (attention_.load(sync::memory_order_relaxed)) [[unlikely]] {  // no turn before what it was set for is found
      if (alone != nullptr) {
        mail_.ordinary().append(*alone);
        if (memory_ != nullptr) {
          memory_->on_arrival(*alone);
          memory_->note_queued();
        }
      }
      if (gathered) static_cast<void>(attention_.exchange(false, sync::memory_order_acquire));  // and look once more
    } else if (alone != nullptr || mail_.has_messages()) {
      if (alone != nullptr && memory_ != nullptr) [[unlikely]] memory_->hold_binaries(*alone);
      process_entry(*this, alone != nullptr ? alone : take_after(mail_.next_list(), nullptr));
      if (memory_ != nullptr && !memory_->is_at_rest()) after_turn(gathered);
      if (told_to_exit_) return finish();
    } else if (gathered && drain_requested_) {
      tell_to_exit(exit_kind::shutdown);
      return finish();
    }
    sched::scheduler& s = *sched::scheduler::current();
    const bool over = s.charge(alone != nullptr ? 2 : 1);  // gather_some has charged for the others
    // Mostly the message was the only one: whether another has come meanwhile the sleep itself finds out.
    if (gathered && !mail_.has_messages() && !drain_requested_) {
      account_slice(s);
      if (mail_.try_sleep(outer_queue::sleep::idle)) return;  // from here on it may run elsewhere
    }
    if (over) {
      account_slice(s);
      return s.enqueue(*this);
    }
  }
}

void control_block::account_slice(sched::scheduler& here) noexcept {
  reductions_.store(accounted_reductions() + here.take_spent(), sync::memory_order_relaxed);
  check_canary(here, false);
}

void control_block::account_slice() noexcept {
  if (!on_thread()) account_slice(*sched::scheduler::current());
}

void control_block::check_canary(const sched::scheduler& here, bool thorough) noexcept {
  const memory::stack* over = here.overflowed_stack(thorough);
  if (over == nullptr) [[likely]] return;
  report_overflow(*this, over->size);
  FOUNDATION_CHECK(over == nullptr, "a canary was overwritten: other stacks may be damaged");
}

std::uint64_t control_block::total_reductions() const noexcept {
  return accounted_reductions() + (on_thread() ? 0 : sched::scheduler::current()->spent());
}

namespace {

/// Destroys a message's payload, also when its handler throws.
struct payload_guard {
  envelope* message;
  ~payload_guard() {
    if (message != nullptr) message->ops->destroy(message->payload());
  }
};

/// Of the exception being handled, which has left this body in its life or in the turn of this message.
exit_reason crash_reason(const detail::body_ops& body, const envelope* message) noexcept {
  std::string where;
  try {
    where = base::demangled(*body.type);
    if (message != nullptr) where += ", message " + base::demangled(*message->ops->type);
  } catch (const std::bad_alloc&) {  // the report does without, or with what there is
  }
  return exit_reason_of_current_exception(where);
}

}  // namespace

FOUNDATION_NEVER_CLONED void process_entry(control_block& p, envelope* message) noexcept {
  bool handled = true;
  static_cast<void>(p.handles(message));
  try {
    p.enter_user();
    const payload_guard payload{message};
    if (message == nullptr) {
      p.ops_.run(p.body(), p);
    } else {
      handled = p.ops_.handle(p.body(), p, *message);
    }
  } catch (const process_exit&) {
    p.enter_library();
  } catch (...) {
    p.enter_library();
    p.tell_to_exit(crash_reason(p.ops_, message));
  }
  p.enter_library();
  static_cast<void>(p.handles(nullptr));
  if (!handled) p.space().report_unhandled(p, *message->ops->type);
  if (message != nullptr) p.mail_.release(message);
}

void control_block::charge(std::uint32_t reductions) noexcept {
  if (attention_.load(sync::memory_order_relaxed)) [[unlikely]] {
    // Acquire: pairs with call_attention, so that the signal is found. An exchange, so that none set meanwhile is lost.
    static_cast<void>(attention_.exchange(false, sync::memory_order_acquire));
    gather_all();
  }
  sched::scheduler* const s = sched::scheduler::current();
  if (s != nullptr && s->charge(reductions)) [[unlikely]] end_slice_of_caller();
}

void control_block::end_slice_of_caller() noexcept {
  end_slice();
  if (is_limited()) gather_all();
}

void control_block::spend(std::uint32_t reductions) noexcept {
  sched::scheduler* const s = sched::scheduler::current();
  if (s != nullptr && s->charge(reductions)) [[unlikely]] end_slice();
}

void control_block::check_fiber() const noexcept {
  if (on_thread()) return;
  const sched::scheduler* s = sched::scheduler::current();
  FOUNDATION_CHECK(s != nullptr && s->running() == this,
                   "a wait of a process was called on a thread or fiber that is not the process's own");
}

void control_block::end_slice() noexcept {
  check_fiber();
  account_slice();
  if (on_thread()) return os::yield_thread();
  sched::scheduler::yield();
}

void control_block::unwind() {
  if (on_thread() || shields_ != 0 || exiting_ || std::uncaught_exceptions() != 0) return;
  if (os::can_unwind_to(reinterpret_cast<void*>(&process_entry))) throw process_exit{};
}

}  // namespace foundation::proc
