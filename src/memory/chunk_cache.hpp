// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/base.hpp"

/// Chunks: what arenas and scratches are made of.
///
///   take_chunk(from, bytes)   any thread   a chunk of at least that size, or null when refused
///   give_chunk(c)             any thread   gives it back
///
/// Those of a power of two from 1 KiB to 64 KiB come from, and go to, what the calling scheduler keeps; larger ones, and those
/// of plain threads, from the general allocator; those with pages of their own from the system.
namespace foundation::memory {

enum class chunk_source : std::uint8_t { shared, own_pages };

/// In front of its memory, which is poisoned until somebody says otherwise.
struct alignas(16) chunk {
  chunk* next = nullptr;        ///< its holder's
  std::uint32_t free = 0;       ///< its holder's
  chunk_source from = chunk_source::shared;
  std::size_t bytes = 0;        ///< this header included

  [[nodiscard]] std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this) + bytes; }
};
static_assert(sizeof(chunk) == 32);

inline constexpr std::size_t smallest_chunk = 1024;
inline constexpr std::size_t largest_kept_chunk = 64 * 1024;

[[nodiscard]] chunk* take_chunk(chunk_source from, std::size_t bytes) noexcept;
void give_chunk(chunk& c) noexcept;

/// Free chunks of one thread, which alone uses it while it is that thread's (`base::thread_record::chunks`).
class chunk_cache {
 public:
  chunk_cache() noexcept = default;
  ~chunk_cache() { clear(); }
  chunk_cache(const chunk_cache&) = delete;
  chunk_cache& operator=(const chunk_cache&) = delete;

  /// Null when there is none of that size, which is a power of two.
  [[nodiscard]] chunk* take(std::size_t bytes) noexcept;
  /// False: there are enough of its size.
  [[nodiscard]] bool put(chunk& c) noexcept;
  /// Gives them all back; how many bytes.
  std::size_t clear() noexcept;

  /// @any_thread
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(sync::memory_order_relaxed); }

  /// Of each size it keeps so many bytes, or one chunk: a choice, some hundred KiB in all.
  static constexpr std::size_t kept_of_each_size = 128 * 1024;

 private:
  static constexpr std::size_t sizes = 7;  // 1, 2, 4 .. 64 KiB

  struct stack_of_chunks {
    chunk* first = nullptr;
    std::size_t bytes = 0;
  };
  [[nodiscard]] stack_of_chunks& of_size(std::size_t bytes) noexcept;
  void count(std::ptrdiff_t bytes) noexcept;

  std::array<stack_of_chunks, sizes> free_{};
  sync::atomic<std::size_t> bytes_{0};  // relaxed: its thread writes, others read a number
};

}  // namespace foundation::memory
