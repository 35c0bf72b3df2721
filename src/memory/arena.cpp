// SPDX-License-Identifier: Apache-2.0
#include "memory/arena.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <utility>

#include "memory/backing.hpp"
#include "memory/poison.hpp"
#include "os/os.hpp"

namespace foundation::memory {

namespace {

std::byte* aligned(std::byte* at, std::size_t alignment) noexcept {
  return reinterpret_cast<std::byte*>(base::round_up(reinterpret_cast<std::uintptr_t>(at), alignment));
}

/// What a small block takes: pre: bytes, rounded up to the alignment, is small.
std::size_t class_for(std::size_t bytes, std::size_t alignment) noexcept {
  return size_class_of(alignment <= block_alignment ? bytes : base::round_up(bytes, alignment));
}

constexpr unsigned chunks_between_pauses = 64;

bool is_small(std::size_t bytes, std::size_t alignment) noexcept {
  return bytes <= largest_small_block && alignment <= largest_small_block &&
         (alignment <= block_alignment || base::round_up(bytes, alignment) <= largest_small_block);
}

}  // namespace

arena::arena(const memory_policy& policy, growth_hook hook) noexcept : policy_(policy), hook_(hook) {}

arena::~arena() {
  while (drop_some()) {
  }
}

bool arena::drop_some() noexcept {
  if (large_ != nullptr) {
    free_large(*large_);
  } else if (chunks_ != nullptr) {
    chunk& newest = *std::exchange(chunks_, chunks_->next);
    small_held_ -= newest.bytes;
    note_held(-static_cast<std::ptrdiff_t>(newest.bytes));
    give_chunk(newest);
    cursor_ = end_ = nullptr;
    std::fill(std::begin(free_), std::end(free_), nullptr);
  }
  return large_ != nullptr || chunks_ != nullptr;
}

bool arena::prepare() noexcept {
  if (!policy_.prefault || chunks_ != nullptr) return true;
  if (!begin_chunk(0)) return false;
  const auto touch = [](std::byte* at) {
    unpoison(at, 1);
    *static_cast<volatile std::byte*>(at) = given_back;
    hide(at, 1);
  };
  for (std::byte* at = cursor_; at < end_; at += os::page_size()) touch(at);
  touch(end_ - 1);
  return true;
}

void* arena::do_allocate(std::size_t bytes, std::size_t alignment) {
  void* block = nullptr;
  if (!is_small(bytes, alignment)) {
    block = allocate_large(bytes, alignment);
    if (block == nullptr) throw std::bad_alloc();
    lent_ += bytes;
    return block;
  }
  const std::size_t size_class = class_for(bytes, alignment);
  const std::size_t size = size_of_class(size_class);
  if (alignment <= block_alignment) block = pop_free(size_class);
  if (block == nullptr) block = cut(size, alignment);  // A4
  if (block == nullptr) throw std::bad_alloc();
  unpoison(block, bytes);
  lent_ += size;
  small_lent_ += size;
  return block;
}

void arena::do_deallocate(void* at, std::size_t bytes, std::size_t alignment) {
  if (!is_small(bytes, alignment)) {
    lent_ -= bytes;
    free_large(static_cast<large_block*>(at)[-1]);
    return;
  }
  const std::size_t size_class = class_for(bytes, alignment);
  const std::size_t size = size_of_class(size_class);
  lent_ -= size;
  small_lent_ -= size;
  auto* const block = static_cast<std::byte*>(at);
  if (block + size == cursor_) {  // the last that was cut
    poison(block, size);
    cursor_ = block;
  } else {
    push_free(block, size_class);
  }
}

void arena::push_free(std::byte* at, std::size_t size_class) noexcept {
  const std::size_t size = size_of_class(size_class);
  poison(at, size);
  show(at, sizeof(free_block));
  free_[size_class] = ::new (at) free_block{free_[size_class]};
  hide(at, sizeof(free_block));
}

void* arena::pop_free(std::size_t size_class) noexcept {
  free_block* const block = free_[size_class];
  if (block == nullptr) return nullptr;
  show(block, size_of_class(size_class));
  free_[size_class] = block->next;
  if constexpr (fills_free_memory) {
    const auto* const behind = reinterpret_cast<const std::byte*>(block + 1);
    FOUNDATION_CHECK(is_filled(behind, size_of_class(size_class) - sizeof(free_block), given_back),
                     "arena: a block was written to after it had been given back");
  }
  hide(block, size_of_class(size_class));
  return block;
}

void* arena::cut(std::size_t bytes, std::size_t alignment) noexcept {
  for (;;) {
    std::byte* const at = alignment <= block_alignment ? cursor_ : aligned(cursor_, alignment);
    if (at != nullptr && at <= end_ && static_cast<std::size_t>(end_ - at) >= bytes) {
      std::byte* const skipped = std::exchange(cursor_, at + bytes);
      for (std::byte* from = skipped; from != at;) {  // A1
        const std::size_t within = size_class_within(static_cast<std::size_t>(at - from));
        push_free(from, within);
        from += size_of_class(within);
      }
      return at;
    }
    if (!begin_chunk(bytes + (alignment <= block_alignment ? 0 : alignment))) return nullptr;
  }
}

bool arena::begin_chunk(std::size_t least) noexcept {
  const std::size_t wanted = std::clamp(small_held_, policy_.first_chunk, policy_.largest_chunk);
  chunk* const made = take_chunk(policy_.source, std::max(wanted, least + sizeof(chunk)));
  if (made == nullptr) return false;
  free_rest_of_chunk();
  made->next = std::exchange(chunks_, made);
  cursor_ = made->begin();
  end_ = made->end();
  small_held_ += made->bytes;
  note_held(static_cast<std::ptrdiff_t>(made->bytes));
  return true;
}

void arena::free_rest_of_chunk() noexcept {
  while (cursor_ != end_) {
    const std::size_t within = size_class_within(static_cast<std::size_t>(end_ - cursor_));
    push_free(cursor_, within);
    cursor_ += size_of_class(within);
  }
}

void arena::note_held(std::ptrdiff_t bytes) noexcept {
  held_ += static_cast<std::size_t>(bytes);
  if (hook_.changed != nullptr) hook_.changed(hook_.context, bytes);
}

// -- large blocks ----------------------------------------------------------------------------------------------------

void* arena::allocate_large(std::size_t bytes, std::size_t alignment) noexcept {
  const std::size_t slack = alignment > block_alignment ? alignment : 0;
  if (bytes > largest_block) return nullptr;
  std::size_t whole = sizeof(large_block) + slack + bytes;
  void* base = nullptr;
  if (policy_.source == chunk_source::own_pages) {
    whole = base::round_up(whole, os::page_size());
    base = os::reserve(whole);
  } else {
    base = memory::allocate(whole);
  }
  if (base == nullptr) return nullptr;
  std::byte* const payload = aligned(static_cast<std::byte*>(base) + sizeof(large_block), std::max(alignment, block_alignment));
  auto* const block = ::new (payload - sizeof(large_block)) large_block{nullptr, large_, base, whole};
  if (large_ != nullptr) large_->previous = block;
  large_ = block;
  note_held(static_cast<std::ptrdiff_t>(whole));
  return payload;
}

void arena::free_large(large_block& block) noexcept {
  (block.previous == nullptr ? large_ : block.previous->next) = block.next;
  if (block.next != nullptr) block.next->previous = block.previous;
  const std::size_t whole = block.bytes;
  if (policy_.source == chunk_source::own_pages) {
    os::release(block.base, whole);
  } else {
    memory::deallocate(block.base);
  }
  note_held(-static_cast<std::ptrdiff_t>(whole));
}

// -- giving back -----------------------------------------------------------------------------------------------------

std::size_t arena::drop_chunks(void (*pause)(void*), void* context) noexcept {
  const std::size_t dropped = small_held_;
  for (unsigned given = 1; chunks_ != nullptr; ++given) {
    give_chunk(*std::exchange(chunks_, chunks_->next));
    if (pause != nullptr && given % chunks_between_pauses == 0) pause(context);
  }
  cursor_ = end_ = nullptr;
  small_held_ = 0;
  std::fill(std::begin(free_), std::end(free_), nullptr);
  if (dropped != 0) note_held(-static_cast<std::ptrdiff_t>(dropped));
  return dropped;
}

std::size_t arena::trim(void (*pause)(void*), void* context) noexcept {
  if (small_lent_ == 0) return drop_chunks(pause, context);
  std::size_t count = 0;
  for (chunk* each = chunks_; each != nullptr; each = each->next) ++count;
  if (count == 1) return 0;  // it is in use
  auto** const sorted = static_cast<chunk**>(memory::allocate(count * sizeof(chunk*)));
  if (sorted == nullptr) return 0;
  chunk** at = sorted;
  for (chunk* each = chunks_; each != nullptr; each = each->next) *at++ = each;
  std::sort(sorted, sorted + count, std::less<chunk*>());
  const std::size_t dropped = drop_unused_chunks({sorted, count}, pause, context);
  memory::deallocate(sorted);
  return dropped;
}

/// A2: adds up what is free of each chunk, then takes the blocks of those that are all free out of the lists.
std::size_t arena::drop_unused_chunks(std::span<chunk*> sorted, void (*pause)(void*), void* context) noexcept {
  constexpr unsigned blocks_between_pauses = 512;
  unsigned looked_at = 0;
  const auto breathe = [&] {
    if (pause != nullptr && ++looked_at % blocks_between_pauses == 0) pause(context);
  };
  const auto chunk_of = [&](const free_block* block) -> chunk& {
    const auto after = std::upper_bound(sorted.begin(), sorted.end(), block, [](const free_block* b, const chunk* c) {
      return std::less<>()(static_cast<const void*>(b), static_cast<const void*>(c));
    });
    return **(after - 1);
  };
  const auto next_of = [](free_block* block) {
    show(block, sizeof(free_block));
    free_block* const next = block->next;
    hide(block, sizeof(free_block));
    return next;
  };
  for (std::size_t i = 0; i != size_classes; ++i) {
    for (free_block* block = free_[i]; block != nullptr; block = next_of(block), breathe()) {
      chunk_of(block).free += static_cast<std::uint32_t>(size_of_class(i));
    }
  }
  const auto is_unused = [](chunk& c) { return c.free == c.bytes - sizeof(chunk); };  // never the newest: A1
  for (std::size_t i = 0; i != size_classes; ++i) {
    free_block* kept = nullptr;
    for (free_block* block = free_[i]; block != nullptr; breathe()) {
      free_block* const next = next_of(block);
      if (!is_unused(chunk_of(block))) {
        show(block, sizeof(free_block));
        block->next = kept;
        hide(block, sizeof(free_block));
        kept = block;
      }
      block = next;
    }
    free_[i] = kept;
  }
  std::size_t dropped = 0;
  unsigned given = 0;
  for (chunk** link = &chunks_; *link != nullptr;) {
    chunk& each = **link;
    if (pause != nullptr && ++given % chunks_between_pauses == 0) pause(context);
    if (is_unused(each)) {
      if (each.end() == end_) cursor_ = end_ = nullptr;
      *link = each.next;
      dropped += each.bytes;
      give_chunk(each);
    } else {
      each.free = 0;
      link = &each.next;
    }
  }
  small_held_ -= dropped;
  if (dropped != 0) note_held(-static_cast<std::ptrdiff_t>(dropped));
  return dropped;
}

bool arena::check_invariants() const noexcept {
  std::size_t in_chunks = 0;
  std::size_t cut = 0;
  for (const chunk* each = chunks_; each != nullptr; each = each->next) {
    in_chunks += each->bytes;
    cut += each->bytes - sizeof(chunk);
  }
  cut -= static_cast<std::size_t>(end_ - cursor_);
  std::size_t free = 0;
  for (std::size_t i = 0; i != size_classes; ++i) {
    for (const free_block* block = free_[i]; block != nullptr;) {
      free += size_of_class(i);
      show(block, sizeof(free_block));
      const free_block* const next = block->next;
      hide(block, sizeof(free_block));
      block = next;
    }
  }
  std::size_t in_large = 0;
  for (const large_block* block = large_; block != nullptr; block = block->next) in_large += block->bytes;
  return in_chunks == small_held_ && cut == free + small_lent_ && held_ == small_held_ + in_large;
}

}  // namespace foundation::memory
