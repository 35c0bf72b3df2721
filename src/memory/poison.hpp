// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "memory/backing.hpp"
#include "os/os.hpp"

/// Memory that nobody owns is filled with bytes that nobody writes, so that who uses it all the same does not get away
/// with it. For the hostile build; the address sanitizer sees more, and is slower.
namespace foundation::memory {

inline constexpr std::byte never_written{0xfa};  ///< what a new block reads
inline constexpr std::byte given_back{0xdf};     ///< what a freed block and a returned stack read

/// Whether memory that an arena has not lent, or has got back, is filled: in debug builds too. The address sanitizer is told
/// in any build of its own.
#if !defined(NDEBUG)
inline constexpr bool fills_free_memory = true;
#else
inline constexpr bool fills_free_memory = base::hostile;
#endif

void fill(void* at, std::size_t bytes, std::byte with) noexcept;
[[nodiscard]] bool is_filled(const void* at, std::size_t bytes, std::byte with) noexcept;

// In line, so that a build which poisons nothing has not even the calls: they were a quarter of an arena's time.

/// What follows may look at it, or nobody (ASan alone).
inline void hide(const void* at, std::size_t bytes) noexcept {
  if constexpr (os::building_with_asan) os::asan_poison(at, bytes);
}
inline void show(const void* at, std::size_t bytes) noexcept {
  if constexpr (os::building_with_asan) os::asan_unpoison(at, bytes);
}

/// Nobody may touch it from here on.
inline void poison(void* at, std::size_t bytes) noexcept {
  if constexpr (fills_free_memory) {
    show(at, bytes);
    fill(at, bytes, given_back);
  }
  hide(at, bytes);
}
/// Its next owner may; what it reads is anything.
inline void unpoison(void* at, std::size_t bytes) noexcept { show(at, bytes); }

/// `real` with both fills, and a look back: the last `blocks_kept` blocks given back stay filled before `real` gets
/// them. A block that was written to meanwhile, or that is given back twice, ends the program. There is one for the
/// program: `real` is always the same.
[[nodiscard]] const backing_table& poisoned(const backing_table& real) noexcept;

inline constexpr std::size_t blocks_kept = 256;

}  // namespace foundation::memory
