// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/base.hpp"

/// Sizes of an arena's small blocks: in steps of 16 bytes up to 128, then four to each doubling, so that at most a fifth of a
/// block is waste (jemalloc's spacing).
namespace foundation::memory {

inline constexpr std::size_t block_alignment = 16;
inline constexpr std::size_t largest_small_block = 1024;
/// Half a tebibyte: more is refused without asking, so that no sum of sizes overflows.
inline constexpr std::size_t largest_block = std::size_t{1} << 39;
inline constexpr std::size_t size_classes = 20;

namespace detail {

struct size_class_tables {
  std::uint16_t size_of[size_classes] = {};
  std::uint8_t class_of[largest_small_block / block_alignment + 1] = {};  ///< by the size in units, rounded up
};

/// Looked up, since it is asked for at each allocation: the arithmetic was half of an arena's time.
inline constexpr size_class_tables classes = [] {
  size_class_tables made;
  for (std::size_t i = 0; i != size_classes; ++i) {
    const std::size_t doubling = i < 8 ? 0 : (i - 8) / 4;
    made.size_of[i] = static_cast<std::uint16_t>(i < 8 ? (i + 1) * 16 : (128u << doubling) + ((i - 8) % 4 + 1) * (32u << doubling));
  }
  std::uint8_t index = 0;
  for (std::size_t units = 0; units != std::size(made.class_of); ++units) {
    if (units * block_alignment > made.size_of[index]) ++index;
    made.class_of[units] = index;
  }
  return made;
}();

}  // namespace detail

/// pre: bytes <= largest_small_block
[[nodiscard]] constexpr std::size_t size_class_of(std::size_t bytes) noexcept {
  return detail::classes.class_of[(bytes + block_alignment - 1) / block_alignment];
}

[[nodiscard]] constexpr std::size_t size_of_class(std::size_t index) noexcept { return detail::classes.size_of[index]; }

/// The greatest class whose blocks are no larger; pre: bytes >= block_alignment
[[nodiscard]] constexpr std::size_t size_class_within(std::size_t bytes) noexcept {
  if (bytes >= largest_small_block) return size_classes - 1;
  const std::size_t index = size_class_of(bytes);
  return size_of_class(index) == bytes ? index : index - 1;
}

static_assert(size_class_of(largest_small_block) == size_classes - 1);
static_assert(size_of_class(size_classes - 1) == largest_small_block);

}  // namespace foundation::memory
