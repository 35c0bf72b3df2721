// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <foundation/pid.hpp>

#include "base/base.hpp"
#include "process/slot_cache.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

class control_block;

/// From pids to processes (D9). Slots are reused first in first out, each time with the next generation, so that a
/// pid of a dead process never reaches another one.
///
///   operation      who                    effect
///   reserve(w)     any thread             a slot for a process about to be made, or nothing when all are taken
///   cancel(slot)   any thread             gives a reserved slot back
///   publish(s,p,w) any thread             gives p its pid, by which it is found from now on
///   find(pid)      any thread, guard      the process, or null; lock-free: two loads and a comparison
///   hide(pid)      any thread, once       from now on `find` answers null
///   release(p, w)  after hide, once       the slot may be reused; counts one process less
///   has_ended(pid) any thread             whether its slot was released
///   for_each(f)    any thread             f(control_block&), in a guard, for each process there at some moment
///
/// `w` is where the caller is: the number of the scheduler whose thread it is, or `elsewhere`. Each scheduler has some free
/// slots, and counts, of its own (slot_cache.hpp); it takes more, and gives some back, by the half of what it may have. Who
/// finds no other slot takes those of all schedulers, so `max_processes` is what it says.
///
/// Processes that are plain threads (thread_process.hpp) are counted apart: nobody but their threads can end them.
///
/// Rules
///   T1. A slot's occupant is stored (release) after its control block is complete, and read (acquire) under a guard; the
///       block is retired only after the slot was emptied, so what a guard found stays allocated.
///   T2. A block carries its own pid: `find` compares it, since a slot may have been given to another process.
///   T3. Chunks are made when needed, published once (release) and live as long as the table.
///   T4. A slot's generation is counted up (release) when the slot is released, so who reads (acquire) a later one than a
///       pid's sees all that its process did.
///   T5. A slot that is released is free before it is counted (release), and counted before its generation is stored. So
///       who finds fewer processes (acquire) finds a slot, and who learns that a process has ended finds it counted no more.
///   T6. `size` adds up those released before those published: what it returns is never less than how many there were at
///       the moment between. 0 means that nobody was left.
///   T7. Who waits for the last one counts itself in `waiters_`, then has a heavy barrier, then asks for the size. Who releases
///       counts, then has a light barrier, then looks at `waiters_`. Of two that release at once, both having seen a waiter,
///       the later one in the order of `ends_` sees the other counted.
class process_table {
 public:
  static constexpr unsigned elsewhere = ~0u;

  /// `schedulers`: how many numbers `w` may have.
  process_table(std::uint32_t tag, std::size_t max_processes, unsigned schedulers);
  ~process_table();
  process_table(const process_table&) = delete;
  process_table& operator=(const process_table&) = delete;

  [[nodiscard]] std::optional<std::uint32_t> reserve(unsigned where) noexcept FOUNDATION_EXCLUDES(mutex_);
  void cancel(std::uint32_t slot) noexcept FOUNDATION_EXCLUDES(mutex_);
  pid publish(std::uint32_t slot, control_block& p, unsigned where) noexcept;
  void hide(pid p) noexcept;
  void release(pid p, unsigned where) noexcept FOUNDATION_EXCLUDES(mutex_);
  /// Of a process that is a plain thread.
  void release_thread(pid p) noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] control_block* find(pid p) const noexcept;
  [[nodiscard]] bool has_ended(pid p) const noexcept;

  template <typename Visit>
  void for_each(sched::epoch_domain& epochs, Visit&& visit) const {
    for_each(epochs, visit, [] {});
  }
  /// The same with `between()` after each slot, outside of the guard.
  template <typename Visit, typename Between>
  void for_each(sched::epoch_domain& epochs, Visit&& visit, Between&& between) const {
    const std::uint32_t used = used_.load(sync::memory_order_acquire);
    for (std::uint32_t i = 0; i < used; ++i) {
      {
        const sched::epoch_guard guard(epochs);
        if (control_block* p = slot_at(i).occupant.load(sync::memory_order_acquire)) visit(*p);
      }
      between();
    }
  }

  /// Processes that are no plain threads. Exact while none begins or ends; else as T6 says. Reads a line of each scheduler.
  [[nodiscard]] std::size_t size() const noexcept;
  /// Plain threads that are processes.
  [[nodiscard]] std::size_t threads() const noexcept { return threads_.load(sync::memory_order_acquire); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// What its slots take.
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Processes that are or were, plain threads too.
  [[nodiscard]] std::uint64_t spawned() const noexcept;

  /// Waits until no process is left, or the deadline has come; true when none is left.
  [[nodiscard]] bool wait_empty(os::time_point deadline) noexcept;

 private:
  static constexpr std::uint32_t chunk_bits = 10;
  static constexpr std::uint32_t chunk_size = 1u << chunk_bits;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct slot {
    sync::atomic<control_block*> occupant{nullptr};
    sync::atomic<std::uint64_t> generation{1};  // of the occupant, or the next one; whoever has the slot (T4)
    std::uint32_t next_free = none;
  };
  struct chunk {
    slot slots[chunk_size];
  };

  [[nodiscard]] slot& slot_at(std::uint32_t index) const noexcept {
    return chunks_[index >> chunk_bits].load(sync::memory_order_acquire)->slots[index & (chunk_size - 1)];
  }
  struct alignas(base::cacheline) own_cache : slot_cache {};

  [[nodiscard]] std::optional<std::uint32_t> reserve_shared(slot_cache* mine) noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] std::optional<std::uint32_t> take_free() noexcept FOUNDATION_REQUIRES(mutex_);
  [[nodiscard]] bool take_from_schedulers() noexcept FOUNDATION_REQUIRES(mutex_);
  void free_slot(std::uint32_t index) noexcept FOUNDATION_REQUIRES(mutex_);
  void release_shared(pid p, slot_cache* mine) noexcept FOUNDATION_EXCLUDES(mutex_);
  /// A slot whose 40 bits of generations are used up is never used again: one that has had a million processes a second lasts
  /// twelve days.
  [[nodiscard]] static bool is_worn_out(std::uint64_t generation) noexcept;
  void note_released() noexcept;

  const std::uint32_t tag_;
  const std::uint32_t capacity_;
  const unsigned schedulers_;
  const std::uint32_t may_keep_;          // slots of each scheduler's own; few tables are so small that it is none
  const std::unique_ptr<sync::atomic<chunk*>[]> chunks_;
  const std::unique_ptr<own_cache[]> caches_;
  sync::atomic<std::uint32_t> used_{0};   // slots ever handed out: those below have a chunk
  sync::atomic<std::uint64_t> published_elsewhere_{0};  // as a scheduler's own counts (C2), but of many threads
  sync::atomic<std::uint64_t> released_elsewhere_{0};
  sync::atomic<std::uint64_t> published_threads_{0};
  sync::atomic<std::uint32_t> threads_{0};
  sync::atomic<std::uint32_t> waiters_{0};
  sync::atomic<std::uint32_t> ends_{0};   // releases that saw a waiter; its futex
  mutable sync::mutex mutex_{base::lock_rank::process_table};
  std::uint32_t first_free_ FOUNDATION_GUARDED_BY(mutex_) = none;
  std::uint32_t last_free_ FOUNDATION_GUARDED_BY(mutex_) = none;
};

}  // namespace foundation::proc
