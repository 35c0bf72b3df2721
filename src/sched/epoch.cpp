// SPDX-License-Identifier: Apache-2.0
#include "sched/epoch.hpp"

#include <chrono>
#include <new>

namespace foundation::sched {

/// Records come by the page, zero until used, and stay where they are.
struct epoch_chunk {
  static constexpr std::size_t bytes = 4096;
  static constexpr std::size_t capacity = bytes / sizeof(epoch_record) - 1;

  sync::atomic<std::size_t> used{0};  ///< grows under the domain's lock; release -> acquire of scans
  epoch_chunk* next = nullptr;
  epoch_record records[capacity];
};

static_assert(sizeof(epoch_record) == 2 * base::cacheline);
static_assert(sizeof(epoch_chunk) <= epoch_chunk::bytes);

namespace {

retired* take_all(sync::atomic<retired*>& stack) noexcept {
  return stack.exchange(nullptr, sync::memory_order_acquire);  // pairs with the release in retire()
}

/// Both lists in one; walks the first.
retired* joined(retired* first, retired* second) noexcept {
  if (first == nullptr) return second;
  retired* last = first;
  while (last->next != nullptr) last = last->next;
  last->next = second;
  return first;
}

void free_all(retired* list) noexcept {
  while (list != nullptr) {
    retired* const block = list;
    list = list->next;
    block->free(block);
  }
}

[[nodiscard]] bool is_freeing(std::uint32_t collections) noexcept { return collections % 2 != 0; }

void begin_freeing(epoch_record& owned) noexcept {
  // Relaxed: published by the lock under which the lists are taken next (E4).
  owned.collections.store(owned.collections.load(sync::memory_order_relaxed) + 1, sync::memory_order_relaxed);
}

void end_freeing(epoch_record& owned) noexcept {
  // Release: pairs with the acquire in drain().
  owned.collections.store(owned.collections.load(sync::memory_order_relaxed) + 1, sync::memory_order_release);
}

/// Waits for something that takes nanoseconds, unless the thread it is waited for has lost its processor.
template <typename Done>
void wait_until(Done done) noexcept {
  using namespace std::chrono_literals;
  constexpr int spins = 200;
  for (int spin = 0; !done(); ++spin) {
    if (spin < spins) {
      os::relax();
      continue;
    }
    sync::atomic<std::uint32_t> nobody_wakes{0};
    static_cast<void>(os::futex_wait_until(nobody_wakes, 0, os::now() + 50us));
  }
}

}  // namespace

template <typename Visit>
void epoch_domain::for_each_record(Visit visit) noexcept {
  if (!visit(spare_)) return;
  for (chunk* part = chunks_.load(sync::memory_order_acquire); part != nullptr; part = part->next) {
    const std::size_t used = part->used.load(sync::memory_order_acquire);
    for (std::size_t at = 0; at != used; ++at)
      if (!visit(part->records[at])) return;
  }
}

epoch_domain::epoch_domain() noexcept {
  spare_.domain = this;
  spare_.is_spare = true;
  spare_.in_use = true;  // never taken, nor abandoned: only borrowed
}

epoch_domain::~epoch_domain() {
  drain();
  leave_thread();
  for_each_record([](record& each) noexcept {
    FOUNDATION_CHECK(!each.in_use || each.is_spare, "epoch_domain: destroyed before a thread has left it");
    return true;
  });
  for (chunk* part = chunks_.load(sync::memory_order_relaxed); part != nullptr;) {
    chunk* const next = part->next;
    part->~epoch_chunk();
    os::release(part, chunk::bytes);
    part = next;
  }
}

// -- joining and leaving ------------------------------------------------------

epoch_domain::record& epoch_domain::join_thread() noexcept {
  record* mine = nullptr;
  {
    const sync::lock_guard lock(mutex_);
    mine = take_record();
    if (mine != nullptr) own(*mine);
  }
  if (mine == nullptr) return borrow_spare();
  base::this_thread().epoch = mine;
  // Where the system refuses, the record of an ended thread stays in use: idle, and 128 bytes lost.
  static_cast<void>(os::at_thread_exit([](void* domain) { static_cast<epoch_domain*>(domain)->leave_thread(); }, this));
  return *mine;
}

void epoch_domain::own(record& unowned) noexcept {
  FOUNDATION_ASSERT(!unowned.in_use);
  unowned.in_use = true;
  if (unowned.abandoned) abandoned_.fetch_sub(1, sync::memory_order_relaxed);
  unowned.abandoned = false;
}

epoch_domain::record* epoch_domain::take_record() noexcept {
  record* free = nullptr;
  for_each_record([&](record& each) noexcept {
    if (!each.in_use) free = &each;
    return free == nullptr;
  });
  if (free != nullptr) return free;

  chunk* part = chunks_.load(sync::memory_order_relaxed);
  if (part == nullptr || part->used.load(sync::memory_order_relaxed) == chunk::capacity) {
    void* const page = os::reserve(chunk::bytes);
    if (page == nullptr) return nullptr;
    auto* const fresh = new (page) chunk;
    fresh->next = part;
    chunks_.store(fresh, sync::memory_order_release);
    part = fresh;
  }
  const std::size_t at = part->used.load(sync::memory_order_relaxed);
  part->records[at].domain = this;
  part->used.store(at + 1, sync::memory_order_release);
  return &part->records[at];
}

/// E6. Held beyond this function, which the analysis cannot follow.
epoch_domain::record& epoch_domain::borrow_spare() noexcept FOUNDATION_NO_THREAD_SAFETY_ANALYSIS {
  spare_mutex_.lock();
  base::this_thread().epoch = &spare_;
  return spare_;
}

void epoch_domain::end_use_of_spare() noexcept FOUNDATION_NO_THREAD_SAFETY_ANALYSIS {
  if (--spare_.uses != 0) return;
  base::this_thread().epoch = nullptr;
  spare_mutex_.unlock();
}

void epoch_domain::leave_thread() noexcept {
  auto* const mine = static_cast<record*>(base::this_thread().epoch);
  if (mine == nullptr || mine->domain != this) return;
  FOUNDATION_CHECK(mine->depth == 0, "epoch_domain: a thread leaves inside a guard");
  base::this_thread().epoch = nullptr;
  static_cast<void>(os::at_thread_exit(nullptr, nullptr));
  give_up(*mine);
}

void epoch_domain::give_up(record& owned) noexcept {
  bool empty = owned.fresh.load(sync::memory_order_relaxed) == nullptr;
  {
    const sync::lock_guard lock(owned.mutex);
    empty = empty && owned.sealed == nullptr;
  }
  const sync::lock_guard lock(mutex_);  // E3: the next owner sees all that this one did
  owned.in_use = false;
  owned.abandoned = !empty;
  if (!empty) abandoned_.fetch_add(1, sync::memory_order_relaxed);
}

// -- retiring and freeing -----------------------------------------------------

void epoch_domain::retire(retired* block, void (*free)(retired*) noexcept) noexcept {
  const epoch_use use(*this);
  record& mine = use.record();
  block->free = free;
  block->next = mine.fresh.load(sync::memory_order_relaxed);
  // Release: what was done to the block, F1 among it, is before the F2 of whoever takes it. Fails only against drain.
  while (
      !mine.fresh.compare_exchange_weak(block->next, block, sync::memory_order_release, sync::memory_order_relaxed)) {
  }
  if (++mine.retirements >= batch) collect(mine);
}

void epoch_domain::collect() noexcept {
  const epoch_use use(*this);
  collect(use.record());
}

void epoch_domain::collect(record& mine) noexcept {
  if (is_freeing(mine.collections.load(sync::memory_order_relaxed))) return;  // called by a free: the next one does it
  mine.retirements = 0;
  collect_from(mine);
  if (abandoned_.load(sync::memory_order_relaxed) != 0) collect_from_abandoned();
}

void epoch_domain::collect_from(record& owned) noexcept {
  begin_freeing(owned);
  retired* waited = nullptr;
  retired* sealed_now = nullptr;
  {
    const sync::lock_guard lock(owned.mutex);
    if (owned.sealed != nullptr && nobody_looks_since(owned.sealed_epoch)) {
      waited = owned.sealed;
      owned.sealed = nullptr;
    }
    if (owned.sealed == nullptr && owned.fresh.load(sync::memory_order_relaxed) != nullptr) {
      retired* const list = take_all(owned.fresh);
      const std::uint64_t sealed_epoch = seal();
      if (nobody_looks_since(sealed_epoch)) {
        sealed_now = list;
      } else {
        owned.sealed = list;
        owned.sealed_epoch = sealed_epoch;
      }
    }
  }
  free_all(waited);
  free_all(sealed_now);
  end_freeing(owned);
}

/// Each abandoned record once, so that one that a guard holds up does not keep the caller here.
void epoch_domain::collect_from_abandoned() noexcept {
  for (auto left = abandoned_.load(sync::memory_order_relaxed); left != 0; --left) {
    record* const owned = claim_abandoned();
    if (owned == nullptr) return;
    collect_from(*owned);
    give_up(*owned);
  }
}

epoch_domain::record* epoch_domain::claim_abandoned() noexcept {
  const sync::lock_guard lock(mutex_);
  record* found = nullptr;
  for_each_record([&](record& each) noexcept {
    if (each.abandoned) found = &each;
    return found == nullptr;
  });
  if (found != nullptr) own(*found);
  return found;
}

std::uint64_t epoch_domain::seal() noexcept {
  // F2. Release: a guard that finds the new epoch, or a later one, sees what was unlinked.
  const std::uint64_t sealed_epoch = epoch_.fetch_add(1, sync::memory_order_release);
  os::heavy_barrier();  // F3, pairs with L2
  return sealed_epoch;
}

bool epoch_domain::nobody_looks_since(std::uint64_t sealed_epoch) noexcept {
  bool nobody = true;
  for_each_record([&](record& each) noexcept {
    const std::uint64_t word = each.word.load(sync::memory_order_acquire);  // F4, pairs with L1 and L4
    nobody = word == 0 || word > sealed_epoch;
    return nobody;
  });
  return nobody;
}

/// Waits for the guards that are open now even when the list is empty: whoever drains may have unlinked other things.
void epoch_domain::wait_and_free(retired* list) noexcept {
  const std::uint64_t sealed_epoch = seal();
  wait_until([&]() noexcept { return nobody_looks_since(sealed_epoch); });
  free_all(list);
}

void epoch_domain::drain() noexcept {
  const epoch_use use(*this);
  record& mine = use.record();
  FOUNDATION_CHECK(mine.depth == 0, "epoch_domain: drained inside a guard");
  FOUNDATION_CHECK(!is_freeing(mine.collections.load(sync::memory_order_relaxed)), "epoch_domain: drained by a free");
  begin_freeing(mine);
  retired* list = nullptr;
  for_each_record([&](record& each) noexcept {
    const sync::lock_guard lock(each.mutex);  // E4
    list = joined(take_all(each.fresh), joined(each.sealed, list));
    each.sealed = nullptr;
    return true;
  });
  wait_and_free(list);
  end_freeing(mine);  // before the wait: two threads that drain do not wait for each other for ever
  // What others had taken before, they free now (E4).
  for_each_record([](record& each) noexcept {
    const auto seen = each.collections.load(sync::memory_order_acquire);
    if (is_freeing(seen))
      wait_until([&]() noexcept { return each.collections.load(sync::memory_order_acquire) != seen; });
    return true;
  });
  // What the frees above have retired.
  while (mine.fresh.load(sync::memory_order_relaxed) != nullptr) {
    begin_freeing(mine);
    {
      const sync::lock_guard lock(mine.mutex);
      list = take_all(mine.fresh);
    }
    wait_and_free(list);
    end_freeing(mine);
  }
}

std::size_t epoch_domain::record_count() noexcept {
  std::size_t count = 0;
  for_each_record([&](const record& each) noexcept {
    if (!each.is_spare) ++count;
    return true;
  });
  return count;
}

}  // namespace foundation::sched
