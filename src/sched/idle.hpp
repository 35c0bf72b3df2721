// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/base.hpp"

namespace foundation::sched {

/// How many schedulers look for work and how many sleep, in one word.
///
///   bit[0:31]   searching   awake without work of their own, looking through everybody's queues
///   bit[32:63]  parked      asleep, or past the point from which they sleep unless somebody names them
class idle_counts {
 public:
  constexpr idle_counts() noexcept = default;
  constexpr explicit idle_counts(std::uint64_t word) noexcept : word_(word) {}

  [[nodiscard]] constexpr std::uint32_t searching() const noexcept { return static_cast<std::uint32_t>(word_); }
  [[nodiscard]] constexpr std::uint32_t parked() const noexcept { return static_cast<std::uint32_t>(word_ >> 32); }
  [[nodiscard]] constexpr std::uint64_t word() const noexcept { return word_; }

  /// What is added to the word, or subtracted from it, for one scheduler more or less.
  static constexpr std::uint64_t one_searching = 1;
  static constexpr std::uint64_t one_parked = std::uint64_t{1} << 32;

 private:
  std::uint64_t word_ = 0;
};

static_assert(idle_counts(3 * idle_counts::one_parked + 2 * idle_counts::one_searching).parked() == 3);
static_assert(idle_counts(3 * idle_counts::one_parked + 2 * idle_counts::one_searching).searching() == 2);

/// Why a scheduler is no longer parked.
enum class woken : std::uint8_t {
  on_its_own,  ///< nobody named it: the time was up, an old token was found, or it found work itself
  to_search,   ///< named by `notify_one`: it counts as searching from now on
  by_name,     ///< named by `unpark_specific`: something of its own waits (pinned work, a timer, the end)
};

/// Who sleeps, who searches, and whom to wake: at most one wake-up chain is under way.
///
///   operation                      who                    effect, and the caller's duty
///   notify_one()                   any thread             after making work stealable; an index: unpark that one
///   unpark_specific(i)             any thread             after making work for `i` alone; true: unpark it
///   transition_to_searching(i)     i, awake, no work      true: it now searches; false: enough do, park instead
///   transition_from_searching()    a searcher, has work   true: it was the last one; look again (below), for more call notify_one()
///   transition_to_parked(i, s)     i                      look again (below) before really going to sleep
///   transition_from_parked(i)      i, after the park      why it is awake; `to_search`: it searches
///
/// The life of a scheduler: run what is queued here; none left: transition_to_searching; look through everybody's
/// queues; found: transition_from_searching, and pass the wake-up on if it was the last and there is more; nothing: transition_to_parked,
/// look again, park, transition_from_parked.
///
/// Why a chain: waking one sleeper for each item of work wakes more than there is work for, and each finds out by going
/// through all the queues. Instead at most one is being woken: while anybody searches a push wakes nobody, and
/// the last searcher that finds work wakes the next if there is more, so that wake-ups spread only as long as there is work to
/// find. (Waking the next without a look made a request to an idle runtime of two schedulers twice as long as to one.)
/// Why at most half search (rounded up): searchers contend with those who work, and find the same things.
/// Why the one parked last is woken first: its caches are warmest and the others can sleep on.
/// Why a lock around the set: it is taken only to fall asleep and to wake somebody, a system call away from either;
/// what runs on each push is the fence and one load.
///
/// No wake-up is lost
///
///   Making work (any thread)                            Falling asleep (scheduler i)
///   N1. push the item into a queue                      K1. leave the searchers and join the parked, in one
///   N2. sequentially consistent fence                       change of `counts_`
///   N3. read `counts_`: nobody parked, or somebody      K2. sequentially consistent fence
///       searches: done                                  K3. nobody searches any more: look through all queues
///   N4. else, under the lock, take one out of the           again; anything there: notify_one() (it may name i)
///       parked and count it as searching                K4. park
///   N5. unpark it
///
///   Searching for nothing is K. Searching with success is
///   L1. leave the searchers; L2. was the last: sequentially consistent fence; L3. look at all queues; anything there: N2-N5.
///
/// Claim: after N3 or N5 the item is taken, or somebody not parked will look at every queue after the fence N2.
/// Proof. Every change of `counts_` is a read-modify-write, so they have one order, and N3 has its place in it.
///   (a) N4 named somebody: it counts as searching, and case (b) holds for it.
///   (b) Somebody searches at N3. Take the first change after N3 that leaves no searcher. If it is a K1, then N3
///       read a value before K1, so the fence N2 comes before the fence K2, and K3 sees the item or it is taken. If it
///       is an L1, then likewise N2 comes before the fence L2, and L3 sees the item or it is taken; if it sees any, its N2
///       to N5 come later in the order, and the claim holds for them in place of the first: by induction over the changes,
///       until somebody does K3 or finds the item.
///   (c) Nobody searches and nobody is parked at N3. All schedulers are awake; the first to park later does its K1
///       after N3, and either nobody searches after it (it does K3, as in (b)), or somebody does, as in (b).
///   An item that a searcher T moves by stealing is on a queue again before T's L1 or K1. These changes of `counts_` are each acquire
///   and release, so the one that leaves no searcher, and its look, come after the move.
///   A queue's item is seen by K3 because N1 is before N2, and N2 before K2 (queues: R6, I3).
///
/// Work for one scheduler alone (pinned queue, its timers, a request to stop)
///
///   The one who makes it                                The scheduler
///   1. make it visible                                  1. transition_to_parked: mark `state_[i]` parked
///   2. sequentially consistent fence                    2. sequentially consistent fence
///   3. read `state_[i]`: not parked: done               3. look at its own sources again, always
///   4. else, under the lock, take i out; unpark it      4. park
///
///   Of two such sequences one sees the other's step 1. `state_` other than parked at step 3 means that the scheduler
///   will go through its own steps 1 to 3 before it sleeps again.
///
/// Rules
///   S1. A scheduler is in the set (`stack_`) exactly while its state is parked; both change only under the lock,
///       and with them the count of the parked.
///   S2. The states other than parked are left only by the scheduler itself, without the lock.
///   S3. Whoever takes another one out of the set unparks it; a token that comes too late only cuts a later park short.
///   S4. Every scheduler that falls asleep looks at its own sources after K2; if told so, at everybody's.
class idle {
 public:
  static constexpr std::uint32_t max_schedulers = 1024;
  static constexpr std::uint32_t max_places = max_schedulers + 1;  // and a thread of the host's that is lent

  /// `schedulers`: how many are online. A lent thread's index is the one behind theirs; while it is not there it is neither
  /// parked nor searching, and no claim below rests on it.
  explicit idle(std::uint32_t schedulers) noexcept : schedulers_(schedulers) {
    FOUNDATION_CHECK(schedulers >= 1 && schedulers <= max_schedulers, "idle: 1 to 1024 schedulers");
  }
  idle(const idle&) = delete;
  idle& operator=(const idle&) = delete;

  // -- any thread ------------------------------------------------------------

  /// After work was made stealable: whom to unpark for it, if anybody. The caller then calls its parker's `unpark()`.
  [[nodiscard]] std::optional<std::uint32_t> notify_one() noexcept FOUNDATION_EXCLUDES(mutex_) {
    sync::fence_seq_cst();  // N2, pairs with K2
    if (!needs_wake(counts())) return std::nullopt;
    return notify_one_slow();
  }

  /// After something was made for `index` alone: true when it was parked; the caller then unparks it.
  [[nodiscard]] bool unpark_specific(std::uint32_t index) noexcept FOUNDATION_EXCLUDES(mutex_) {
    sync::fence_seq_cst();  // step 2 on the left, pairs with K2
    if (state_[index].load(sync::memory_order_relaxed) != state::parked) return false;
    const sync::lock_guard lock(mutex_);
    if (state_[index].load(sync::memory_order_relaxed) != state::parked) return false;
    remove(index, state::named);
    counts_.fetch_sub(idle_counts::one_parked, sync::memory_order_relaxed);
    return true;
  }

  [[nodiscard]] idle_counts counts() const noexcept {
    return idle_counts(counts_.load(sync::memory_order_relaxed));  // its order comes from the fences
  }
  [[nodiscard]] bool is_parked(std::uint32_t index) const noexcept {
    return state_[index].load(sync::memory_order_relaxed) == state::parked;
  }

  // -- the scheduler itself ---------------------------------------------------

  /// Before it looks through others' queues; false: half of the schedulers do already.
  [[nodiscard]] bool transition_to_searching([[maybe_unused]] std::uint32_t index) noexcept {
    FOUNDATION_ASSERT(!is_parked(index));
    auto word = counts_.load(sync::memory_order_relaxed);
    do {
      if (2 * idle_counts(word).searching() >= schedulers_) return false;
      // Relaxed: nothing is concluded from having joined; what the searcher may miss, K3 finds.
    } while (!counts_.compare_exchange_weak(word, word + idle_counts::one_searching, sync::memory_order_relaxed,
                                            sync::memory_order_relaxed));
    return true;
  }

  /// A searcher found work. True: it was the last one; after a fence (L2) it looks for more, and calls `notify_one()` if there is (L3).
  [[nodiscard]] bool transition_from_searching() noexcept {
    // L1. Acquire and release: what one searcher has stolen into its own queue is seen by the look of the one that leaves last.
    const idle_counts before(counts_.fetch_sub(idle_counts::one_searching, sync::memory_order_acq_rel));
    FOUNDATION_ASSERT(before.searching() > 0);
    return before.searching() == 1;
  }

  /// Joins the parked. Afterwards it must look at its own sources once more (pinned queue, timers, stop), and, if this
  /// returns true since nobody searches any more, at every queue (K3): for work found there it calls `notify_one()`,
  /// which may name itself. Then it parks, or, having found something, goes straight on to `transition_from_parked`.
  [[nodiscard]] bool transition_to_parked(std::uint32_t index, bool was_searching) noexcept
      FOUNDATION_EXCLUDES(mutex_) {
    std::uint64_t before = 0;
    const std::uint64_t change = idle_counts::one_parked - (was_searching ? idle_counts::one_searching : 0);
    {
      const sync::lock_guard lock(mutex_);
      FOUNDATION_CHECK(state_[index].load(sync::memory_order_relaxed) == state::awake, "idle: parked twice");
      insert(index);
      before = counts_.fetch_add(change, sync::memory_order_acq_rel);  // K1; as L1
    }
    sync::fence_seq_cst();  // K2, pairs with N2
    return idle_counts(before + change).searching() == 0;
  }

  /// After its park returned, for whatever reason, or instead of the park.
  [[nodiscard]] woken transition_from_parked(std::uint32_t index) noexcept FOUNDATION_EXCLUDES(mutex_) {
    auto found = state_[index].load(sync::memory_order_relaxed);
    if (found == state::parked) {
      const sync::lock_guard lock(mutex_);
      found = state_[index].load(sync::memory_order_relaxed);
      if (found == state::parked) {
        remove(index, state::awake);
        counts_.fetch_sub(idle_counts::one_parked, sync::memory_order_relaxed);
        return woken::on_its_own;
      }
    }
    state_[index].store(state::awake, sync::memory_order_relaxed);  // S2
    return found == state::searching ? woken::to_search : woken::by_name;
  }

  /// The set, the states and the count of the parked agree (S1).
  [[nodiscard]] bool check_invariants() noexcept FOUNDATION_EXCLUDES(mutex_) {
    const sync::lock_guard lock(mutex_);
    std::uint32_t marked = 0;
    for (const auto& each : state_) marked += each.load(sync::memory_order_relaxed) == state::parked ? 1 : 0;
    for (std::uint32_t at = 0; at != depth_; ++at)
      if (place_[stack_[at]] != at || !is_parked(stack_[at])) return false;
    return marked == depth_ && counts().parked() == depth_;
  }

 private:
  enum class state : std::uint8_t {
    awake,      ///< leaves to parked, by itself
    parked,     ///< in the set; leaves to any other: by itself (awake), by others (searching, named)
    searching,  ///< named by notify_one; leaves to awake, by itself
    named,      ///< named by unpark_specific; leaves to awake, by itself
  };

  [[nodiscard]] static bool needs_wake(idle_counts seen) noexcept {
    return seen.searching() == 0 && seen.parked() != 0;  // N3
  }

  [[gnu::noinline]] std::optional<std::uint32_t> notify_one_slow() noexcept FOUNDATION_EXCLUDES(mutex_) {
    const sync::lock_guard lock(mutex_);
    auto word = counts_.load(sync::memory_order_relaxed);
    do {
      if (!needs_wake(idle_counts(word))) return std::nullopt;  // N3 again: somebody began to search, or all woke up
    } while (!counts_.compare_exchange_weak(word, word - idle_counts::one_parked + idle_counts::one_searching,
                                            sync::memory_order_relaxed, sync::memory_order_relaxed));  // N4
    const std::uint32_t index = stack_[depth_ - 1];  // S1: the count was not 0, so the set is not empty
    remove(index, state::searching);
    return index;
  }

  void insert(std::uint32_t index) noexcept FOUNDATION_REQUIRES(mutex_) {
    stack_[depth_] = static_cast<std::uint16_t>(index);
    place_[index] = static_cast<std::uint16_t>(depth_);
    ++depth_;
    state_[index].store(state::parked, sync::memory_order_relaxed);
  }

  /// Takes it out of the set; the one parked last takes its place.
  void remove(std::uint32_t index, state next) noexcept FOUNDATION_REQUIRES(mutex_) {
    FOUNDATION_ASSERT(depth_ > 0 && is_parked(index));
    const auto last = stack_[--depth_];
    stack_[place_[index]] = last;
    place_[last] = place_[index];
    state_[index].store(next, sync::memory_order_relaxed);  // the token that follows publishes it to the scheduler
  }

  // -- read by every push, written by whoever falls asleep, searches or wakes ------------
  alignas(base::cacheline) sync::atomic<std::uint64_t> counts_{0};
  // -- rarely written -----------------------------------------------------------------
  alignas(base::cacheline) const std::uint32_t schedulers_;
  /// By index; written as S1 and S2 say, read by `unpark_specific` without the lock.
  std::array<sync::atomic<state>, max_places> state_{};
  // -- under the lock -----------------------------------------------------------------
  alignas(base::cacheline) sync::mutex mutex_{base::lock_rank::leaf};
  std::uint32_t depth_ FOUNDATION_GUARDED_BY(mutex_) = 0;
  std::array<std::uint16_t, max_places> stack_ FOUNDATION_GUARDED_BY(mutex_){};
  std::array<std::uint16_t, max_places> place_ FOUNDATION_GUARDED_BY(mutex_){};  ///< where in `stack_`, by index
};

}  // namespace foundation::sched
