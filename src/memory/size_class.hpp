// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>

#include "base/base.hpp"

/// Sizes of an arena's small blocks: in steps of 16 bytes up to 128, then four to each doubling, so that at most a fifth of a
/// block is waste (jemalloc's spacing).
namespace foundation::memory {

inline constexpr std::size_t block_alignment = 16;
inline constexpr std::size_t largest_small_block = 1024;
/// Half a tebibyte: more is refused without asking, so that no sum of sizes overflows.
inline constexpr std::size_t largest_block = std::size_t{1} << 39;
inline constexpr std::size_t size_classes = 20;

/// pre: bytes <= largest_small_block
[[nodiscard]] constexpr std::size_t size_class_of(std::size_t bytes) noexcept {
  if (bytes <= 128) return bytes == 0 ? 0 : (bytes - 1) / 16;
  const auto doubling = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 7 for 129..256
  return 8 + (doubling - 7) * 4 + ((bytes - 1 - (std::size_t{1} << doubling)) >> (doubling - 2));
}

[[nodiscard]] constexpr std::size_t size_of_class(std::size_t index) noexcept {
  if (index < 8) return (index + 1) * 16;
  const std::size_t doubling = 7 + (index - 8) / 4;
  return (std::size_t{1} << doubling) + ((index - 8) % 4 + 1) * (std::size_t{1} << (doubling - 2));
}

/// The greatest class whose blocks are no larger; pre: bytes >= block_alignment
[[nodiscard]] constexpr std::size_t size_class_within(std::size_t bytes) noexcept {
  if (bytes >= largest_small_block) return size_classes - 1;
  const std::size_t index = size_class_of(bytes);
  return size_of_class(index) == bytes ? index : index - 1;
}

static_assert(size_class_of(largest_small_block) == size_classes - 1);
static_assert(size_of_class(size_classes - 1) == largest_small_block);

}  // namespace foundation::memory
