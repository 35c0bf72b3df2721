// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.hpp"

#include <algorithm>
#include <new>

#include "memory/memory.hpp"
#include "sched/sched.hpp"
#include "process/control_block.hpp"

namespace foundation::proc {

using access = detail::pid_access;

process_table::process_table(std::uint32_t tag, std::size_t max_processes, unsigned schedulers)
    : tag_(tag),
      capacity_(static_cast<std::uint32_t>(max_processes)),
      schedulers_(schedulers),
      may_keep_(schedulers == 0 ? 0 : std::min(slot_cache::capacity, capacity_ / (4 * schedulers))),
      chunks_(new sync::atomic<chunk*>[(max_processes + chunk_size - 1) / chunk_size]()),
      caches_(new own_cache[schedulers]) {}

process_table::~process_table() {
  for (std::uint32_t i = 0; i * chunk_size < capacity_; ++i) {
    if (chunk* c = chunks_[i].load(sync::memory_order_relaxed)) {
      c->~chunk();
      memory::deallocate(c);
    }
  }
}

std::optional<std::uint32_t> process_table::reserve(unsigned where) noexcept {
  if (where == elsewhere) return reserve_shared(nullptr);
  slot_cache& mine = caches_[where];
  if (mine.lock.try_lock()) {
    const auto found = mine.take();
    mine.lock.unlock();
    if (found) return found;
  }
  return reserve_shared(&mine);
}

std::optional<std::uint32_t> process_table::reserve_shared(slot_cache* mine) noexcept {
  const sync::lock_guard lock(mutex_);
  auto found = take_free();
  if (!found && take_from_schedulers()) found = take_free();
  if (!found || mine == nullptr) return found;
  while (mine->size_hint() < may_keep_ / 2) {
    const auto more = take_free();
    if (!more) break;
    mine->put(*more);
  }
  return found;
}

std::optional<std::uint32_t> process_table::take_free() noexcept {
  if (first_free_ != none) {
    const std::uint32_t index = first_free_;
    slot& s = slot_at(index);
    first_free_ = s.next_free;
    if (first_free_ == none) last_free_ = none;
    s.next_free = none;
    return index;
  }
  const std::uint32_t index = used_.load(sync::memory_order_relaxed);
  if (index == capacity_) return std::nullopt;
  sync::atomic<chunk*>& place = chunks_[index >> chunk_bits];
  if (place.load(sync::memory_order_relaxed) == nullptr) {
    void* memory = memory::allocate(sizeof(chunk));
    if (memory == nullptr) return std::nullopt;
    place.store(::new (memory) chunk, sync::memory_order_release);  // T3
  }
  used_.store(index + 1, sync::memory_order_release);
  return index;
}

/// Microseconds for each scheduler that has some. False: none has.
bool process_table::take_from_schedulers() noexcept {
  bool any = false;
  for (unsigned i = 0; i != schedulers_; ++i) {
    slot_cache& each = caches_[i];
    if (each.size_hint() == 0) continue;
    each.lock.take_away();
    while (const auto index = each.take()) {
      free_slot(*index);
      any = true;
    }
    each.lock.give_back();
  }
  return any;
}

pid process_table::publish(std::uint32_t slot_index, control_block& p, unsigned where) noexcept {
  slot& s = slot_at(slot_index);
  const pid made = access::make(0, tag_, slot_index, s.generation.load(sync::memory_order_relaxed));
  p.set_pid(made);
  if (p.on_thread()) {
    published_threads_.fetch_add(1, sync::memory_order_relaxed);
    threads_.fetch_add(1, sync::memory_order_relaxed);
  } else if (where == elsewhere) {
    published_elsewhere_.fetch_add(1, sync::memory_order_relaxed);
  } else {
    caches_[where].count_published();
  }
  s.occupant.store(&p, sync::memory_order_release);  // T1
  return made;
}

void process_table::cancel(std::uint32_t slot_index) noexcept {
  const sync::lock_guard lock(mutex_);
  free_slot(slot_index);
}

void process_table::hide(pid p) noexcept {
  slot_at(access::slot(p)).occupant.store(nullptr, sync::memory_order_release);
}

void process_table::release(pid p, unsigned where) noexcept {
  const std::uint32_t index = access::slot(p);
  const std::uint64_t next = access::generation(p) + 1;
  slot_cache* const mine = where == elsewhere ? nullptr : &caches_[where];
  if (mine == nullptr || mine->size_hint() >= may_keep_ || !mine->lock.try_lock()) {
    release_shared(p, mine);
  } else {
    if (!is_worn_out(next)) mine->put(index);
    mine->count_released();                                               // T5
    slot_at(index).generation.store(next, sync::memory_order_release);  // T4; before anybody can take the slot
    mine->lock.unlock();
  }
  note_released();
}

/// Gives half of what the scheduler has back, too.
void process_table::release_shared(pid p, slot_cache* mine) noexcept {
  const std::uint64_t next = access::generation(p) + 1;
  const sync::lock_guard lock(mutex_);
  if (mine == nullptr) {
    released_elsewhere_.fetch_add(1, sync::memory_order_release);  // T5: under the lock that a slot is looked for in
  } else {
    while (mine->size_hint() > may_keep_ / 2) free_slot(*mine->take());
    mine->count_released();
  }
  slot_at(access::slot(p)).generation.store(next, sync::memory_order_release);  // T4
  if (!is_worn_out(next)) free_slot(access::slot(p));
}

/// T7.
void process_table::note_released() noexcept {
  os::light_barrier();
  if (waiters_.load(sync::memory_order_relaxed) == 0) [[likely]] return;
  ends_.fetch_add(1, sync::memory_order_acq_rel);
  if (size() == 0) os::futex_wake(ends_, 1 << 30);
}

void process_table::release_thread(pid p) noexcept {
  {
    const sync::lock_guard lock(mutex_);
    const std::uint64_t next = access::generation(p) + 1;
    slot_at(access::slot(p)).generation.store(next, sync::memory_order_release);  // T4
    if (!is_worn_out(next)) free_slot(access::slot(p));
  }
  threads_.fetch_sub(1, sync::memory_order_release);  // last: it is not joined, and the table may be gone when none is left
}

bool process_table::is_worn_out(std::uint64_t generation) noexcept { return generation > access::max_generation; }

/// To the end of the free ones.
void process_table::free_slot(std::uint32_t index) noexcept {
  (last_free_ == none ? first_free_ : slot_at(last_free_).next_free) = index;
  last_free_ = index;
}

std::size_t process_table::size() const noexcept {
  std::uint64_t released = released_elsewhere_.load(sync::memory_order_acquire);
  for (unsigned i = 0; i != schedulers_; ++i) released += caches_[i].released();
  std::uint64_t published = published_elsewhere_.load(sync::memory_order_relaxed);  // T6: after those
  for (unsigned i = 0; i != schedulers_; ++i) published += caches_[i].published();
  return static_cast<std::size_t>(published - released);
}

std::size_t process_table::bytes() const noexcept {
  const std::size_t chunks = (used_.load(sync::memory_order_acquire) + chunk_size - 1) / chunk_size;
  return chunks * sizeof(chunk) + (capacity_ + chunk_size - 1) / chunk_size * sizeof(sync::atomic<chunk*>);
}

std::uint64_t process_table::spawned() const noexcept {
  std::uint64_t all = published_elsewhere_.load(sync::memory_order_relaxed) +
                      published_threads_.load(sync::memory_order_relaxed);
  for (unsigned i = 0; i != schedulers_; ++i) all += caches_[i].published();
  return all;
}

control_block* process_table::find(pid p) const noexcept {
  const std::uint32_t index = access::slot(p);
  if (index >= used_.load(sync::memory_order_acquire)) return nullptr;
  control_block* found = slot_at(index).occupant.load(sync::memory_order_acquire);
  return found != nullptr && found->self_pid() == p ? found : nullptr;  // T2
}

bool process_table::has_ended(pid p) const noexcept {
  const std::uint32_t index = access::slot(p);
  return index < used_.load(sync::memory_order_acquire) &&
         slot_at(index).generation.load(sync::memory_order_acquire) > access::generation(p);
}

bool process_table::wait_empty(os::time_point deadline) noexcept {
  waiters_.fetch_add(1, sync::memory_order_relaxed);
  os::heavy_barrier();  // T7
  for (bool in_time = true;;) {
    const std::uint32_t seen = ends_.load(sync::memory_order_acquire);
    const bool empty = size() == 0;
    if (empty || !in_time) {
      waiters_.fetch_sub(1, sync::memory_order_relaxed);
      return empty;
    }
    in_time = os::futex_wait_until(ends_, seen, deadline);
  }
}

}  // namespace foundation::proc
