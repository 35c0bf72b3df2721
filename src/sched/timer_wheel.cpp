// SPDX-License-Identifier: Apache-2.0
#include "sched/timer_wheel.hpp"

namespace foundation::sched {

namespace {

void append(timer_link& list, timer_link& entry) noexcept {
  entry.previous = list.previous;
  entry.next = &list;
  list.previous->next = &entry;
  list.previous = &entry;
}

/// Moves all entries of `from`, which has some, behind those of `to`.
void splice(timer_link& to, timer_link& from) noexcept {
  from.next->previous = to.previous;
  from.previous->next = &to;
  to.previous->next = from.next;
  to.previous = from.previous;
  from.previous = from.next = &from;
}

}  // namespace

timer_wheel::timer_wheel(os::time_point now) noexcept : elapsed_(round_down(now)) {}

timer_wheel::~timer_wheel() { FOUNDATION_CHECK(first_begin() == never, "timer_wheel: destroyed with timers linked"); }

os::time_point timer_wheel::to_time(timer_tick tick) noexcept {
  constexpr auto end = static_cast<std::uint64_t>(os::time_point::max().time_since_epoch().count());
  if (tick > end >> timer_tick_shift) return os::time_point::max();
  return os::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(tick << timer_tick_shift)));
}

bool timer_wheel::arm_slow(timer& t, timer_tick tick) noexcept {
  if (t.home != nullptr && t.home != this) disarm(t);  // locks of one rank are not nested
  const sync::lock_guard lock(mutex_);
  if (t.home == this) detach(t);  // its callback, if it was running, has returned: we have the lock
  const timer_tick before = first_begin();
  // Brings `elapsed_` up to the last time seen, so that a wheel that had nothing to do links at the right level. No
  // slot begins before `before`, so none is passed over and all digits that T4 speaks of stay the same.
  const timer_tick seen = seen_.load(sync::memory_order_relaxed);
  if (seen > elapsed_ && seen < before) elapsed_ = seen;
  t.home = this;
  link(t, tick);
  // Release: the owner's writes, for the ticker that fires it. A cancel from now on finds it linked (T1).
  t.word.store(timer_word(timer_state::armed, tick).word(), sync::memory_order_release);
  const timer_tick after = first_begin();
  expiry_.store(after, sync::memory_order_relaxed);  // T6
  return after < before;
}

void timer_wheel::disarm_slow(timer& t) noexcept {
  timer_wheel& home = *t.home;
  const sync::lock_guard lock(home.mutex_);  // waits for the callback, if it runs (T5)
  home.detach(t);
}

void timer_wheel::detach(timer& t) noexcept {
  // Against a cancel, which may come at any time, the exchange; all else is under the lock (T1).
  const timer_word seen(t.word.load(sync::memory_order_relaxed));
  FOUNDATION_ASSERT(seen.state() != timer_state::firing);
  if (!seen.linked()) return;
  unlink(t);
  t.word.exchange(timer_word(timer_state::idle, seen.deadline()).word(), sync::memory_order_relaxed);
  expiry_.store(first_begin(), sync::memory_order_relaxed);  // T6
}

std::size_t timer_wheel::try_tick(os::time_point now, std::size_t budget) noexcept {
  const timer_tick present = round_down(now);
  if (present < expiry_.load(sync::memory_order_relaxed) || !mutex_.try_lock()) return 0;
  const std::size_t fired = tick_locked(present, budget);
  mutex_.unlock();
  return fired;
}

std::size_t timer_wheel::tick_locked(timer_tick present, std::size_t budget) noexcept {
  std::size_t fired = 0;
  while (budget != 0) {
    if (pending_.next != &pending_) {
      auto& t = static_cast<timer&>(*pending_.next);
      unlink(t);
      fired += settle(t) ? 1 : 0;
      --budget;
      continue;
    }
    place first{};
    const bool any = first_slot(first);
    if (!any || begin_of(first) > present) {
      if (elapsed_ < present) elapsed_ = present;  // no slot begins in between (T4)
      break;
    }
    elapsed_ = begin_of(first);
    splice(pending_, slot(first));
    occupied_[first.level] &= ~(std::uint64_t{1} << first.index);
  }
  expiry_.store(first_begin(), sync::memory_order_relaxed);  // T6
  return fired;
}

bool timer_wheel::settle(timer& t) noexcept {
  timer_word seen(t.word.load(sync::memory_order_relaxed));
  for (;;) {
    auto expected = seen.word();
    if (seen.state() == timer_state::cancelled) {
      // Release: the last touch (T5). Failure: armed again meanwhile.
      if (t.word.compare_exchange_strong(expected, timer_word(timer_state::idle, seen.deadline()).word(),
                                         sync::memory_order_release, sync::memory_order_relaxed))
        return false;
    } else {
      FOUNDATION_ASSERT(seen.state() == timer_state::armed);
      if (seen.deadline() > elapsed_) {  // T3; moved to later, or from a slot of a higher level
        link(t, seen.deadline());        // T2 holds for whatever the word is by now
        return false;
      }
      // Acquire: what the owner wrote before it armed. Failure: cancelled, or armed for later meanwhile.
      if (t.word.compare_exchange_strong(expected, timer_word(timer_state::firing, seen.deadline()).word(),
                                         sync::memory_order_acquire, sync::memory_order_relaxed)) {
        t.fire(t);
        t.word.store(timer_word(timer_state::fired, seen.deadline()).word(), sync::memory_order_release);  // T5
        return true;
      }
    }
    seen = timer_word(expected);
  }
}

timer_wheel::place timer_wheel::place_of(timer_tick at) const noexcept {
  const auto level = static_cast<unsigned>(std::bit_width(at ^ elapsed_) - 1) / slot_bits;  // T4
  return {level, static_cast<unsigned>(at >> (level * slot_bits)) & (slots_per_level - 1)};
}

timer_tick timer_wheel::begin_of(place where) const noexcept {
  const unsigned above = (where.level + 1) * slot_bits;
  return (elapsed_ >> above << above) | (timer_tick{where.index} << (where.level * slot_bits));
}

void timer_wheel::link(timer& t, timer_tick at) noexcept {
  if (at <= elapsed_) {
    append(pending_, t);
    return;
  }
  const place where = place_of(at);
  append(slot(where), t);
  occupied_[where.level] |= std::uint64_t{1} << where.index;
}

void timer_wheel::unlink(timer& t) noexcept {
  timer_link* const list = t.previous;
  t.previous->next = t.next;
  t.next->previous = t.previous;
  t.previous = t.next = &t;
  if (list->next != list || list == &pending_) return;
  // The last of its list, so `list` is the slot's own link.
  const auto number = static_cast<unsigned>(list - slots_.data());
  occupied_[number / slots_per_level] &= ~(std::uint64_t{1} << number % slots_per_level);
}

bool timer_wheel::first_slot(place& where) const noexcept {
  for (unsigned level = 0; level != levels; ++level) {
    if (occupied_[level] == 0) continue;
    where = {level, static_cast<unsigned>(std::countr_zero(occupied_[level]))};
    return true;
  }
  return false;
}

timer_tick timer_wheel::first_begin() const noexcept {
  if (pending_.next != &pending_) return elapsed_;
  place first{};
  return first_slot(first) ? begin_of(first) : never;
}

bool timer_wheel::check_invariants(std::size_t& linked) noexcept {
  const sync::lock_guard lock(mutex_);
  linked = 0;
  const auto sound = [&](const timer_link& list, timer_tick begin) {
    for (const timer_link* at = list.next; at != &list; at = at->next) {
      const timer_word word(static_cast<const timer*>(at)->word.load(sync::memory_order_relaxed));
      if (at->next->previous != at || !word.linked() || word.deadline() < begin) return false;  // T1, T2
      ++linked;
    }
    return true;
  };
  if (!sound(pending_, 0)) return false;
  for (unsigned level = 0; level != levels; ++level) {
    for (unsigned index = 0; index != slots_per_level; ++index) {
      const timer_link& list = slot({level, index});
      const bool occupied = (occupied_[level] >> index & 1) != 0;
      if (occupied != (list.next != &list)) return false;
      if (!occupied) continue;
      const timer_tick begin = begin_of({level, index});
      if (begin <= elapsed_ || place_of(begin).level != level || !sound(list, begin)) return false;  // T4
    }
  }
  return expiry_.load(sync::memory_order_relaxed) <= first_begin();  // T6
}

}  // namespace foundation::sched
