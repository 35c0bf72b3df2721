// SPDX-License-Identifier: Apache-2.0
#include "memory/stack_slab.hpp"

#include <algorithm>
#include <cstring>

#include "memory/poison.hpp"
#include "os/os.hpp"

namespace foundation::memory {

namespace {

/// Bytes of the high-water mark: two lines, since a frame seldom leaves that much unwritten between two writes.
constexpr std::size_t mark_bytes = 128;
/// A slab's address space at most, unless one slot is larger: 64 slots up to 4 MiB.
constexpr std::size_t slab_bytes = std::size_t{256} << 20;
constexpr std::size_t most_slots = 64;  // bits of a mask
constexpr std::size_t mappings_per_guard = 2;

/// Mappings that the protected guards of all pools use up; the limit is one for the whole program.
/// Relaxed everywhere: it counts, and orders nothing.
constinit sync::atomic<std::size_t> program_mappings{0};

bool take_mappings(std::size_t count, std::size_t budget) noexcept {
  std::size_t taken = program_mappings.load(sync::memory_order_relaxed);
  do {
    if (taken + count > budget) return false;
  } while (!program_mappings.compare_exchange_weak(taken, taken + count, sync::memory_order_relaxed));
  return true;
}

void give_mappings(std::size_t count) noexcept { program_mappings.fetch_sub(count, sync::memory_order_relaxed); }

/// Reading a page that nobody has written costs no memory: the system shows its one page of zeros. Of a stack that
/// overflowed, the address sanitizer has marked parts as not to be read.
FOUNDATION_NO_ASAN bool is_zero(const std::byte* at, std::size_t bytes) noexcept {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < bytes; i += sizeof any) {
    std::uint64_t word;
    std::memcpy(&word, at + i, sizeof word);
    any |= word;
  }
  return any == 0;
}

}  // namespace

bool mappings_left(std::size_t budget) noexcept {
  return program_mappings.load(sync::memory_order_relaxed) + mappings_per_guard <= budget;
}

bool overflowed(const stack& s) noexcept { return overflowed(s, os::page_size()); }

bool overflowed(const stack& s, std::size_t bytes) noexcept {
  return s.guard == guard_mode::canary && !is_zero(s.bottom - bytes, bytes);
}

void discard_below(const stack& s, std::size_t keep) noexcept {
  const std::size_t page = os::page_size();
  const std::size_t kept = std::min(s.size, (keep + page - 1) / page * page);
  os::discard(s.bottom, s.size - kept);
}

std::size_t discard_unused(const stack& s, const std::byte* in_use_from) noexcept {
  if (in_use_from <= s.bottom || in_use_from > s.top()) return 0;
  const std::size_t page = os::page_size();
  const std::size_t unused = static_cast<std::size_t>(in_use_from - s.bottom) / page * page;
  const std::size_t resident = os::resident_bytes(s.bottom, unused);
  if (resident != 0) os::discard(s.bottom, unused);
  return resident;
}

void trim_used(const stack& s, std::size_t keep) noexcept {
  std::byte* first_page = s.top() - os::page_size();
  std::byte* mark = s.top() - std::min(s.size, keep);
  // The first page is asked first: only a stack that left it makes us look at a page it may not have touched.
  if (is_zero(first_page, mark_bytes) || is_zero(mark, mark_bytes)) return;
  discard_below(s, keep);
  std::memset(mark, 0, mark_bytes);
}

void fill_free(const stack& s) noexcept {
  std::byte* const first_page = s.top() - os::page_size();
  fill(first_page + mark_bytes, os::page_size() - mark_bytes, given_back);
}

bool untouched_since_filled(const stack& s) noexcept {
  const std::byte* const first_page = s.top() - os::page_size();
  return is_filled(first_page + mark_bytes, os::page_size() - mark_bytes, given_back);
}

bool stack_slab::map(std::size_t bytes_per_slot, guard_mode wanted, std::size_t mapping_budget) noexcept {
  std::size_t count = std::clamp<std::size_t>(slab_bytes / bytes_per_slot, 1, most_slots);
  mappings = 0;
  if (wanted == guard_mode::mprotect) {
    while (count > 1 && !take_mappings(mappings_per_guard * count, mapping_budget)) count /= 2;
    if (count > 1 || take_mappings(mappings_per_guard, mapping_budget)) {
      mappings = mappings_per_guard * count;
    } else {
      wanted = guard_mode::canary;
      count = std::clamp<std::size_t>(slab_bytes / bytes_per_slot, 1, most_slots);
    }
  }
  // A program short of address space may still have room for a smaller slab.
  void* mapping = os::reserve(count * bytes_per_slot);
  while (mapping == nullptr && count > 1) {
    count /= 2;
    mapping = os::reserve(count * bytes_per_slot);
  }
  if (mapping == nullptr) {
    give_mappings(mappings);
    mappings = 0;
    return false;
  }
  slot_bytes.store(bytes_per_slot, sync::memory_order_relaxed);
  slots.store(static_cast<unsigned>(count), sync::memory_order_relaxed);
  mode.store(wanted, sync::memory_order_relaxed);
  guarded.store(0, sync::memory_order_relaxed);
  free = all_slots();
  used = abandoned = 0;
  base.store(static_cast<std::byte*>(mapping), sync::memory_order_release);
  return true;
}

void stack_slab::unmap() noexcept {
  std::byte* mapping = base.load(sync::memory_order_relaxed);  // relaxed: only the slab's owner writes it
  // Relaxed: a find_guard that still sees the range sees one of which no stack is lent.
  base.store(nullptr, sync::memory_order_relaxed);
  os::asan_unpoison(mapping, bytes());
  os::release(mapping, bytes());
  give_mappings(mappings);
  mappings = 0;
}

stack stack_slab::at(unsigned slot) noexcept {
  const std::size_t page = os::page_size();
  const bool is_guarded = (guarded.load(sync::memory_order_relaxed) >> slot & 1) != 0;
  return {.bottom = base.load(sync::memory_order_relaxed) + slot * slot_size() + page,
          .size = slot_size() - page,
          .guard = is_guarded ? wanted_guard() : guard_mode::canary,
          .slot = static_cast<std::uint8_t>(slot),
          .slab = this};
}

void stack_slab::guard(stack& s) noexcept {
  const guard_mode wanted = wanted_guard();
  if (s.guard == wanted) return;  // made before, or none is wanted
  const std::size_t page = os::page_size();
  std::byte* below = s.bottom - page;
  const bool made = wanted == guard_mode::install ? os::guard_install(below, page) : os::protect_none(below, page);
  if (!made) return;  // a canary this time; tried again when the slot is next lent
  guarded.fetch_or(std::uint64_t{1} << s.slot, sync::memory_order_relaxed);
  s.guard = wanted;
}

void slab_list::push(stack_slab& slab) noexcept {
  slab.previous = nullptr;
  slab.next = first;
  if (first != nullptr) first->previous = &slab;
  first = &slab;
}

void slab_list::remove(stack_slab& slab) noexcept {
  (slab.previous != nullptr ? slab.previous->next : first) = slab.next;
  if (slab.next != nullptr) slab.next->previous = slab.previous;
  slab.next = slab.previous = nullptr;
}

}  // namespace foundation::memory
