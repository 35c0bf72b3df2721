// SPDX-License-Identifier: Apache-2.0
#include "memory/stack_pool.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "memory/backing.hpp"
#include "memory/stack_slab.hpp"
#include "os/os.hpp"

namespace foundation::memory {

namespace {

/// So many slots a slab may add to the free ones at once: above the cap by less is no reason to unmap.
constexpr std::size_t slack = 64;

constexpr std::size_t index_of(guard_mode mode) noexcept { return static_cast<std::size_t>(mode) - 1; }
static_assert(index_of(guard_mode::install) == 0 && index_of(guard_mode::canary) == 2);

std::size_t class_of(std::size_t slot_bytes) noexcept {
  return static_cast<std::size_t>(std::countr_zero(slot_bytes / os::page_size()));
}

std::uint64_t bit_of(const stack& s) noexcept { return std::uint64_t{1} << s.slot; }

/// The best there is; whether the budget allows it is seen when a slab is made.
guard_mode resolve(guard_mode mode) noexcept {
  if (mode != guard_mode::automatic) {
    return mode == guard_mode::install && !os::guard_install_supported() ? guard_mode::mprotect : mode;
  }
  return os::guard_install_supported() ? guard_mode::install : guard_mode::mprotect;
}

}  // namespace

stack_pool::stack_pool(stack_pool_options options) noexcept
    : options_{
          .guard_mappings = options.guard_mappings != 0 ? options.guard_mappings : os::max_map_count() / 4,
          .max_free = options.max_free,
          .keep = std::max(options.keep / os::page_size() * os::page_size(), os::page_size()),
      } {}

stack_pool::~stack_pool() {
  check_invariants();
  FOUNDATION_CHECK(stats().live == 0, "stack_pool: a stack has not come back");
  static_cast<void>(give_back_free(false));
  for (stack_slab* slab = records_.load(sync::memory_order_relaxed); slab != nullptr;) {
    stack_slab* next = slab->next_record;
    deallocate(slab);
    slab = next;
  }
}

std::optional<stack> stack_pool::acquire(std::size_t size, guard_mode mode) noexcept {
  stack s;
  if (acquire(std::span<stack>(&s, 1), size, mode) == 0) return std::nullopt;
  return s;
}

std::size_t stack_pool::acquire(std::span<stack> out, std::size_t size, guard_mode mode) noexcept {
  if (size > largest_stack_size) return 0;
  const std::size_t slot_bytes = std::bit_ceil(std::max({size, smallest_stack_size, 2 * os::page_size()}));
  const guard_mode wanted = resolve(mode);

  std::size_t taken = 0;
  while (taken < out.size()) {
    {
      const sync::lock_guard lock(mutex_);
      auto& lists = partial_[class_of(slot_bytes)];
      taken += take_locked(out.subspan(taken), lists[index_of(wanted)]);
      // Beyond the budget a slab is made for canaries: look there before making another one.
      if (wanted == guard_mode::mprotect && !mappings_left(options_.guard_mappings)) {
        taken += take_locked(out.subspan(taken), lists[index_of(guard_mode::canary)]);
      }
    }
    if (taken == out.size()) break;
    stack_slab* slab = make_slab(slot_bytes, wanted);
    if (slab == nullptr) break;
    FOUNDATION_INVARIANT((check_invariants(), true));
    const sync::lock_guard lock(mutex_);
    stats_.free += slab->slot_count();
    stats_.reserved_bytes += slab->bytes();
    stats_.slabs += 1;
    stats_.guard_mappings += slab->mappings;
    taken += take_from_locked(out.subspan(taken), *slab);
    slab->listed = slab->free != 0;
    if (slab->listed) list_of_locked(*slab).push(*slab);
  }
  for (stack& s : out.first(taken)) s.slab->guard(s);
  return taken;
}

std::size_t stack_pool::take_locked(std::span<stack> out, slab_list& from) noexcept {
  std::size_t taken = 0;
  while (taken < out.size() && from.first != nullptr) {
    stack_slab& slab = *from.first;
    taken += take_from_locked(out.subspan(taken), slab);
    if (slab.free != 0) break;
    from.remove(slab);
    slab.listed = false;
  }
  return taken;
}

std::size_t stack_pool::take_from_locked(std::span<stack> out, stack_slab& slab) noexcept {
  std::size_t taken = 0;
  for (; taken < out.size() && slab.free != 0; ++taken) {
    const std::uint64_t warm = slab.free & slab.used;
    stack& s = out[taken] = slab.at(static_cast<unsigned>(std::countr_zero(warm != 0 ? warm : slab.free)));
    slab.free &= ~bit_of(s);
    slab.used |= bit_of(s);
    os::asan_unpoison(s.bottom, s.size);
    FOUNDATION_INVARIANT(warm == 0 || untouched_since_filled(s));
  }
  stats_.free -= taken;
  stats_.live += taken;
  return taken;
}

void stack_pool::release(std::span<const stack> stacks) noexcept {
  for (const stack& s : stacks) {
    os::asan_unpoison(s.bottom, s.size);
    FOUNDATION_CHECK(!overflowed(s), "stack_pool: a process has overflowed its stack");
    trim_used(s, options_.keep);
    if constexpr (base::hostile) fill_free(s);
    os::asan_poison(s.bottom, s.size);
  }
  slab_list doomed;
  {
    const sync::lock_guard lock(mutex_);
    for (const stack& s : stacks) {
      stack_slab& slab = *s.slab;
      FOUNDATION_CHECK(((slab.free | slab.abandoned) & bit_of(s)) == 0, "stack_pool: a stack came back twice");
      slab.free |= bit_of(s);
      ++stats_.free;
      --stats_.live;
      if (!slab.listed) list_of_locked(slab).push(slab);
      slab.listed = true;
      if (slab.wholly_free() && stats_.free > options_.max_free + slack) retire_locked(slab, doomed);
    }
  }
  put_back(doomed);
}

void stack_pool::abandon(const stack& s) noexcept {
  const sync::lock_guard lock(mutex_);
  FOUNDATION_CHECK(((s.slab->free | s.slab->abandoned) & bit_of(s)) == 0, "stack_pool: not a stack on loan");
  s.slab->abandoned |= bit_of(s);
  --stats_.live;
  ++stats_.abandoned;
}

std::size_t stack_pool::give_back_free(bool counted) noexcept {
  slab_list doomed;
  std::size_t returned = 0;
  {
    const sync::lock_guard lock(mutex_);
    for (auto& of_size : partial_) {
      for (const slab_list& list : of_size) {
        for (stack_slab* slab = list.first; slab != nullptr;) {
          stack_slab* next = slab->next;
          // The one exception to K3: taking the free slots out meanwhile would make other threads map new slabs.
          for (std::uint64_t warm = slab->free & slab->used; warm != 0; warm &= warm - 1) {
            if (slab->wholly_free()) break;
            const stack s = slab->at(static_cast<unsigned>(std::countr_zero(warm)));
            if (counted) {
              returned += discard_unused(s, s.top());
            } else {
              discard_below(s, 0);
            }
          }
          slab->used &= ~slab->free;
          if (slab->wholly_free()) retire_locked(*slab, doomed);
          slab = next;
        }
      }
    }
  }
  for (const stack_slab* slab = doomed.first; counted && slab != nullptr; slab = slab->next) {
    returned += os::resident_bytes(slab->base.load(sync::memory_order_relaxed), slab->bytes());
  }
  put_back(doomed);
  return returned;
}

/// A record without a mapping: an old one, or a new one that find_guard will look at from now on.
stack_slab* stack_pool::take_record() noexcept {
  {
    const sync::lock_guard lock(mutex_);
    if (stack_slab* slab = unmapped_.first) {
      unmapped_.remove(*slab);
      return slab;
    }
  }
  void* block = allocate(sizeof(stack_slab));
  if (block == nullptr) return nullptr;
  auto* slab = ::new (block) stack_slab;
  const sync::lock_guard lock(mutex_);
  slab->next_record = records_.load(sync::memory_order_relaxed);  // relaxed: written under this lock only
  records_.store(slab, sync::memory_order_release);               // pairs with find_guard's acquire
  return slab;
}

stack_slab* stack_pool::make_slab(std::size_t slot_bytes, guard_mode mode) noexcept {
  stack_slab* slab = take_record();
  if (slab == nullptr || slab->map(slot_bytes, mode, options_.guard_mappings)) return slab;
  const sync::lock_guard lock(mutex_);
  unmapped_.push(*slab);
  return nullptr;
}

slab_list& stack_pool::list_of_locked(const stack_slab& slab) noexcept {
  return partial_[class_of(slab.slot_size())][index_of(slab.wanted_guard())];
}

/// Takes a wholly free slab out of the books; the caller unmaps it when it has let go of the lock (K3).
void stack_pool::retire_locked(stack_slab& slab, slab_list& doomed) noexcept {
  list_of_locked(slab).remove(slab);
  slab.listed = false;
  stats_.free -= slab.slot_count();
  stats_.reserved_bytes -= slab.bytes();
  stats_.slabs -= 1;
  stats_.guard_mappings -= slab.mappings;
  doomed.push(slab);
}

void stack_pool::put_back(slab_list doomed) noexcept {
  while (stack_slab* slab = doomed.first) {
    doomed.remove(*slab);
    slab->unmap();
    const sync::lock_guard lock(mutex_);
    unmapped_.push(*slab);
  }
}

std::size_t stack_pool::resident() const noexcept {
  std::size_t bytes = 0;
  for (stack_slab* each = records_.load(sync::memory_order_acquire); each != nullptr; each = each->next_record) {
    const std::byte* const base = each->base.load(sync::memory_order_acquire);
    if (base != nullptr) bytes += os::resident_bytes(base, each->bytes());
  }
  return bytes;
}

stack_pool_stats stack_pool::stats() const noexcept {
  const sync::lock_guard lock(mutex_);
  return stats_;
}

std::optional<stack> stack_pool::find_guard(const void* address) const noexcept {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  for (stack_slab* slab = records_.load(sync::memory_order_acquire); slab != nullptr; slab = slab->next_record) {
    const auto base = reinterpret_cast<std::uintptr_t>(slab->base.load(sync::memory_order_acquire));
    if (base == 0 || wanted < base || wanted - base >= slab->bytes()) continue;
    if ((wanted - base) % slab->slot_size() >= os::page_size()) return std::nullopt;  // in a stack
    return slab->at(static_cast<unsigned>((wanted - base) / slab->slot_size()));
  }
  return std::nullopt;
}

void stack_pool::check_invariants() const noexcept {
  const sync::lock_guard lock(mutex_);
  std::size_t free = 0;
  for (const auto& of_size : partial_) {
    for (const slab_list& list : of_size) {
      for (const stack_slab* slab = list.first; slab != nullptr; slab = slab->next) {
        FOUNDATION_CHECK(slab->listed && slab->free != 0, "stack_pool: a listed slab has a free slot");
        FOUNDATION_CHECK((slab->free & ~slab->all_slots()) == 0, "stack_pool: free slots are slots");
        FOUNDATION_CHECK((slab->free & slab->abandoned) == 0, "stack_pool: an abandoned slot is never free");
        free += static_cast<std::size_t>(std::popcount(slab->free));
      }
    }
  }
  FOUNDATION_CHECK(free == stats_.free, "stack_pool: what is free is what the slabs' masks say");
}

}  // namespace foundation::memory
