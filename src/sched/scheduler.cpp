// SPDX-License-Identifier: Apache-2.0
//
// Carriers and the switches between them.
#include "sched/scheduler.hpp"

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>
#include <cstdio>
#include <new>
#include <utility>

#include "sched/fiber_algorithm.hpp"
#include "sched/scheduler_group.hpp"

namespace foundation::sched {

scheduler::scheduler(scheduler_group& group, unsigned index)
    : group_(group), index_(index), random_(group.seed() + index), pinned_max_(base::lock_rank::pinned_queue),
      pinned_high_(base::lock_rank::pinned_queue), pinned_(base::lock_rank::pinned_queue), timers_(os::now()) {}

scheduler::~scheduler() {
  FOUNDATION_CHECK(carriers_.load(sync::memory_order_relaxed) == 0, "scheduler: a carrier outlived its scheduler");
}

void scheduler::thread_main(void (*started)(void*, bool), void* context) noexcept {
  char name[16];
  std::snprintf(name, sizeof name, "%.8s-%u", group_.name(), index_);
  os::set_thread_name(name);
  const os::thread_signal_stack signal_stack;
  if (!take_thread()) return started(context, false);
  started(context, ensure_carriers(2));
  run_until_end();
}

bool scheduler::is_on_main_fiber() noexcept {
  return boost::fibers::context::active()->is_context(boost::fibers::type::main_context);
}

bool scheduler::lent_main() noexcept {
  const boost_algorithm usual(new (std::nothrow) boost::fibers::algo::round_robin);
  if (usual == nullptr) return false;
  const os::thread_signal_stack signal_stack;
  void* const thread_process = std::exchange(base::this_thread().process, nullptr);  // who runs here is somebody else
  bool up = take_thread();
  if (up) {
    up = ensure_carriers(2);
    if (!up) leave_soon();
    run_until_end();
    // Boost keeps its scheduler for this thread for as long as the thread lives, which is longer than we do.
    handing_back_ = true;
    boost::fibers::context::active()->get_scheduler()->set_algo(usual);
    handing_back_ = false;
  }
  base::this_thread().process = thread_process;
  asleep_.store(true, sync::memory_order_relaxed);
  group_.wake_for_timer(*this);
  return up;
}

/// The calling thread becomes ours, and its fibers Boost's under our algorithm; false: memory was refused.
bool scheduler::take_thread() noexcept {
  if (algorithm_ == nullptr) algorithm_.reset(new (std::nothrow) fiber_algorithm(*this));
  if (algorithm_ == nullptr) return false;
  base::this_thread().scheduler = this;
  base::this_thread().chunks = &chunks_;
  asleep_.store(false, sync::memory_order_relaxed);
  group_.monitor().note_activity();
  boost::fibers::context::active()->get_scheduler()->set_algo(algorithm_);
  main_.context = boost::fibers::context::active();
  if constexpr (os::building_with_asan) {  // which has to be told again when the thread is the host's
    const os::stack_bounds stack = os::current_stack_bounds();
    main_.stack_bottom = stack.bottom;
    main_.stack_size = stack.size;
  }
  main_.tsan_fiber = os::tsan_current_fiber();
  dispatcher_.tsan_fiber = os::tsan_create_fiber();
  unrecorded_.tsan_fiber = os::tsan_create_fiber();
  return true;
}

/// Until the group stops, or a lent thread leaves, and the last carrier has gone.
void scheduler::run_until_end() noexcept {
  switch_to(dispatcher(), nullptr);
  // Boost's own thread-exit code passes through our algorithm once more, on this thread's identity.
  os::tsan_destroy_fiber(std::exchange(dispatcher_.tsan_fiber, nullptr));
  os::tsan_destroy_fiber(std::exchange(unrecorded_.tsan_fiber, nullptr));
  base::this_thread().chunks = nullptr;
  base::this_thread().scheduler = nullptr;
}

// -- the life of a carrier -----------------------------------------------------------------------------------------

void scheduler::carrier_main(carrier& c) noexcept {
  scheduler* s = current();
  while (runnable* r = s->next_in_place(c)) {
    c.occupant = r;
    s->set_running(r);
    s->begin_slice();
    r->run();
    s = current();  // the turn may have moved to another scheduler, and this carrier with it
    s->set_running(nullptr);
    c.occupant = nullptr;
  }
  s->count_carriers(-1);
  s->dispatcher_turn_ = true;  // Boost's dispatcher frees fibers that ended
}

/// On this scheduler throughout: an empty carrier may be switched out here, and is then idle here.
runnable* scheduler::next_in_place(carrier& c) noexcept {
  for (;;) {
    if (c.assigned != nullptr) return std::exchange(c.assigned, nullptr);
    if (runnable* r = pick_quick(c)) return r;
    if (c.retire || idle_count_ >= max_idle_carriers) return nullptr;
    static_cast<void>(ensure_carriers(1));
    if (std::exchange(pick_owed_, false) || !dispatcher_due()) {
      runnable* r = pick();
      if (r != nullptr) {
        switch_record* to = nullptr;
        if (r->own_carrier != nullptr) {
          if (!r->attend()) continue;
          to = adopt(*r);
        } else if (r->stack == c.kind()) {
          return r;
        } else if (carrier* fitting = take_idle(r->stack)) {
          fitting->assigned = r;
          to = fitting;
        } else {
          defer(*r);
          continue;
        }
        put_idle(c);
        switch_to(*to, nullptr);
        continue;
      }
    }
    put_idle(c);
    switch_to(dispatcher(), nullptr);
  }
}

scheduler::park_result scheduler::park() noexcept {
  scheduler& s = *current();
  if (!s.ensure_carriers(2) && s.idle_count_ == 0) return park_result::no_carrier;
  carrier& c = *s.active_->as_carrier;
  c.now = carrier::phase::parking;
  leave(c);
  return park_result::resumed;
}

void scheduler::yield() noexcept {
  scheduler& s = *current();
  carrier& c = *s.active_->as_carrier;
  // Alone here, or nobody else could run for want of a carrier: the process goes on with a new slice.
  const bool alone = !s.leaving() && !s.has_local_work() && !s.dispatcher_due() && !s.group_.has_shared_work() &&
                     !s.group_.leave_though_alone(s.random_);
  if (alone || (!s.ensure_carriers(2) && s.idle_count_ == 0)) {
    ++s.tick_;  // Boost's timers and remote wake-ups get their turn also when nobody else is picked
    s.look_around();
    return s.go_on(c);
  }
  c.now = carrier::phase::yielding;
  s.yielding_ = c.occupant;
  leave(c);
}

/// The process on `c` keeps the thread: nobody who may go before it is ready.
void scheduler::go_on(carrier& c) noexcept {
  c.now = carrier::phase::running;
  yielding_ = nullptr;
  inherit_slice_ = false;
  begin_slice();
}

void scheduler::leave_for_ever() noexcept {
  scheduler& s = *current();
  static_cast<void>(s.ensure_carriers(2));
  s.active_->as_carrier->now = carrier::phase::running;
  s.switch_to(s.dispatcher(), nullptr);
  FOUNDATION_UNREACHABLE("leave_for_ever: a carrier that was given up was resumed");
}

/// Switches from the process on `c`, whose phase says why it leaves, to whoever is next.
void scheduler::leave(carrier& c) noexcept {
  scheduler& s = *current();
  switch_record* to = nullptr;
  while (to == nullptr && !s.dispatcher_due()) {
    runnable* r = s.pick();
    if (r == nullptr && s.yielding_ != nullptr && !s.leaving() && !s.group_.leave_though_alone(s.random_)) return s.go_on(c);
    if (r == nullptr) break;
    if (r->own_carrier != nullptr) {
      if (r->attend()) to = s.adopt(*r);
    } else if (carrier* idle = s.take_idle(r->stack)) {
      idle->assigned = r;
      to = idle;
    } else {
      s.defer(*r);
      break;
    }
  }
  s.yielding_ = nullptr;
  s.switch_to(to != nullptr ? *to : s.dispatcher(), c.context);
}

/// Takes a parked carrier over from its process: attached to this thread's Boost scheduler, about to run.
carrier* scheduler::adopt(runnable& r) noexcept {
  carrier* c = std::exchange(r.own_carrier, nullptr);
  FOUNDATION_ASSERT(c->now == carrier::phase::parked);
  dispatcher_.context->attach(c->context);
  count_carriers(+1);
  c->now = carrier::phase::running;
  return c;
}

/// After the switch away from `c` (D2): from here on a thief may resume it.
void scheduler::publish(carrier& c) noexcept {
  const bool waits = c.now == carrier::phase::parking;
  if (c.now == carrier::phase::boost_wait) --boost_waits_;
  runnable& r = *c.occupant;
  c.now = carrier::phase::parked;
  c.context->detach();
  count_carriers(-1);
  r.own_carrier = &c;
  if (!waits || !r.publish_wait()) enqueue(r);
}

// -- switching -------------------------------------------------------------------------------------------------------

/// Right before every switch, on the fiber that is left. Uninstrumented, as is everything until the real switch.
FOUNDATION_NO_TSAN void scheduler::before_switch(switch_record& to) noexcept {
  switch_record& from = *active_;
  os::swap_exception_state(from.exceptions, to.exceptions);
  active_ = &to;
  if (to.as_carrier != nullptr) {
    carrier& c = *to.as_carrier;
    set_running(c.occupant);
    if (c.occupant != nullptr) begin_slice();
    if (c.now == carrier::phase::idle) c.now = carrier::phase::running;
  } else {
    set_running(nullptr);
  }
  os::asan_enter_stack(to.stack_bottom, to.stack_size, &from.asan_fake_stack, to.asan_fake_stack);
  if (to.tsan_fiber != nullptr) os::tsan_switch_to(to.tsan_fiber);
}

FOUNDATION_NO_TSAN void scheduler::switch_to(switch_record& to, boost::fibers::context* publish) noexcept {
  boost::fibers::context* next = to.context;
  before_switch(to);
  if (publish != nullptr) {
    next->resume(publish);
  } else {
    next->resume();
  }
}

/// Boost's dispatcher, for the switch to it that follows at once.
switch_record& scheduler::dispatcher() noexcept {
  dispatcher_turn_ = false;
  plain_ended_ = false;
  dispatched_at_ = tick_;
  before_boost_looks();
  return dispatcher_;
}

/// Forgets that Boost woke a fiber of ours from another thread: its dispatcher is about to take over all of these. What
/// comes after this call is either seen by it, or leaves the mark behind; cleared any later, a mark could be lost.
void scheduler::before_boost_looks() noexcept {
  // Acquire, release: a chain through all who set it, so that what they did before is visible to those they woke.
  if (notified_.load(sync::memory_order_relaxed)) notified_.exchange(false, sync::memory_order_acq_rel);
}

/// Everything in it ends: the group stops, or the thread was lent and leaves.
bool scheduler::ending() const noexcept { return group_.stopping() || leaving(); }

/// Whether Boost's dispatcher itself has something to do.
bool scheduler::boost_due() const noexcept {
  if (dispatcher_turn_ || notified_.load(sync::memory_order_relaxed)) return true;
  // Boost's own timers are seen by its dispatcher alone, and only who waits in Boost's way can have one.
  if (boost_waits_ == 0 && plain_live_ == 0 && !plain_ended_) return false;
  return tick_ - dispatched_at_ >= look_around_every;
}

const memory::stack& scheduler::stack_in_use() const noexcept { return active_->as_carrier->stack(); }

const memory::stack* scheduler::overflowed_stack(bool thorough) const noexcept {
  constexpr std::size_t glance = 128;  // two lines: a frame seldom leaves that much unwritten
  const memory::stack& mine = stack_in_use();
  if (mine.guard != memory::guard_mode::canary) return nullptr;
  return memory::overflowed(mine, thorough ? os::page_size() : glance) ? &mine : nullptr;
}

void scheduler::begin_slice() noexcept {
  slice_.begin(group_.slice_budget(random_), std::exchange(inherit_slice_, false));
}

}  // namespace foundation::sched
