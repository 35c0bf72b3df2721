// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/fiber/scheduler.hpp>
#include <chrono>
#include <cstdint>

#include "base/base.hpp"
#include "os/os.hpp"
#include "sched/carrier.hpp"
#include "sched/inject_queue.hpp"
#include "sched/parker.hpp"
#include "sched/run_next.hpp"
#include "sched/run_queue.hpp"
#include "sched/runnable.hpp"
#include "sched/slice.hpp"
#include "sched/timer_wheel.hpp"

namespace foundation::sched {

class scheduler_group;

/// One thread that runs processes. The carriers, the queues and the slice are its own; other threads reach only what
/// the sections below say.
///
/// Where control goes (docs/internals/turn-slice-carrier.md):
///
///   carrier_main ──pick──> run a turn in place ──> pick ...            no switch: a server's turn
///        │                      └─ blocks: park() ──> another carrier  one switch: the blocked process keeps this one
///        └─ nothing to do ──> Boost's dispatcher ──> suspend_until: steal, spin, sleep
///
/// Every switch of ours, and of Boost's from one fiber to another, passes through `before_switch` right before it. A fiber of
/// the user's own may also be entered by Boost without it (`launch::dispatch`): it then runs under `unrecorded_`.
class scheduler {
 public:
  scheduler(scheduler_group& group, unsigned index);
  ~scheduler();
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  /// The scheduler whose thread is calling, or null. Ask again after anything that may have switched.
  [[nodiscard]] static scheduler* current() noexcept {
    return static_cast<scheduler*>(base::this_thread().scheduler);
  }

  [[nodiscard]] unsigned index() const noexcept { return index_; }
  [[nodiscard]] scheduler_group& group() const noexcept { return group_; }

  // -- for the process that runs on this scheduler, on its own carrier ---------------------------------------------

  /// The runnable whose code runs now; null in the dispatcher and in fibers of the user's own. Other threads may compare
  /// the pointer, no more.
  [[nodiscard]] runnable* running() const noexcept { return running_.load(sync::memory_order_relaxed); }

  /// The running one has ended, and may be freed at any time from here on.
  void forget_running() noexcept { set_running(nullptr); }

  /// A process woken by the running one: if both have normal priority it goes to run-next and inherits the rest of the
  /// slice (D10).
  void wake_next(runnable& r) noexcept;

  /// Makes `r` ready at the end of this scheduler's queue, where others may steal it.
  void enqueue(runnable& r) noexcept;

  /// Counts reductions; true when the slice is over and the caller should call `yield`.
  [[nodiscard]] bool charge(std::uint32_t reductions) noexcept {
    return slice_.charge(reductions) && charge_slow();
  }
  [[nodiscard]] bool is_slice_over() const noexcept { return slice_.expired(); }
  [[nodiscard]] std::uint64_t spent() const noexcept { return slice_.spent(); }
  /// That the running process's code is on.
  [[nodiscard]] const memory::stack& stack_in_use() const noexcept;
  /// The running process's stack, if its canary shows that it has run over it. `thorough`: looks at all of the canary.
  [[nodiscard]] const memory::stack* overflowed_stack(bool thorough) const noexcept;
  [[nodiscard]] std::uint64_t take_spent() noexcept { return slice_.take_spent(); }
  /// Gives back the free chunks that it keeps; their bytes.
  std::size_t clear_chunks() noexcept { return chunks_.clear(); }
  /// Numbers no other call on this scheduler returns.
  [[nodiscard]] std::uint64_t next_reference() noexcept { return ++references_; }

  /// What became of a wait.
  enum class park_result : std::uint8_t { resumed, no_carrier };

  /// Gives the thread to others until the running process is resumed; `publish_wait` is called after the switch.
  /// `no_carrier`: none was left for the others to run on and none could be made; nothing happened.
  [[nodiscard]] static park_result park() noexcept;

  /// Gives the thread to others; the running process stays ready. Does nothing when no carrier is to be had.
  static void yield() noexcept;

  /// Leaves the carrier for ever: nobody will resume it.
  [[noreturn]] static void leave_for_ever() noexcept;

  // -- any thread -------------------------------------------------------------------------------------------------

  void enqueue_pinned_remote(runnable& r) noexcept;
  void unpark() noexcept { parker_.unpark(); }
  [[nodiscard]] timer_wheel& timers() noexcept { return timers_; }
  [[nodiscard]] std::size_t chunk_bytes() const noexcept { return chunks_.bytes(); }
  [[nodiscard]] std::uint64_t slice_sequence() const noexcept { return slice_.sequence(); }
  /// Whether a thief would find something here, or would have a moment ago.
  [[nodiscard]] bool has_stealable_work() const noexcept {
    return !normal_.empty_hint() || !high_.empty_hint() || !max_.empty_hint();
  }
  [[nodiscard]] bool is_asleep() const noexcept { return asleep_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t slices_run() const noexcept { return slice_.sequence(); }
  [[nodiscard]] std::uint64_t steals() const noexcept { return steals_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t live_carriers() const noexcept { return carriers_.load(sync::memory_order_relaxed); }

  // -- the monitor thread --------------------------------------------------------------------------------------------

  /// The slice has lasted a whole sample: ends it at the next charge and frees its run-next.
  void expire_slice_remote() noexcept;

  // -- the thread itself and Boost.Fiber's algorithm ------------------------------------------------------------------

  /// The thread's whole life. `started(ok)` is called once it can take work, or could not be set up.
  void thread_main(void (*started)(void* context, bool ok), void* context) noexcept;

  /// Whether the caller is no fiber, or its thread's first.
  [[nodiscard]] static bool is_on_main_fiber() noexcept;
  /// The same on a thread of the host's, until `leave_soon` or the end of the group; false: it could not be set up.
  [[nodiscard]] bool lent_main() noexcept;
  /// Any thread: it takes no more work, gives away what it has, and ends when nothing holds it.
  void leave_soon() noexcept { leaving_.store(true, sync::memory_order_release); }
  /// By its thread, before it begins.
  void come_back() noexcept { leaving_.store(false, sync::memory_order_relaxed); }

 private:
  friend class fiber_algorithm;

  static constexpr unsigned max_idle_carriers = 64;    // beyond: given back; a choice, covers a burst of blocked turns
  static constexpr unsigned look_around_every = 61;    // picks between looks at shared queues and clocks (Go, Tokio)
  static constexpr std::chrono::milliseconds no_carrier_retry{10};  // a choice: seldom, and soon enough for a person
  static constexpr std::size_t timer_batch = 1024;  // timers fired at a time, so that a slice stays short

  using queue = run_queue<runnable>;
  using boost_algorithm = boost::fibers::algo::algorithm::ptr_t;

  // scheduler.cpp: carriers and switches
  static void carrier_main(carrier& c) noexcept;
  [[nodiscard]] runnable* next_in_place(carrier& c) noexcept;
  static void leave(carrier& c) noexcept;
  void go_on(carrier& c) noexcept;
  [[nodiscard]] carrier* adopt(runnable& r) noexcept;
  void switch_to(switch_record& to, boost::fibers::context* publish) noexcept;
  void before_switch(switch_record& to) noexcept;
  void begin_slice() noexcept;
  void set_running(runnable* r) noexcept { running_.store(r, sync::memory_order_relaxed); }
  /// Whether the dispatcher has something to do: a fiber of the user's own, or Boost's own work. Nobody uses Boost.Fiber in
  /// most programs: then it is one branch.
  [[nodiscard]] bool dispatcher_due() const noexcept {
    const bool used = (boost_waits_ | plain_live_) != 0 || dispatcher_turn_ || plain_ended_;
    return (used || notified_.load(sync::memory_order_relaxed)) && (boost_due() || !plain_ready_.empty());
  }
  [[nodiscard]] bool boost_due() const noexcept;
  [[nodiscard]] switch_record& dispatcher() noexcept;

  // carrier_store.cpp: idle carriers
  /// True when at least `wanted` carriers are idle, after making what is missing.
  [[nodiscard]] bool ensure_carriers(unsigned wanted) noexcept { return idle_count_ >= wanted || make_carriers(wanted); }
  [[nodiscard]] bool make_carriers(unsigned wanted) noexcept;
  [[nodiscard]] carrier* make(stack_request kind) noexcept;
  [[nodiscard]] carrier* take_idle(stack_request kind) noexcept;
  void put_idle(carrier& c) noexcept;
  void defer(runnable& r) noexcept;
  void retry_deferred(stack_request kind) noexcept;
  void retry_deferred() noexcept;
  void count_carriers(int change) noexcept {  // only the owner writes
    carriers_.store(carriers_.load(sync::memory_order_relaxed) + static_cast<std::uint32_t>(change),
                    sync::memory_order_relaxed);
  }

  // find_work.cpp: what to run next
  [[nodiscard]] runnable* pick() noexcept;
  /// Who was just woken, if that is all there is to say: on a scheduler that does nothing but pass messages round, most picks.
  /// Null: `pick` has to look. Fibers of Boost's, orders to leave, timers and shared work wait for it, `look_around_every` turns
  /// at most; what is urgent never. (It makes a hop of server_hop a fifth shorter.)
  [[nodiscard]] runnable* pick_quick(const carrier& c) noexcept;
  [[nodiscard]] runnable* pick_local() noexcept;
  [[nodiscard]] runnable* pick_urgent(foundation::priority least) noexcept;
  [[nodiscard]] runnable* pick_normal() noexcept;
  template <typename Queue>
  [[nodiscard]] runnable* first_allowed(Queue& q) noexcept;
  [[nodiscard]] runnable* find_shared() noexcept;
  void stop_searching() noexcept;
  [[nodiscard]] runnable* steal() noexcept;
  void look_around() noexcept;
  void push_local(runnable& r) noexcept;
  void give_work_away() noexcept;
  void publish_run_next() noexcept;
  [[nodiscard]] bool has_local_work() const noexcept;
  [[nodiscard]] bool charge_slow() noexcept;
  [[nodiscard]] queue& queue_of(foundation::priority p) noexcept;
  void fire_timers(os::time_point now) noexcept;
  void fire_overdue_timers_of_others(os::time_point now) noexcept;
  [[nodiscard]] static bool wait_its_turn(runnable& r) noexcept;

  // fiber_algorithm.cpp: called by Boost.Fiber
  void on_awakened(boost::fibers::context* c) noexcept;
  [[nodiscard]] boost::fibers::context* on_pick_next() noexcept;
  [[nodiscard]] switch_record* choose(bool from_dispatcher) noexcept;
  [[nodiscard]] switch_record* plain_record() noexcept;
  [[nodiscard]] switch_record* next_to_stop() noexcept;
  [[nodiscard]] carrier* resume_without_idle() noexcept;
  [[nodiscard]] switch_record& give_record(boost::fibers::context* plain) noexcept;
  void note_dispatch(boost::fibers::context* left) noexcept;
  void bury_plain() noexcept;
  void on_suspend_until(os::time_point deadline) noexcept;
  void wait_for_work(os::time_point deadline) noexcept;
  void before_boost_looks() noexcept;
  void on_notify() noexcept;
  void sleep_until(os::time_point deadline) noexcept;
  [[nodiscard]] bool leaving() const noexcept { return leaving_.load(sync::memory_order_acquire); }
  [[nodiscard]] bool ending() const noexcept;
  [[nodiscard]] bool stop_due() const noexcept;
  [[nodiscard]] os::time_point next_timer() const noexcept;
  [[nodiscard]] boost::fibers::context* give_dispatcher_back() noexcept;
  [[nodiscard]] bool take_thread() noexcept;
  void run_until_end() noexcept;
  [[nodiscard]] switch_record& record_of_leaving() noexcept;
  void publish(carrier& c) noexcept;

  // -- read-mostly ---------------------------------------------------------------------------------------------------
  scheduler_group& group_;
  const unsigned index_;

  // -- the owner's ---------------------------------------------------------------------------------------------------
  sync::atomic<runnable*> running_{nullptr};  // relaxed: written by the owner, compared by others (dump)
  switch_record* active_ = &main_;
  slice slice_;
  run_next_slot run_next_;
  bool inherit_slice_ = false;          // the runnable just picked came from run-next and goes on with the slice
  runnable* handed_ = nullptr;          // found by the dispatcher's search; picked first
  carrier* idle_ = nullptr;
  unsigned idle_count_ = 0;
  unsigned tick_ = 0;
  unsigned quick_picks_ = 0;            // so many may follow without a whole one
  unsigned looks_past_shared_ = 0;      // hostile build: so often the shared queue is left to others
  unsigned dispatched_at_ = 0;          // tick_ when Boost's dispatcher was last switched to
  unsigned boost_waits_ = 0;            // carriers inside a wait of Boost's
  unsigned plain_live_ = 0;             // fibers of the user's own that have not ended
  fiber_record* plain_dead_ = nullptr;  // with TSan alone: those that have (bury_plain)
  std::uint64_t references_ = 0;
  bool handing_back_ = false;           // Boost's thread gets another algorithm, and its dispatcher from us
  bool dispatcher_turn_ = false;        // Boost's dispatcher has something to do (carriers that ended)
  bool plain_ended_ = false;            // ... and something less urgent (fibers of the user's own that ended)
  bool plain_turn_ = false;
  bool pinned_turn_ = false;
  bool pick_owed_ = false;              // the dispatcher has had its turn: a process comes next
  bool searching_ = false;
  runnable* yielding_ = nullptr;        // the ready process that looks for somebody to take its place
  runnable* deferred_ = nullptr;        // ready, but no carrier to run on (D2)
  os::time_point retry_at_ = os::time_point::max();  // when to try again to make one for them
  switch_record main_;
  switch_record dispatcher_;
  switch_record unrecorded_;            // a user's fiber entered without passing before_switch
  // Made once and kept: whoever wakes a fiber of Boost's from another thread calls it last, when the fiber may already run.
  boost_algorithm algorithm_;
  boost::fibers::scheduler::ready_queue_type plain_ready_;  // fibers of the user's own, run here alone
  os::random_generator random_;
  memory::chunk_cache chunks_;          // for the arenas of the processes that run here

  // -- written by the owner, taken from by thieves ----------------------------------------------------------------------
  queue max_;
  queue high_;
  queue normal_;                        // low priority too, as in BEAM

  // -- written by any thread ---------------------------------------------------------------------------------------------
  alignas(base::cacheline) sync::atomic<bool> notified_{false};  // Boost woke a fiber of ours from another thread
  sync::atomic<bool> asleep_{true};   // until it has a thread
  sync::atomic<bool> leaving_{false};  // of a lent thread: asked to end
  sync::atomic<std::uint64_t> steals_{0};
  sync::atomic<std::uint32_t> carriers_{0};
  inject_queue<runnable> pinned_max_;
  inject_queue<runnable> pinned_high_;
  inject_queue<runnable> pinned_;       // normal and low
  timer_wheel timers_;
  parker parker_;
};

}  // namespace foundation::sched
