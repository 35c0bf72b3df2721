// SPDX-License-Identifier: Apache-2.0
#include "memory/chunk_cache.hpp"

#include <bit>
#include <new>

#include "memory/backing.hpp"
#include "memory/poison.hpp"
#include "os/os.hpp"

namespace foundation::memory {

namespace {

chunk_cache* cache_here() noexcept { return static_cast<chunk_cache*>(base::this_thread().chunks); }

bool is_kept_size(std::size_t bytes) noexcept { return std::has_single_bit(bytes) && bytes >= smallest_chunk && bytes <= largest_kept_chunk; }

chunk* make(void* memory, chunk_source from, std::size_t bytes) noexcept {
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) chunk;
  made->from = from;
  made->bytes = bytes;
  poison(made->begin(), bytes - sizeof(chunk));
  return made;
}

void free_chunk(chunk& c) noexcept {
  unpoison(c.begin(), c.bytes - sizeof(chunk));
  if (c.from == chunk_source::own_pages) {
    os::release(&c, c.bytes);
  } else {
    deallocate(&c);
  }
}

}  // namespace

chunk* take_chunk(chunk_source from, std::size_t bytes) noexcept {
  if (from == chunk_source::own_pages) {
    const std::size_t rounded = base::round_up(bytes, os::page_size());
    return make(os::reserve(rounded), from, rounded);
  }
  const std::size_t rounded = bytes <= smallest_chunk ? smallest_chunk : bytes <= largest_kept_chunk ? std::bit_ceil(bytes) : base::round_up(bytes, alignof(chunk));
  if (is_kept_size(rounded)) {
    if (chunk_cache* const cache = cache_here()) {
      if (chunk* const kept = cache->take(rounded)) return kept;
    }
  }
  return make(allocate(rounded), from, rounded);
}

void give_chunk(chunk& c) noexcept {
  c.next = nullptr;
  c.free = 0;
  poison(c.begin(), c.bytes - sizeof(chunk));
  if (c.from == chunk_source::shared && is_kept_size(c.bytes)) {
    if (chunk_cache* const cache = cache_here(); cache != nullptr && cache->put(c)) return;
  }
  free_chunk(c);
}

chunk_cache::stack_of_chunks& chunk_cache::of_size(std::size_t bytes) noexcept {
  return free_[static_cast<std::size_t>(std::countr_zero(bytes) - std::countr_zero(smallest_chunk))];
}

void chunk_cache::count(std::ptrdiff_t bytes) noexcept {
  bytes_.store(bytes_.load(sync::memory_order_relaxed) + static_cast<std::size_t>(bytes), sync::memory_order_relaxed);
}

chunk* chunk_cache::take(std::size_t bytes) noexcept {
  stack_of_chunks& from = of_size(bytes);
  chunk* const taken = from.first;
  if (taken == nullptr) return nullptr;
  from.first = taken->next;
  from.bytes -= bytes;
  taken->next = nullptr;
  count(-static_cast<std::ptrdiff_t>(bytes));
  return taken;
}

bool chunk_cache::put(chunk& c) noexcept {
  stack_of_chunks& to = of_size(c.bytes);
  if (to.bytes + c.bytes > kept_of_each_size) return false;
  c.next = to.first;
  to.first = &c;
  to.bytes += c.bytes;
  count(static_cast<std::ptrdiff_t>(c.bytes));
  return true;
}

std::size_t chunk_cache::clear() noexcept {
  const std::size_t kept = bytes();
  for (stack_of_chunks& each : free_) {
    while (each.first != nullptr) {
      chunk& c = *each.first;
      each.first = c.next;
      free_chunk(c);
    }
    each.bytes = 0;
  }
  count(-static_cast<std::ptrdiff_t>(kept));
  return kept;
}

}  // namespace foundation::memory
