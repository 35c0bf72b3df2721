// SPDX-License-Identifier: Apache-2.0
#include "memory/scratch.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "memory/poison.hpp"
#include "memory/size_class.hpp"

namespace foundation::memory {

void* scratch::do_allocate(std::size_t bytes, std::size_t alignment) {
  alignment = std::max(alignment, block_alignment);
  if (bytes > largest_block) throw std::bad_alloc();
  const std::size_t size = std::max(base::round_up(bytes, block_alignment), block_alignment);
  for (;;) {
    auto* const at = reinterpret_cast<std::byte*>(base::round_up(reinterpret_cast<std::uintptr_t>(cursor_), alignment));
    if (at != nullptr && at <= end_ && static_cast<std::size_t>(end_ - at) >= size) {
      cursor_ = at + size;
      unpoison(at, bytes);
      return at;
    }
    const std::size_t wanted = std::clamp(held_, policy_.first_chunk, policy_.largest_chunk);
    chunk* const made = take_chunk(policy_.source, std::max(wanted, size + alignment + sizeof(chunk)));
    if (made == nullptr) throw std::bad_alloc();
    made->next = std::exchange(chunks_, made);
    cursor_ = made->begin();
    end_ = made->end();
    note_held(static_cast<std::ptrdiff_t>(made->bytes));
  }
}

/// What was allocated last is free at once: so a string that grows by itself takes no more than its greatest size.
void scratch::do_deallocate(void* at, std::size_t bytes, std::size_t) {
  const std::size_t size = std::max(base::round_up(bytes, block_alignment), block_alignment);
  auto* const block = static_cast<std::byte*>(at);
  poison(block, size);
  if (block + size == cursor_) cursor_ = block;
}

void scratch::reset() noexcept {
  if (chunks_ == nullptr) return;
  if (chunks_->bytes > policy_.largest_chunk) {
    release();
    return;
  }
  while (chunks_->next != nullptr) drop(*std::exchange(chunks_->next, chunks_->next->next));
  poison(chunks_->begin(), static_cast<std::size_t>(cursor_ - chunks_->begin()));
  cursor_ = chunks_->begin();
}

std::size_t scratch::release() noexcept {
  const std::size_t dropped = held_;
  while (chunks_ != nullptr) drop(*std::exchange(chunks_, chunks_->next));
  cursor_ = end_ = nullptr;
  return dropped;
}

void scratch::drop(chunk& c) noexcept {
  note_held(-static_cast<std::ptrdiff_t>(c.bytes));
  give_chunk(c);
}

void scratch::note_held(std::ptrdiff_t bytes) noexcept {
  held_ += static_cast<std::size_t>(bytes);
  if (hook_.changed != nullptr) hook_.changed(hook_.context, bytes);
}

}  // namespace foundation::memory
