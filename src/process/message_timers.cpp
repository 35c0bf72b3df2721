// SPDX-License-Identifier: Apache-2.0
#include "process/message_timers.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "memory/memory.hpp"
#include "process/control_block.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

using access = detail::reference_access;

struct message_timers::chunk {
  message_timer* places() noexcept { return std::launder(reinterpret_cast<message_timer*>(memory)); }
  alignas(message_timer) std::byte memory[chunk_size * sizeof(message_timer)];
};

namespace {

enum class place_state : std::uint64_t { idle, starting, running, due, dead };
constexpr unsigned state_bits = 3;

constexpr std::uint64_t ticket_of(std::uint64_t generation, place_state state) noexcept {
  return generation << state_bits | static_cast<std::uint64_t>(state);
}
constexpr std::uint64_t generation_of(std::uint64_t ticket) noexcept { return ticket >> state_bits; }

/// Acquire, release: what start wrote before is seen by whoever ends the timer, and the other way round.
bool move(message_timer& t, std::uint64_t generation, place_state from, place_state to) noexcept {
  std::uint64_t expected = ticket_of(generation, from);
  return t.ticket.compare_exchange_strong(expected, ticket_of(generation, to), sync::memory_order_acq_rel,
                                          sync::memory_order_acquire);
}

std::chrono::nanoseconds left_of(const message_timer& t) noexcept {
  const sched::timer_word word(t.word.load(sync::memory_order_relaxed));
  const os::time_point deadline{
      std::chrono::nanoseconds(static_cast<std::int64_t>(word.deadline() << sched::timer_tick_shift))};
  return std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(deadline - os::now()));
}

}  // namespace

message_garbage::~message_garbage() {
  while (list_ != nullptr) {
    auto* const message = static_cast<detail::envelope*>(std::exchange(list_, list_->next));
    message->ops->destroy(message->payload());
    memory::deallocate(message);
  }
}

void message_garbage::add(detail::signal* list) noexcept {
  while (list != nullptr) {
    detail::signal* const rest = list->next;
    list->next = std::exchange(list_, list);
    list = rest;
  }
}

message_timers::~message_timers() {
  message_garbage garbage;
  garbage.add(orphans_.exchange(nullptr, sync::memory_order_acquire));
  chunk** const all = chunks_.load(sync::memory_order_relaxed);
  if (all == nullptr) return;
  const std::uint32_t used = used_.load(sync::memory_order_relaxed);
  for (std::uint32_t i = 0; i < used; ++i) {
    message_timer& t = all[i >> chunk_bits]->places()[i % chunk_size];
    sched::timer_wheel::disarm(t);
    t.~message_timer();
  }
  for (std::uint32_t i = 0; i < used; i += chunk_size) memory::deallocate(all[i >> chunk_bits]);
  os::release(all, most_chunks * sizeof(chunk*));
}

std::optional<unsigned> message_timers::scheduler_of(reference ref) noexcept {
  const std::uint32_t field = access::scheduler(ref);
  if (!ref || (field & scheduler_flag) == 0 || field == 0xffff'ffff) return std::nullopt;
  return field & ~scheduler_flag;
}

message_timer* message_timers::find(reference ref) noexcept {
  const auto index = static_cast<std::uint32_t>(access::counter(ref) & ((1u << index_bits) - 1));
  if (index >= used_.load(sync::memory_order_acquire)) return nullptr;
  return &chunks_.load(sync::memory_order_acquire)[index >> chunk_bits]->places()[index % chunk_size];
}

// -- places ----------------------------------------------------------------------------------------------------------

message_timer* message_timers::take_free() noexcept {
  constexpr std::uint64_t place = 0xffff'ffff;
  std::uint64_t head = free_.load(sync::memory_order_acquire);
  while ((head & place) != 0) {
    const auto index = static_cast<std::uint32_t>(head & place) - 1;
    message_timer& t = chunks_.load(sync::memory_order_relaxed)[index >> chunk_bits]->places()[index % chunk_size];
    // May be outdated by the time of the exchange, which then fails: the count has moved on.
    const std::uint64_t rest = ((head >> 32) + 1) << 32 | t.next_free.load(sync::memory_order_relaxed);
    if (free_.compare_exchange_weak(head, rest, sync::memory_order_acquire, sync::memory_order_acquire)) return &t;
  }
  return nullptr;
}

void message_timers::give_back(message_timer& t) noexcept {
  std::uint64_t head = free_.load(sync::memory_order_relaxed);
  std::uint64_t next;
  do {
    t.next_free.store(static_cast<std::uint32_t>(head), sync::memory_order_relaxed);
    next = ((head >> 32) + 1) << 32 | (t.index + 1);
  } while (!free_.compare_exchange_weak(head, next, sync::memory_order_release, sync::memory_order_relaxed));
}

/// A chunk of new places, of which the caller gets one.
message_timer* message_timers::make_places() noexcept {
  const sync::lock_guard lock(mutex_);
  const std::uint32_t used = used_.load(sync::memory_order_relaxed);
  if (used >> chunk_bits == most_chunks) return nullptr;
  chunk** all = chunks_.load(sync::memory_order_relaxed);
  if (all == nullptr) {
    all = static_cast<chunk**>(os::reserve(most_chunks * sizeof(chunk*)));
    if (all == nullptr) return nullptr;
    chunks_.store(all, sync::memory_order_release);
  }
  void* const memory = memory::allocate(sizeof(chunk));
  if (memory == nullptr) return nullptr;
  chunk* const made = ::new (memory) chunk;
  all[used >> chunk_bits] = made;
  for (std::uint32_t i = 0; i < chunk_size; ++i) {
    auto* const t = ::new (made->memory + i * sizeof(message_timer)) message_timer(&fired);
    t->index = used + i;
    t->home_of = this;
  }
  used_.store(used + chunk_size, sync::memory_order_release);
  for (std::uint32_t i = 1; i < chunk_size; ++i) give_back(made->places()[i]);
  return made->places();
}

message_timer* message_timers::reserve(reference& ref) noexcept {
  message_timer* t = take_free();
  if (t == nullptr) t = make_places();
  if (t == nullptr) return nullptr;
  const std::uint64_t generation = generation_of(t->ticket.load(sync::memory_order_relaxed)) + 1;
  t->ticket.store(ticket_of(generation, place_state::idle), sync::memory_order_relaxed);
  ref = access::make(space_.tag(), scheduler_flag | scheduler_, generation << index_bits | t->index);
  return t;
}

// -- running ---------------------------------------------------------------------------------------------------------

/// False: the receiver is dead.
bool message_timers::join_list(message_timer& t, pid to) noexcept {
  const sched::epoch_guard guard(process_space::epochs());
  control_block* const receiver = space_.table().find(to);
  if (receiver == nullptr || !receiver->claims().claim(claims::timers)) return false;
  const sync::lock_guard lock(space_.timer_lock(to));
  if (receiver->claims().are_closed()) return false;  // since: nobody looks at the list any more
  message_timer*& first = receiver->timers_to_it().first;
  t.to = to;
  t.aimed_at = receiver;
  t.previous = nullptr;
  t.next = std::exchange(first, &t);
  if (t.next != nullptr) t.next->previous = &t;
  const std::uint64_t generation = generation_of(t.ticket.load(sync::memory_order_relaxed));
  t.ticket.store(ticket_of(generation, place_state::starting), sync::memory_order_release);
  return true;
}

bool message_timers::leave_list(message_timer& t, then what) noexcept {
  const sync::lock_guard lock(space_.timer_lock(t.to));
  control_block* const receiver = t.aimed_at;
  if (receiver == nullptr) return false;
  (t.previous == nullptr ? receiver->timers_to_it().first : t.previous->next) = t.next;
  if (t.next != nullptr) t.next->previous = t.previous;
  t.aimed_at = nullptr;
  if (what == then::nothing) return false;
  const push_result pushed = receiver->push_remote(t.message);  // it is there: M2
  if (pushed == push_result::enqueue_receiver) space_.group().enqueue(*receiver);
  return pushed != push_result::closed;
}

void message_timers::start(message_timer& t, pid to, detail::envelope* message, os::time_point deadline,
                           message_garbage& garbage) noexcept {
  take_orphans(garbage);
  // M3: a callback of the place's last timer that still runs would take this one for its own.
  if (t.state() == sched::timer_state::firing) sched::timer_wheel::disarm(t);
  message->next = nullptr;
  t.message = message;
  if (!join_list(t, to)) {
    space_.count_dead_letter();
    garbage.add(message);
    return give_back(t);
  }
  const std::uint64_t generation = generation_of(t.ticket.load(sync::memory_order_relaxed));
  sched::scheduler& s = space_.group().at(scheduler_);
  if (s.timers().arm(t, deadline) && sched::scheduler::current() != &s) space_.group().wake_for_timer(s);
  if (move(t, generation, place_state::starting, place_state::running)) return;
  // Its time came, or its receiver ended, before it was armed.
  const bool due = t.ticket.load(sync::memory_order_relaxed) == ticket_of(generation, place_state::due);
  t.cancel_in_wheel();
  const bool sent = leave_list(t, due ? then::send : then::nothing);
  if (!sent) {
    space_.count_dead_letter();
    garbage.add(message);
  }
  t.ticket.store(ticket_of(generation, place_state::idle), sync::memory_order_relaxed);
  give_back(t);
}

std::optional<std::chrono::nanoseconds> message_timers::cancel(reference ref, message_garbage& garbage) noexcept {
  take_orphans(garbage);
  message_timer* const t = find(ref);
  if (t == nullptr) return std::nullopt;
  const auto left = left_of(*t);  // the timer's own if it is the one: then it runs until the next line
  if (!move(*t, access::counter(ref) >> index_bits, place_state::running, place_state::idle)) return std::nullopt;
  t->cancel_in_wheel();
  static_cast<void>(leave_list(*t, then::nothing));
  garbage.add(t->message);
  give_back(*t);
  return left;
}

std::optional<std::chrono::nanoseconds> message_timers::read(reference ref) noexcept {
  const message_timer* const t = find(ref);
  if (t == nullptr) return std::nullopt;
  const auto left = left_of(*t);
  const std::uint64_t wanted = ticket_of(access::counter(ref) >> index_bits, place_state::running);
  return t->ticket.load(sync::memory_order_acquire) == wanted ? std::optional(left) : std::nullopt;
}

bool message_timers::end_some(control_block& receiver, detail::signal*& messages) noexcept {
  const sync::lock_guard lock(receiver.space().timer_lock(receiver.self_pid()));
  timers_to& aimed = receiver.timers_to_it();
  for (int count = 0; aimed.first != nullptr && count < ended_at_once; ++count) {
    message_timer& each = *std::exchange(aimed.first, aimed.first->next);
    if (aimed.first != nullptr) aimed.first->previous = nullptr;
    each.aimed_at = nullptr;
    const std::uint64_t generation = generation_of(each.ticket.load(sync::memory_order_relaxed));
    // Neither: somebody else ends it just now.
    if (move(each, generation, place_state::starting, place_state::dead)) continue;
    if (!move(each, generation, place_state::running, place_state::idle)) continue;
    each.cancel_in_wheel();
    each.message->next = std::exchange(messages, each.message);
    each.home_of->give_back(each);
  }
  return aimed.first != nullptr;
}

/// On the thread that ticks the wheel, under its lock.
void message_timers::fired(sched::timer& base) noexcept {
  auto& t = static_cast<message_timer&>(base);
  message_timers& home = *t.home_of;
  const std::uint64_t generation = generation_of(t.ticket.load(sync::memory_order_acquire));
  if (move(t, generation, place_state::starting, place_state::due)) return;
  if (!move(t, generation, place_state::running, place_state::idle)) return;
  detail::envelope* const message = t.message;
  if (!home.leave_list(t, then::send)) {
    home.space_.count_dead_letter();
    home.leave(message);
  }
  home.give_back(t);
}

void message_timers::take_orphans(message_garbage& garbage) noexcept {
  if (orphans_.load(sync::memory_order_relaxed) == nullptr) return;
  garbage.add(orphans_.exchange(nullptr, sync::memory_order_acquire));
}

void message_timers::leave(detail::signal* messages) noexcept {
  while (messages != nullptr) {
    detail::signal* const each = std::exchange(messages, messages->next);
    each->next = orphans_.load(sync::memory_order_relaxed);
    while (!orphans_.compare_exchange_weak(each->next, each, sync::memory_order_release, sync::memory_order_relaxed)) {
    }
  }
}

}  // namespace foundation::proc
