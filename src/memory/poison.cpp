// SPDX-License-Identifier: Apache-2.0
#include "memory/poison.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <new>

namespace foundation::memory {

namespace {

/// In front of each block.
struct alignas(backing_alignment) header {
  static constexpr std::uint64_t lent = 0x6c656e74'6c656e74;
  static constexpr std::uint64_t back = 0x6261636b'6261636b;

  std::uint64_t state;
  std::uint64_t bytes;

  [[nodiscard]] void* block() noexcept { return this + 1; }
  [[nodiscard]] static header* of(void* block) noexcept { return static_cast<header*>(block) - 1; }
};
static_assert(sizeof(header) == backing_alignment);

/// Written once, before the table that uses it is known to anybody.
constinit const backing_table* real_backing = nullptr;

/// Blocks given back and not yet freed. Each place is swapped by whoever gives a block back: release for what it wrote
/// there, acquire for whoever frees it.
constinit std::array<sync::atomic<header*>, blocks_kept> kept{};
constinit sync::atomic<std::size_t> next_place{0};  // relaxed: it only spreads them

void free_kept(header& h) noexcept {
  FOUNDATION_CHECK(h.state == header::back && is_filled(h.block(), h.bytes, given_back),
                   "memory: a block was written to after it had been given back");
  real_backing->deallocate(&h);
}

void* allocate_poisoned(std::size_t bytes) noexcept {
  void* memory = real_backing->allocate(sizeof(header) + bytes);
  if (memory == nullptr) return nullptr;
  auto* h = ::new (memory) header{header::lent, bytes};
  fill(h->block(), bytes, never_written);
  return h->block();
}

void deallocate_poisoned(void* block) noexcept {
  if (block == nullptr) return;
  header* h = header::of(block);
  FOUNDATION_CHECK(h->state != header::back, "memory: a block was given back twice");
  FOUNDATION_CHECK(h->state == header::lent, "memory: what was given back is no block, or its front was written to");
  h->state = header::back;
  fill(block, h->bytes, given_back);
  const std::size_t place = next_place.fetch_add(1, sync::memory_order_relaxed) % blocks_kept;
  if (header* oldest = kept[place].exchange(h, sync::memory_order_acq_rel)) free_kept(*oldest);
}

}  // namespace

void fill(void* at, std::size_t bytes, std::byte with) noexcept { std::memset(at, static_cast<int>(with), bytes); }

bool is_filled(const void* at, std::size_t bytes, std::byte with) noexcept {
  const auto* first = static_cast<const std::byte*>(at);
  return bytes == 0 || (first[0] == with && std::memcmp(first, first + 1, bytes - 1) == 0);  // each like the one before
}

const backing_table& poisoned(const backing_table& real) noexcept {
  real_backing = &real;
  static constinit backing_table table{
      .allocate = allocate_poisoned, .deallocate = deallocate_poisoned, .name = nullptr};
  table.name = real.name;
  return table;
}

}  // namespace foundation::memory
