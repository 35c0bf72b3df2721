// SPDX-License-Identifier: Apache-2.0
//
// What a scheduler runs next, and how work becomes visible to others.
#include <algorithm>
#include <utility>

#include "sched/scheduler.hpp"
#include "sched/scheduler_group.hpp"

namespace foundation::sched {

using foundation::priority;

namespace {
constexpr unsigned low_passes = 8;  // BEAM's RESCHEDULE_LOW (erl_process.c)
}

scheduler::queue& scheduler::queue_of(priority p) noexcept {
  return p == priority::max ? max_ : p == priority::high ? high_ : normal_;
}

// -- making ready ----------------------------------------------------------------------------------------------------

void scheduler::wake_next(runnable& r) noexcept {
  const bool both_normal = r.priority == priority::normal && running()->priority == priority::normal;
  if (!both_normal || r.pinned_to != runnable::unpinned || leaving() || !group_.use_run_next(random_)) {
    return enqueue(r);
  }
  if (runnable* displaced = run_next_.put(&r)) {
    push_local(*displaced);
    group_.notify_one();
  }
  slice_.publish_later();
}

void scheduler::enqueue(runnable& r) noexcept {
  if (r.pinned_to != runnable::unpinned) return group_.enqueue_pinned(r);
  if (leaving() || group_.hand_over(random_)) {
    group_.inject(r);
    looks_past_shared_ = scheduler_group::looks_past_shared;
  } else {
    push_local(r);
  }
  group_.notify_one();
}

/// To this scheduler's own queue, half of which moves to the shared one when it is full.
void scheduler::push_local(runnable& r) noexcept {
  if (r.pinned_to != runnable::unpinned) return enqueue_pinned_remote(r);
  group_.note_priority(r);
  queue& q = queue_of(r.priority);
  FOUNDATION_INVARIANT(q.check_invariants());
  if (q.push(&r)) return;
  runnable* half[queue::capacity / 2];
  const std::uint32_t taken = q.take_half(half, queue::capacity / 2);
  for (std::uint32_t i = 0; i < taken; ++i) group_.inject(*half[i]);
  if (!q.push(&r)) group_.inject(r);
}

void scheduler::enqueue_pinned_remote(runnable& r) noexcept {
  group_.note_priority(r);
  (r.priority == priority::max ? pinned_max_ : r.priority == priority::high ? pinned_high_ : pinned_).push(&r);
}

/// A thread that leaves keeps nothing that could run elsewhere; nothing is pinned to it.
void scheduler::give_work_away() noexcept {
  stop_searching();
  const auto away = [this](runnable* r) {
    if (r == nullptr) return false;
    group_.inject(*r);
    group_.notify_one();
    return true;
  };
  away(std::exchange(handed_, nullptr));
  away(run_next_.take());
  for (queue* q : {&max_, &high_, &normal_}) {
    while (away(q->pop())) {
    }
  }
  for (runnable* r = std::exchange(deferred_, nullptr); r != nullptr;) away(std::exchange(r, r->queue_next));
  retry_at_ = os::time_point::max();
}

void scheduler::publish_run_next() noexcept {
  slice_.publish_done();
  if (runnable* r = run_next_.take()) {
    push_local(*r);
    group_.notify_one();
  }
}

/// The charge that found something due. True when the caller's slice is over.
bool scheduler::charge_slow() noexcept {
  if (slice_.publish_due()) publish_run_next();
  return slice_.expired();
}

void scheduler::expire_slice_remote() noexcept {
  slice_.expire_remote();
  if (runnable* r = run_next_.seize()) {
    group_.inject(*r);
    group_.notify_one();
  }
}

// -- picking -----------------------------------------------------------------------------------------------------------

bool scheduler::has_local_work() const noexcept {
  return handed_ != nullptr || run_next_.occupied() || !normal_.empty_hint() || !max_.empty_hint() ||
         !high_.empty_hint() || !pinned_.empty_hint() || !pinned_max_.empty_hint() || !pinned_high_.empty_hint();
}

/// The next runnable from anywhere, without sleeping; null when there seems to be none. While a process gives way
/// (`yielding_`), only those that may go before it: it is as ready as they are, though not on a queue yet.
runnable* scheduler::pick() noexcept {
  if (leaving()) [[unlikely]] {
    give_work_away();
    return nullptr;
  }
  if (++tick_ % look_around_every == 0) look_around();
  const bool boost_used = (boost_waits_ | plain_live_) != 0;
  quick_picks_ = boost_used ? 0 : base::hostile ? random_.below(4) : look_around_every - 1 - tick_ % look_around_every;
  if (group_.steal_first(random_)) {
    if (runnable* stolen = steal()) {
      push_local(*stolen);
      group_.notify_one();
    }
  }
  runnable* r = pick_local();
  if (r == nullptr && yielding_ == nullptr) r = find_shared();
  if (r == nullptr && yielding_ != nullptr && yielding_->priority <= priority::normal) {
    r = group_.pop_injected(priority::normal);
    if (r != nullptr && yielding_->priority == priority::normal && wait_its_turn(*r)) {
      push_local(*r);
      r = nullptr;
    }
  }
  if (r != nullptr) stop_searching();
  return r;
}

runnable* scheduler::pick_quick(const carrier& c) noexcept {
  if (quick_picks_ == 0 || idle_count_ == 0 || !run_next_.occupied() || slice_.expired() || group_.has_urgent()) return nullptr;
  FOUNDATION_ASSERT(!searching_);  // it would have to stop first; but then there is nothing in run-next
  runnable* const r = run_next_.take();
  if (r == nullptr) return nullptr;
  if (r->own_carrier != nullptr || r->stack != c.kind()) [[unlikely]] {
    static_cast<void>(run_next_.put(r));
    return nullptr;
  }
  --quick_picks_;
  ++tick_;
  inherit_slice_ = true;
  return r;
}

runnable* scheduler::pick_local() noexcept {
  inherit_slice_ = false;
  if (handed_ != nullptr) return std::exchange(handed_, nullptr);
  const priority least = yielding_ != nullptr ? yielding_->priority : priority::low;
  if (runnable* r = pick_urgent(least)) {
    if (run_next_.occupied()) publish_run_next();  // the slice of its waker is over
    return r;
  }
  if (least > priority::normal) return nullptr;
  if (run_next_.occupied()) {
    if (runnable* r = run_next_.take()) {
      if (!slice_.expired()) {
        inherit_slice_ = true;
        return r;
      }
      push_local(*r);  // the pair has used up its slice: others first
      group_.notify_one();
    }
  }
  return pick_normal();
}

/// Max before high; on each, our own before what was made ready from outside.
runnable* scheduler::pick_urgent(priority least) noexcept {
  if (!group_.has_urgent()) [[likely]] return nullptr;
  if (runnable* r = max_.pop()) return r;
  if (runnable* r = pinned_max_.pop()) return r;
  if (runnable* r = group_.pop_injected(priority::max)) return r;
  if (least == priority::max) return nullptr;
  if (runnable* r = high_.pop()) return r;
  if (runnable* r = pinned_high_.pop()) return r;
  return group_.pop_injected(priority::high);
}

/// Pinned work and the rest take turns. Low priority shares the queues of normal, and comes to its head eight times before
/// it runs, unless nothing of normal priority is ready.
runnable* scheduler::pick_normal() noexcept {
  pinned_turn_ = !pinned_turn_;
  runnable* r = pinned_turn_ ? first_allowed(pinned_) : first_allowed(normal_);
  if (r == nullptr) r = pinned_turn_ ? first_allowed(normal_) : first_allowed(pinned_);
  if (r != nullptr || (yielding_ != nullptr && yielding_->priority == priority::normal)) return r;
  r = normal_.pop();
  return r != nullptr ? r : pinned_.pop();
}

/// Null when all in the queue are low ones that wait for a later turn.
template <typename Queue>
runnable* scheduler::first_allowed(Queue& q) noexcept {
  const runnable* first_passed = nullptr;
  while (runnable* r = q.pop()) {
    const bool once_around = r == first_passed;
    if (!once_around && !wait_its_turn(*r)) return r;
    push_local(*r);
    if (once_around) break;
    if (first_passed == nullptr) first_passed = r;
  }
  return nullptr;
}

/// Whether a low one that has come to the head is passed over this time.
bool scheduler::wait_its_turn(runnable& r) noexcept {
  if (r.priority != priority::low) return false;
  if (++r.skipped < low_passes) return true;
  r.skipped = 0;
  return false;
}

/// Every so many picks: shared work gets its turn, timers fire. The only place on the way of a busy scheduler that
/// reads the clock.
void scheduler::look_around() noexcept {
  if (timers_.next_expiry() != os::time_point::max()) fire_timers(os::now());
  if (deferred_ != nullptr) retry_deferred();
  if (runnable* r = group_.pop_injected()) {
    push_local(*r);
    group_.notify_one();  // it was on no queue for a moment, in which a searcher may have looked
  }
}

runnable* scheduler::find_shared() noexcept {
  if (looks_past_shared_ != 0) {
    --looks_past_shared_;
  } else if (runnable* r = group_.pop_injected()) {
    return r;
  }
  if (!searching_ && !group_.idle().transition_to_searching(index_)) return nullptr;
  searching_ = true;
  return steal();
}

/// No longer looking for work, since some was found: must be called before it is run, or nobody else is ever woken. The
/// last one to look wakes the next, if there is more (one wake-up chain).
void scheduler::stop_searching() noexcept {
  if (!std::exchange(searching_, false)) return;
  if (group_.idle().transition_from_searching()) group_.notify_if_there_is_work();
}

runnable* scheduler::steal() noexcept {
  const unsigned others = group_.places();
  const unsigned start = static_cast<unsigned>(random_.below(others));
  for (unsigned i = 0; i < others; ++i) {
    scheduler& victim = group_.at((start + i) % others);
    if (&victim == this) continue;
    for (queue scheduler::*q : {&scheduler::max_, &scheduler::high_, &scheduler::normal_}) {
      runnable* first = nullptr;
      if ((victim.*q).take_half_into(this->*q, &first) == 0) continue;
      FOUNDATION_INVARIANT((this->*q).check_invariants());
      steals_.store(steals_.load(sync::memory_order_relaxed) + 1, sync::memory_order_relaxed);
      return first;
    }
  }
  return nullptr;
}

// -- timers ------------------------------------------------------------------------------------------------------------

void scheduler::fire_timers(os::time_point now) noexcept {
  static_cast<void>(timers_.tick(now, timer_batch));
  FOUNDATION_INVARIANT(random_.below(64) != 0 || timers_.check_invariants());
}

/// A scheduler kept busy by one long slice does not see its timers; whoever has nothing to do fires them for it.
void scheduler::fire_overdue_timers_of_others(os::time_point now) noexcept {
  for (unsigned i = 0; i < group_.places(); ++i) {
    scheduler& other = group_.at(i);
    if (&other != this) static_cast<void>(other.timers_.try_tick(now, timer_batch));
  }
}

}  // namespace foundation::sched
