// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>

#include "base/base.hpp"
#include "memory/chunk_cache.hpp"
#include "memory/memory_policy.hpp"
#include "memory/size_class.hpp"

namespace foundation::memory {

/// Whoever wants to know how much an arena holds: called with the bytes that it holds more, or less, from now on.
struct growth_hook {
  void (*changed)(void* context, std::ptrdiff_t bytes) noexcept = nullptr;
  void* context = nullptr;
};

/// The memory of one process: allocation without locks, freed whole at its end. One thread at a time.
///
/// Small blocks, up to 1 KiB, are cut off the newest chunk one after the other; freed ones wait in a list of their size. A larger
/// one is a block of the general allocator, or pages, and goes back at once when it is freed.
///
///   chunk   [header | block block block ... | not cut yet, poisoned ]
///                                           ^ cursor_               ^ end_, of the newest; older chunks are cut to the end
///
/// Rules
///   A1. All of a chunk up to the cursor is in blocks: lent, or in a free list. What is left of a chunk when the next one is
///       begun is cut into free blocks.
///   A2. So a chunk of which all bytes that were cut are in free lists is in nobody's use; `trim` finds and returns it.
///   A3. Free memory is poisoned (poison.hpp), but for the link in the first word of a free block under no address sanitizer.
///   A4. A block of an alignment beyond 16 is cut off a chunk and never taken from a list, but goes to one.
class arena final : public std::pmr::memory_resource {
 public:
  explicit arena(const memory_policy& policy, growth_hook hook = {}) noexcept;
  /// Frees all of it, whatever is still lent.
  ~arena() override;
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  /// Takes the first chunk and touches its pages, if the policy says so. False: memory was refused.
  [[nodiscard]] bool prepare() noexcept;

  /// Returns chunks that nobody uses. `pause` is called now and then, and may let others run.
  /// @returns the bytes returned
  std::size_t trim(void (*pause)(void*) = nullptr, void* context = nullptr) noexcept;

  /// Frees some of what it holds, lent or not, at its end; true when there is more.
  [[nodiscard]] bool drop_some() noexcept;

  /// Bytes of its chunks that are in no block that is lent.
  [[nodiscard]] std::size_t free_bytes() const noexcept { return small_held_ - small_lent_; }
  /// Bytes it holds, and of these lent.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

  /// A1, and the sums.
  [[nodiscard]] bool check_invariants() const noexcept;

 private:
  struct free_block {
    free_block* next;
  };
  struct large_block {
    large_block* previous;
    large_block* next;
    void* base;          ///< what the allocator gave
    std::size_t bytes;   ///< and of what size
  };

  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override;
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  [[nodiscard]] void* cut(std::size_t bytes, std::size_t alignment) noexcept;
  [[nodiscard]] bool begin_chunk(std::size_t least) noexcept;
  void free_rest_of_chunk() noexcept;
  void push_free(std::byte* at, std::size_t size_class) noexcept;
  [[nodiscard]] void* pop_free(std::size_t size_class) noexcept;
  [[nodiscard]] void* allocate_large(std::size_t bytes, std::size_t alignment) noexcept;
  void free_large(large_block& block) noexcept;
  void note_held(std::ptrdiff_t bytes) noexcept;
  std::size_t drop_chunks(void (*pause)(void*), void* context) noexcept;
  std::size_t drop_unused_chunks(std::span<chunk*> sorted, void (*pause)(void*), void* context) noexcept;

  const memory_policy policy_;
  const growth_hook hook_;
  std::byte* cursor_ = nullptr;
  std::byte* end_ = nullptr;
  chunk* chunks_ = nullptr;       // the newest first
  large_block* large_ = nullptr;
  std::size_t held_ = 0;
  std::size_t small_held_ = 0;    // of it in chunks
  std::size_t lent_ = 0;
  std::size_t small_lent_ = 0;
  free_block* free_[size_classes] = {};
};

}  // namespace foundation::memory
