// SPDX-License-Identifier: Apache-2.0
//
// Where Boost.Fiber calls us: the other half of the switches in scheduler.cpp.
#include "sched/fiber_algorithm.hpp"

#include <algorithm>
#include <boost/fiber/context.hpp>
#include <new>
#include <utility>

#include "sched/scheduler_group.hpp"

namespace foundation::sched {

using boost::fibers::context;

FOUNDATION_NO_TSAN void scheduler::on_awakened(context* c) noexcept {
  if (c->is_context(boost::fibers::type::dispatcher_context)) {
    dispatcher_.context = c;
    return;
  }
  if (c->is_context(boost::fibers::type::main_context)) return;  // it waits in thread_main and nowhere else
  auto* record = static_cast<fiber_record*>(c->get_properties());
  if (c == active_->context) {
    note_dispatch(c);
    record = static_cast<fiber_record*>(c->get_properties());
  } else if (record == nullptr) {
    ++plain_live_;  // just started
    quick_picks_ = 0;
  }
  if (record == nullptr || record->as_carrier == nullptr) {
    c->ready_link(plain_ready_);
    return;
  }
  publish(*record->as_carrier);
}

/// `left` started a fiber of the user's own with launch::dispatch: Boost has switched to it without asking us. No lock of
/// Boost's is held. Uninstrumented: between its beginning and its end TSan takes us for another fiber.
FOUNDATION_NO_TSAN void scheduler::note_dispatch(context* left) noexcept {
  switch_record& from = active_ == &unrecorded_ ? give_record(left) : *active_;
  if (from.as_carrier != nullptr) {
    from.as_carrier->now = carrier::phase::boost_wait;
    ++boost_waits_;
  }
  ++plain_live_;
  quick_picks_ = 0;
  before_switch(unrecorded_);
  unrecorded_.context = context::active();
}

/// The record of a fiber of the user's own that runs for the first time and is about to be left.
switch_record& scheduler::give_record(context* plain) noexcept {
  auto* record = new (std::nothrow) fiber_record(plain);
  FOUNDATION_CHECK(record != nullptr, "fiber: no memory for the record of a user's fiber");
  record->tsan_fiber = std::exchange(unrecorded_.tsan_fiber, os::tsan_create_fiber());
  plain->set_properties(record);
  if (os::building_with_tsan) intrusive_ptr_add_ref(plain);  // bury_plain
  unrecorded_.context = nullptr;
  active_ = record;
  return *record;
}

/// The record of the fiber that calls pick_next; a fiber of the user's own gets one when it is first left.
switch_record& scheduler::record_of_leaving() noexcept {
  return active_ == &unrecorded_ ? give_record(context::active()) : *active_;
}

/// To the algorithm that takes our place: our thread's main fiber runs, and nothing else of ours is left.
context* scheduler::give_dispatcher_back() noexcept {
  handing_back_ = false;
  return std::exchange(dispatcher_.context, nullptr);
}

FOUNDATION_NO_TSAN context* scheduler::on_pick_next() noexcept {
  if (handing_back_) return give_dispatcher_back();
  switch_record& from = record_of_leaving();
  const bool from_dispatcher = &from == &dispatcher_;
  if (from.as_carrier != nullptr && from.as_carrier->occupant != nullptr) {
    from.as_carrier->now = carrier::phase::boost_wait;
    ++boost_waits_;
    quick_picks_ = 0;
  } else if (from.as_carrier == nullptr && !from_dispatcher && &from != &main_ && !from.context->worker_is_linked()) {
    --plain_live_;  // a fiber of the user's own that ends: Boost has taken it off its list already
    plain_ended_ = true;
    if (os::building_with_tsan) {
      auto& record = static_cast<fiber_record&>(from);
      record.next_dead = std::exchange(plain_dead_, &record);
    }
  }
  switch_record* to = choose(from_dispatcher);
  if (to == nullptr) return nullptr;
  if (to == &unrecorded_) {  // a fiber of the user's own that runs for the first time
    context* next = &plain_ready_.front();
    plain_ready_.pop_front();
    before_switch(unrecorded_);
    unrecorded_.context = next;
    return next;
  }
  before_switch(*to);
  return to->context;
}

/// Whom to switch to when Boost asks, perhaps under the lock of a primitive: looks for nothing then, and runs no process's
/// signals; the dispatcher does that if there is no idle carrier to do it.
switch_record* scheduler::choose(bool from_dispatcher) noexcept {
  if (!from_dispatcher && boost_due()) return &dispatcher();
  if (leaving()) [[unlikely]] give_work_away();
  plain_turn_ = !plain_turn_;
  if (!plain_ready_.empty() && (plain_turn_ || !has_local_work())) {
    stop_searching();
    return plain_record();
  }
  if (has_local_work()) {
    if (idle_ != nullptr) {
      carrier* c = idle_;
      idle_ = std::exchange(c->next_idle, nullptr);
      --idle_count_;
      pick_owed_ = true;
      return c;
    }
  }
  if (!from_dispatcher) return &dispatcher();
  if (idle_ == nullptr && !leaving()) {
    if (carrier* c = resume_without_idle()) return c;
  }
  if (!ending()) return nullptr;
  if (leaving()) give_work_away();  // asked in between
  return next_to_stop();
}

/// No carrier is idle and none can be made: resumes a ready process that has its own. The others wait in the shared
/// queue, for a scheduler that has carriers or gets one.
carrier* scheduler::resume_without_idle() noexcept {
  runnable* others = nullptr;
  runnable** end = &others;
  carrier* found = nullptr;
  while (found == nullptr) {
    runnable* r = pick_local();
    if (r == nullptr) r = group_.pop_injected();
    if (r == nullptr) break;
    if (r->own_carrier == nullptr) {
      r->queue_next = nullptr;
      *end = r;
      end = &r->queue_next;
    } else if (r->attend()) {
      found = adopt(*r);
    }
  }
  while (others != nullptr) {
    runnable& r = *std::exchange(others, others->queue_next);
    if (r.pinned_to == runnable::unpinned) {
      group_.inject(r);
    } else {
      defer(r);
    }
  }
  if (found != nullptr) stop_searching();
  return found;
}

/// The fiber at the head of the user's own ones; a first-timer has no record yet and is taken by the caller.
switch_record* scheduler::plain_record() noexcept {
  auto* record = static_cast<fiber_record*>(plain_ready_.front().get_properties());
  if (record == nullptr) return &unrecorded_;
  plain_ready_.pop_front();
  return record;
}

/// When the group stops and nothing is left to run: the carriers end one after the other, then the thread.
switch_record* scheduler::next_to_stop() noexcept {
  if (idle_ != nullptr) {
    carrier* c = idle_;
    idle_ = std::exchange(c->next_idle, nullptr);
    --idle_count_;
    c->retire = true;
    return c;
  }
  if (live_carriers() != 0 || plain_live_ != 0) return nullptr;
  bury_plain();
  return &main_;
}

/// The outermost frames of a user's fiber are a template of Boost's, instrumented where the user's code is, and Boost leaves
/// them on whatever fiber drops the last reference. TSan would count these frames off that fiber, so with TSan we keep a
/// reference to the last and drop it as the fiber that ended. Runs on the dispatcher.
FOUNDATION_NO_TSAN void scheduler::bury_plain() noexcept {
  while (plain_dead_ != nullptr) {
    fiber_record& dead = *std::exchange(plain_dead_, plain_dead_->next_dead);
    void* const as = std::exchange(dead.tsan_fiber, nullptr);
    os::tsan_switch_to(as);
    intrusive_ptr_release(dead.context);
    os::tsan_switch_to(dispatcher_.tsan_fiber);
    os::tsan_destroy_fiber(as);
  }
}

void scheduler::on_notify() noexcept {
  notified_.exchange(true, sync::memory_order_acq_rel);  // pairs with before_boost_looks
  group_.unpark(*this);
}

// -- nothing to do ---------------------------------------------------------------------------------------------------

void scheduler::on_suspend_until(os::time_point boost_deadline) noexcept {
  wait_for_work(boost_deadline);
  before_boost_looks();
}

void scheduler::wait_for_work(os::time_point boost_deadline) noexcept {
  if (!ending()) static_cast<void>(ensure_carriers(2));
  const os::time_point now = os::now();
  fire_timers(now);
  fire_overdue_timers_of_others(now);
  if (now >= retry_at_) retry_deferred();
  if (has_local_work() || notified_.load(sync::memory_order_relaxed)) return stop_searching();
  if (stop_due()) return stop_searching();
  if (idle_ != nullptr && !leaving()) {
    for (unsigned spin = 0; spin < group_.spins(); ++spin) {
      if ((handed_ = find_shared()) != nullptr) return stop_searching();
      if (!searching_) break;  // enough others are looking
      os::relax();
    }
  }
  os::time_point deadline = std::min({boost_deadline, next_timer(), retry_at_});
  if (idle_ == nullptr && !ending()) deadline = std::min(deadline, now + no_carrier_retry);
  sleep_until(deadline);
}

/// The first of them stands in for the place of a lent thread, which may have left timers behind.
os::time_point scheduler::next_timer() const noexcept {
  if (index_ != 0) return timers_.next_expiry();
  return std::min(timers_.next_expiry(), group_.lent_place().timers_.next_expiry());
}

/// Parks the thread. The order of the steps is the protocol "no wake-up is lost" of idle.hpp.
void scheduler::sleep_until(os::time_point deadline) noexcept {
  const bool look_everywhere = group_.idle().transition_to_parked(index_, std::exchange(searching_, false));
  FOUNDATION_INVARIANT(random_.below(16) != 0 || group_.idle().check_invariants());
  if (look_everywhere && idle_ != nullptr) {  // K3; without a carrier there is nothing we could run it on
    handed_ = group_.pop_injected();
    if (handed_ == nullptr) handed_ = steal();
  }
  const bool own_work = has_local_work() || notified_.load(sync::memory_order_acquire) || stop_due();
  if (!own_work) {
    asleep_.store(true, sync::memory_order_relaxed);
    // A plain thread may have armed a timer here since the deadline was made up, and have found us awake.
    static_cast<void>(parker_.park_until(std::min(deadline, next_timer())));
    asleep_.store(false, sync::memory_order_relaxed);
    group_.monitor().note_activity();
  }
  const woken why = group_.idle().transition_from_parked(index_);
  searching_ = why == woken::to_search;
  // Work that we have no carrier for may have been left to us alone: another one is told, now and then.
  if (why == woken::on_its_own && idle_ == nullptr && group_.has_shared_work()) group_.notify_one();
  if (handed_ != nullptr) {
    stop_searching();
    group_.notify_if_there_is_work();  // there may be more where it came from
  }
}

bool scheduler::stop_due() const noexcept {
  return ending() && (idle_ != nullptr || (live_carriers() == 0 && plain_live_ == 0));
}

}  // namespace foundation::sched
