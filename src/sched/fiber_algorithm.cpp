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

void scheduler::on_awakened(context* c) noexcept {
  if (c->is_context(boost::fibers::type::dispatcher_context)) {
    dispatcher_.context = c;
    return;
  }
  if (c->is_context(boost::fibers::type::main_context)) return;  // it waits in thread_main and nowhere else
  auto* record = static_cast<fiber_record*>(c->get_properties());
  if (record == nullptr || record->as_carrier == nullptr) {
    c->ready_link(plain_ready_);
    return;
  }
  carrier& k = *record->as_carrier;
  if (k.now == carrier::phase::running) {
    // A fiber of the user's own was started with launch::dispatch: Boost switched to it without asking us.
    k.now = carrier::phase::boost_wait;
    ++boost_waits_;
    before_switch(unrecorded_);
  }
  publish(k);
}

/// The record of the fiber that calls pick_next; a fiber of the user's own gets one when it first blocks.
switch_record& scheduler::record_of_leaving() noexcept {
  if (active_ != &unrecorded_) return *active_;
  context* self = context::active();
  auto* record = static_cast<fiber_record*>(self->get_properties());
  if (record == nullptr) {
    record = new (std::nothrow) fiber_record(self);
    FOUNDATION_CHECK(record != nullptr, "fiber: no memory for the record of a user's fiber");
    record->tsan_fiber = std::exchange(unrecorded_.tsan_fiber, os::tsan_create_fiber());
    self->set_properties(record);
  }
  active_ = record;
  return *record;
}

FOUNDATION_NO_TSAN context* scheduler::on_pick_next() noexcept {
  switch_record& from = record_of_leaving();
  const bool from_dispatcher = &from == &dispatcher_;
  if (from.as_carrier != nullptr && from.as_carrier->occupant != nullptr) {
    from.as_carrier->now = carrier::phase::boost_wait;
    ++boost_waits_;
  }
  switch_record* to = choose(from_dispatcher);
  if (to == nullptr) return nullptr;
  if (to == &unrecorded_) {  // a fiber of the user's own that runs for the first time
    context* next = &plain_ready_.front();
    plain_ready_.pop_front();
    before_switch(unrecorded_);
    return next;
  }
  before_switch(*to);
  return to->context;
}

/// Whom to switch to when Boost asks. Never searches or runs a process's signals if an idle carrier can do that.
switch_record* scheduler::choose(bool from_dispatcher) noexcept {
  if (!from_dispatcher && (dispatcher_turn_ || notified_.load(sync::memory_order_relaxed))) return &dispatcher();
  if (from_dispatcher) notified_.store(false, sync::memory_order_relaxed);  // Boost has just looked
  plain_turn_ = !plain_turn_;
  if (!plain_ready_.empty() && (plain_turn_ || !has_local_work())) return plain_record();
  if (has_local_work()) {
    if (idle_ != nullptr) {
      carrier* c = idle_;
      idle_ = std::exchange(c->next_idle, nullptr);
      --idle_count_;
      return c;
    }
    while (runnable* r = pick_local()) {  // only what brings its own carrier can run
      if (r->own_carrier == nullptr) {
        defer(*r);
      } else if (r->attend()) {
        stop_searching();
        return adopt(*r);
      }
    }
  }
  if (!from_dispatcher) return &dispatcher();
  return group_.stopping() ? next_to_stop() : nullptr;
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
  return live_carriers() == 0 ? &main_ : nullptr;
}

void scheduler::on_notify() noexcept {
  // Release: pairs with Boost's own lock around the queue that the dispatcher will look at.
  notified_.store(true, sync::memory_order_release);
  group_.unpark(*this);
}

// -- nothing to do ---------------------------------------------------------------------------------------------------

void scheduler::on_suspend_until(os::time_point boost_deadline) noexcept {
  static_cast<void>(ensure_carriers(2));
  const os::time_point now = os::now();
  fire_timers(now);
  fire_overdue_timers_of_others(now);
  if (has_local_work() || notified_.load(sync::memory_order_relaxed)) return stop_searching();
  if (stop_due()) return stop_searching();
  if (idle_ != nullptr) {
    for (unsigned spin = 0; spin < group_.spins(); ++spin) {
      if ((handed_ = find_shared()) != nullptr) return stop_searching();
      if (!searching_) break;  // enough others are looking
      os::relax();
    }
  }
  os::time_point deadline = std::min(boost_deadline, timers_.next_expiry());
  if (deferred_ != nullptr) deadline = std::min(deadline, now + no_carrier_retry);
  sleep_until(deadline);
}

/// Parks the thread. The order of the steps is the protocol "no wake-up is lost" of idle.hpp.
void scheduler::sleep_until(os::time_point deadline) noexcept {
  const bool look_everywhere = group_.idle().transition_to_parked(index_, std::exchange(searching_, false));
  if (look_everywhere && idle_ != nullptr) {  // K3; without a carrier there is nothing we could run it on
    handed_ = group_.pop_injected();
    if (handed_ == nullptr) handed_ = steal();
  }
  const bool own_work = has_local_work() || notified_.load(sync::memory_order_acquire) || stop_due();
  if (!own_work) {
    asleep_.store(true, sync::memory_order_relaxed);
    static_cast<void>(parker_.park_until(deadline));
    asleep_.store(false, sync::memory_order_relaxed);
    group_.monitor().note_activity();
  }
  searching_ = group_.idle().transition_from_parked(index_) == woken::to_search;
  if (handed_ != nullptr) {
    stop_searching();
    group_.notify_one();  // there may be more where it came from
  }
}

bool scheduler::stop_due() const noexcept {
  return group_.stopping() && (idle_ != nullptr || live_carriers() == 0);
}

}  // namespace foundation::sched
