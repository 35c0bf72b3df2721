// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.hpp"

#include <new>

#include "memory/memory.hpp"
#include "sched/sched.hpp"
#include "process/control_block.hpp"

namespace foundation::proc {

using access = detail::pid_access;

process_table::process_table(std::uint32_t tag, std::size_t max_processes)
    : tag_(tag),
      capacity_(static_cast<std::uint32_t>(max_processes)),
      chunks_(new sync::atomic<chunk*>[(max_processes + chunk_size - 1) / chunk_size]()) {}

process_table::~process_table() {
  for (std::uint32_t i = 0; i * chunk_size < capacity_; ++i) {
    if (chunk* c = chunks_[i].load(sync::memory_order_relaxed)) {
      c->~chunk();
      memory::deallocate(c);
    }
  }
}

std::optional<std::uint32_t> process_table::reserve() noexcept {
  const sync::lock_guard lock(mutex_);
  if (first_free_ != none) {
    const std::uint32_t index = first_free_;
    slot& s = slot_at(index);
    first_free_ = s.next_free;
    if (first_free_ == none) last_free_ = none;
    s.next_free = none;
    ++spawned_;
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
  ++spawned_;
  return index;
}

pid process_table::publish(std::uint32_t slot_index, control_block& p) noexcept {
  slot& s = slot_at(slot_index);
  const pid made = access::make(0, tag_, slot_index, s.generation.load(sync::memory_order_relaxed));
  p.set_pid(made);
  (p.on_thread() ? threads_ : live_).fetch_add(1, sync::memory_order_relaxed);
  s.occupant.store(&p, sync::memory_order_release);  // T1
  return made;
}

void process_table::cancel(std::uint32_t slot_index) noexcept {
  const sync::lock_guard lock(mutex_);
  --spawned_;
  free_slot(slot_index);
}

void process_table::hide(pid p) noexcept {
  slot_at(access::slot(p)).occupant.store(nullptr, sync::memory_order_release);
}

void process_table::release(pid p, bool is_thread) noexcept {
  const std::uint32_t index = access::slot(p);
  bool last = false;
  {
    const sync::lock_guard lock(mutex_);
    // First: who learns that it has ended finds it counted no more. Under the lock: who finds it counted no more, finds its slot
    // free. Sequentially consistent: pairs with wait_empty, which counts itself and then reads live_.
    if (!is_thread) last = live_.fetch_sub(1, sync::memory_order_seq_cst) == 1;
    slot_at(index).generation.store(access::generation(p) + 1, sync::memory_order_release);  // T4
    free_slot(index);
  }
  if (is_thread) {  // last: a plain thread is not joined, and the table may be gone when none is left
    threads_.fetch_sub(1, sync::memory_order_release);
    return;
  }
  if (last && waiters_.load(sync::memory_order_seq_cst) != 0) os::futex_wake(live_, 1 << 30);
}

/// To the end of the free ones. A slot whose 40 bits of generations are used up (34 years at a thousand processes a
/// second in this one slot) is never used again.
void process_table::free_slot(std::uint32_t index) noexcept {
  if (slot_at(index).generation.load(sync::memory_order_relaxed) > access::max_generation) return;
  (last_free_ == none ? first_free_ : slot_at(last_free_).next_free) = index;
  last_free_ = index;
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

std::uint64_t process_table::spawned() const noexcept {
  const sync::lock_guard lock(mutex_);
  return spawned_;
}

bool process_table::wait_empty(os::time_point deadline) noexcept {
  waiters_.fetch_add(1, sync::memory_order_seq_cst);
  std::uint32_t live = live_.load(sync::memory_order_seq_cst);
  // Other exits change the word without waking us; only the last one matters.
  while (live != 0 && os::futex_wait_until(live_, live, deadline)) live = live_.load(sync::memory_order_seq_cst);
  live = live_.load(sync::memory_order_seq_cst);
  waiters_.fetch_sub(1, sync::memory_order_relaxed);
  return live == 0;
}

}  // namespace foundation::proc
