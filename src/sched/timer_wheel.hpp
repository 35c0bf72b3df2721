// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/base.hpp"
#include "os/os.hpp"

/// Timers: a hierarchical wheel per scheduler, and entries that their owners arm and cancel without its lock.
///
/// The state machine of one timer
///
///   state      in a wheel?  meaning                         may leave to        by whom
///   idle       no           new, or taken out               armed               owner, under the wheel's lock
///   armed      yes          will fire at its deadline       armed (later)       owner, one compare-exchange
///                                                           cancelled           any thread, one compare-exchange
///                                                           firing              ticker, under the lock
///                                                           idle                owner (disarm), under the lock
///   cancelled  yes          will not fire, still linked     armed (not earlier) owner, one compare-exchange
///                                                           idle                ticker or owner, under the lock
///   firing     no           its callback runs               fired               ticker, under the lock
///   fired      no           its callback has returned       armed               owner, under the wheel's lock
///
/// "Owner" is whoever calls arm and disarm; the calls on one timer come one after another, from any threads. "Ticker"
/// is any thread inside tick or try_tick. State and deadline are one word, so a compare-exchange that succeeds knows
/// both.
///
///   from                 to                    orders, and what they pair with
///   any -> armed         release               owner's writes for the callback -> acquire of armed -> firing
///   armed -> cancelled   acquire               publishes nothing; a false answer sees what the callback did
///   armed -> firing      acquire               see the first row
///   firing -> fired      release               the callback, and the ticker's last touch of the timer -> acquire in
///                                              disarm, cancel and state: then the owner may free it
///   cancelled -> idle    release               the ticker's last touch of the timer -> acquire in disarm
///
/// Rules
///   T1. A timer is linked exactly in the states armed and cancelled; links change only under the lock of its wheel,
///       and states that tell linked from unlinked apart change only there.
///   T2. The slot of a linked timer begins no later than its deadline. Without the lock the deadline only moves to
///       later, so a timer may be looked at too early, never too late. Looked at too early it is linked anew.
///   T3. `elapsed_` is never later than the time given to some tick, and a timer fires only when its deadline, rounded
///       up to a tick, is not later than `elapsed_`: never early.
///   T4. W: the slot of a timer linked at tick k is that of the highest base-64 digit in which k and `elapsed_` differ;
///       slots begin later than `elapsed_`. So of all slots the first occupied one of the lowest occupied level begins
///       first, and no slot is passed over.
///   T5. The ticker touches a timer last when it stores fired or idle; until then disarm waits for the lock.
///   T6. `expiry_` is never later than the begin of the first occupied slot.
///
/// Why cancelled timers stay: nearly every timer is a time-out that is cancelled and armed again for a later time (the
/// next call, the next receive). Both are then one compare-exchange, and the wheel looks at the entry once per time-out
/// that would have passed, not once per call. Rejected: unlinking at cancel (a lock on each), a heap (the same, and log
/// n), and keeping linkedness in a word of its own (a timer could be linked later than its new deadline).
namespace foundation::sched {

class timer_wheel;

/// A point in time in units of 2^16 ns (65.5 us) of os::clock.
using timer_tick = std::uint64_t;

inline constexpr int timer_tick_shift = 16;

enum class timer_state : std::uint8_t { idle, armed, cancelled, firing, fired };

/// State and deadline of a timer in one word.
///
///   bit[0:2]   state
///   bit[3:63]  deadline in ticks, of the last arm
class timer_word {
 public:
  constexpr explicit timer_word(std::uint64_t word = 0) noexcept : word_(word) {}
  constexpr timer_word(timer_state state, timer_tick deadline) noexcept
      : word_(deadline << state_bits | static_cast<std::uint64_t>(state)) {}

  [[nodiscard]] constexpr timer_state state() const noexcept {
    return static_cast<timer_state>(word_ & ((1u << state_bits) - 1));
  }
  [[nodiscard]] constexpr timer_tick deadline() const noexcept { return word_ >> state_bits; }
  [[nodiscard]] constexpr std::uint64_t word() const noexcept { return word_; }
  [[nodiscard]] constexpr bool linked() const noexcept {
    return state() == timer_state::armed || state() == timer_state::cancelled;  // T1
  }

 private:
  static constexpr int state_bits = 3;
  std::uint64_t word_;
};

static_assert(timer_word(timer_state::fired, 7).state() == timer_state::fired);
static_assert(timer_word(timer_state::fired, 7).deadline() == 7);

/// A place in a list of the wheel; under the lock of the wheel.
struct timer_link {
  timer_link* previous = this;
  timer_link* next = this;
};

/// One timer, part of the object it is for (derive from it). Before it is destroyed it must be disarmed, or have fired.
struct timer : timer_link {
  /// `callback` runs on the thread that ticks, under the wheel's lock: it may push work and wake schedulers, cancel
  /// timers, and touch the object; it may not arm or disarm a timer, destroy this one, or take a lock of an earlier
  /// rank.
  explicit timer(void (*callback)(timer&) noexcept) noexcept : fire(callback) {}
  ~timer() { FOUNDATION_ASSERT(state() == timer_state::idle || state() == timer_state::fired); }
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// Keeps it from firing. True: it was armed, and its callback will not run unless it is armed again; false: it was
  /// not armed, or its callback runs or has run. The entry stays in the wheel. @any_thread
  bool cancel() noexcept {
    timer_word seen(word.load(sync::memory_order_acquire));
    while (seen.state() == timer_state::armed) {
      auto expected = seen.word();
      if (word.compare_exchange_weak(expected, timer_word(timer_state::cancelled, seen.deadline()).word(),
                                     sync::memory_order_acquire, sync::memory_order_acquire))
        return true;
      seen = timer_word(expected);
    }
    return false;
  }

  /// @any_thread  may be outdated at once, except for the owner's knowledge of a state nobody else leaves
  [[nodiscard]] timer_state state() const noexcept { return timer_word(word.load(sync::memory_order_acquire)).state(); }

  // The rest belongs to the wheel.
  sync::atomic<std::uint64_t> word{timer_word(timer_state::idle, 0).word()};  ///< transitions: the table above
  timer_wheel* home = nullptr;                                                ///< owner: the wheel of the last arm
  void (*const fire)(timer&) noexcept;
};

/// The timers of one scheduler.
///
///   operation             who          effect
///   arm(t, deadline)      t's owner    fires once at the deadline, not earlier; moves it if it is armed
///   t.cancel()            any thread   see timer
///   disarm(t)             t's owner    cancels, and afterwards no wheel knows t and no callback of it runs
///   tick(now, budget)     any thread   fires what is due; normally the scheduler, each time round
///   try_tick(now, budget) any thread   the same, or nothing if the wheel is being ticked: for others' overdue wheels
///   next_expiry()         any thread   when to tick next; never later than the truth (T6)
///
/// Eight levels of 64 slots: a slot of level n is 64^n ticks wide, so level 0 has slots of 65.5 us, 1 of 4.19 ms, 2 of
/// 268 ms, 3 of 17.2 s, 4 of 18.3 min, 5 of 19.5 h, 6 of 52 days, 7 of 9.1 years: every time point of the clock has its
/// place and no deadline needs to be clamped.
class timer_wheel {
 public:
  /// `now`: any recent time.
  explicit timer_wheel(os::time_point now) noexcept;
  ~timer_wheel();
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  /// Makes `t` fire once when `deadline`, rounded up to a tick, has come. Without the lock where t is still linked, in
  /// whichever wheel, for a deadline that is not later: then it stays there. Else it is linked here.
  /// True when this wheel must now be ticked earlier than before: unless the caller is its scheduler, that one must
  /// then be woken (idle: unpark_specific).
  bool arm(timer& t, os::time_point deadline) noexcept FOUNDATION_EXCLUDES(mutex_) {
    const timer_tick tick = round_up(deadline);
    timer_word seen(t.word.load(sync::memory_order_relaxed));
    while (seen.linked() && seen.deadline() <= tick) {  // T2
      auto expected = seen.word();
      // Release: pairs with the acquire of the ticker's armed -> firing.
      if (t.word.compare_exchange_weak(expected, timer_word(timer_state::armed, tick).word(),
                                       sync::memory_order_release, sync::memory_order_relaxed))
        return false;
      seen = timer_word(expected);
    }
    return arm_slow(t, tick);
  }

  /// Cancels `t` and takes it out of its wheel, waiting for its callback if that runs just now. Afterwards t may be
  /// destroyed. Takes the lock only if t is linked or firing. Not from within a callback.
  static void disarm(timer& t) noexcept {
    // Acquire: pairs with the ticker's last touch (T5).
    const timer_word seen(t.word.load(sync::memory_order_acquire));
    if (seen.linked() || seen.state() == timer_state::firing) disarm_slow(t);
  }

  /// Fires what is due at `now`, in the order of the deadlines' ticks; looks at no more than `budget` timers, and
  /// leaves the rest due (`next_expiry()` says so). Returns how many fired. Without the lock when nothing is due.
  std::size_t tick(os::time_point now, std::size_t budget) noexcept FOUNDATION_EXCLUDES(mutex_) {
    const timer_tick present = round_down(now);
    if (present < expiry_.load(sync::memory_order_relaxed)) {  // a hint; the lock orders the rest
      seen_.store(present, sync::memory_order_relaxed);
      return 0;
    }
    const sync::lock_guard lock(mutex_);
    return tick_locked(present, budget);
  }

  /// As `tick`, but 0 when the lock is taken: then somebody else is at it.
  std::size_t try_tick(os::time_point now, std::size_t budget) noexcept FOUNDATION_EXCLUDES(mutex_);

  /// When the wheel wants to be ticked: `time_point::max()` when it holds nothing. May be too early (a cancelled timer,
  /// a slot of a higher level that must be spread over the lower ones), never too late.
  [[nodiscard]] os::time_point next_expiry() const noexcept {
    return to_time(expiry_.load(sync::memory_order_relaxed));
  }

  /// T1, T2, T4, T6 and the bitmaps, for all linked timers, whose number goes to `linked`.
  [[nodiscard]] bool check_invariants(std::size_t& linked) noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] bool check_invariants() noexcept FOUNDATION_EXCLUDES(mutex_) {
    std::size_t linked = 0;
    return check_invariants(linked);
  }

  /// The first tick that is not earlier than `time`, and the last that is not later.
  [[nodiscard]] static timer_tick round_up(os::time_point time) noexcept {
    return (nanoseconds(time) + (std::uint64_t{1} << timer_tick_shift) - 1) >> timer_tick_shift;
  }
  [[nodiscard]] static timer_tick round_down(os::time_point time) noexcept {
    return nanoseconds(time) >> timer_tick_shift;
  }

 private:
  static constexpr int levels = 8;
  static constexpr int slot_bits = 6;
  static constexpr unsigned slots_per_level = 1u << slot_bits;
  static constexpr timer_tick never = ~timer_tick{0};
  static_assert(levels * slot_bits >= 64 - timer_tick_shift, "every tick of a 64-bit clock has its slot");

  struct place {
    unsigned level;
    unsigned index;
  };

  [[nodiscard]] static std::uint64_t nanoseconds(os::time_point time) noexcept {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
    return count < 0 ? 0 : static_cast<std::uint64_t>(count);
  }
  [[nodiscard]] static os::time_point to_time(timer_tick tick) noexcept;

  [[gnu::noinline]] bool arm_slow(timer& t, timer_tick tick) noexcept FOUNDATION_EXCLUDES(mutex_);
  [[gnu::noinline]] static void disarm_slow(timer& t) noexcept;
  std::size_t tick_locked(timer_tick present, std::size_t budget) noexcept FOUNDATION_REQUIRES(mutex_);

  /// Fires, links anew or lets go a timer that was just unlinked; true when it fired.
  bool settle(timer& t) noexcept FOUNDATION_REQUIRES(mutex_);
  void detach(timer& t) noexcept FOUNDATION_REQUIRES(mutex_);
  void link(timer& t, timer_tick at) noexcept FOUNDATION_REQUIRES(mutex_);
  void unlink(timer& t) noexcept FOUNDATION_REQUIRES(mutex_);

  [[nodiscard]] place place_of(timer_tick at) const noexcept FOUNDATION_REQUIRES(mutex_);
  [[nodiscard]] timer_tick begin_of(place where) const noexcept FOUNDATION_REQUIRES(mutex_);
  [[nodiscard]] timer_link& slot(place where) noexcept FOUNDATION_REQUIRES(mutex_) {
    return slots_[where.level * slots_per_level + where.index];
  }
  /// The occupied slot that begins first (T4); false when there is none.
  [[nodiscard]] bool first_slot(place& where) const noexcept FOUNDATION_REQUIRES(mutex_);
  /// When the wheel must be ticked next, from the lists.
  [[nodiscard]] timer_tick first_begin() const noexcept FOUNDATION_REQUIRES(mutex_);

  // -- read by every turn of the scheduler and by others; written under the lock --------
  alignas(base::cacheline) sync::atomic<timer_tick> expiry_{never};  // T6; relaxed: a hint
  sync::atomic<timer_tick> seen_{0};  // written by ticks that found nothing due, so that arm may bring `elapsed_` up
  // -- under the lock -----------------------------------------------------------------
  alignas(base::cacheline) sync::mutex mutex_{base::lock_rank::timer_wheel};
  timer_tick elapsed_ FOUNDATION_GUARDED_BY(mutex_);
  /// Timers of slots that have begun, or that were armed for the past: looked at next, in order.
  timer_link pending_ FOUNDATION_GUARDED_BY(mutex_);
  std::array<std::uint64_t, levels> occupied_ FOUNDATION_GUARDED_BY(mutex_){};  ///< bit i: slot i has timers
  std::array<timer_link, levels * slots_per_level> slots_ FOUNDATION_GUARDED_BY(mutex_);
};

}  // namespace foundation::sched
