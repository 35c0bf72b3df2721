// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/base.hpp"

/// The general allocator behind the runtime.
///
///   allocate(bytes)     any thread   a block aligned to 16 bytes, or nullptr when refused
///   deallocate(block)   any thread   gives it back; a null block does nothing
///
/// mimalloc where it is found, malloc otherwise. Why not link mimalloc: Debian's library exports `malloc` and
/// `operator new` and would replace the host's. It is loaded at first use with RTLD_LOCAL and only its `mi_` functions
/// are taken; it is never unloaded. malloc is used under ASan, TSan and valgrind, which know it, and in builds with
/// FOUNDATION_BACKING_MALLOC. The hostile build puts poison.hpp between.
///
/// Rules
///   M1. A block is given back to the table that made it. The table changes once from `loading` to the real one, which
///       is the one `loading` forwards to; tests that put a table in front of it forward to the one they found.
namespace foundation::memory {

struct backing_table {
  void* (*allocate)(std::size_t bytes) noexcept;
  void (*deallocate)(void* block) noexcept;
  const char* name;
};

namespace detail {
/// Written by the first allocation (release) and by `scoped_backing`; read by every call (acquire: the table's fields).
extern sync::atomic<const backing_table*> active_backing;
}  // namespace detail

inline constexpr std::size_t backing_alignment = 16;

/// @any_thread @returns nullptr when the allocator refuses
[[nodiscard]] inline void* allocate(std::size_t bytes) noexcept {
  // mimalloc aligns blocks of 8 bytes and less only to 8
  const std::size_t rounded = bytes < backing_alignment ? backing_alignment : bytes;
  return detail::active_backing.load(sync::memory_order_acquire)->allocate(rounded);
}

/// @any_thread also another one than the thread that allocated
inline void deallocate(void* block) noexcept {
  detail::active_backing.load(sync::memory_order_acquire)->deallocate(block);
}

/// "mimalloc" or "malloc", or the name of the table a test has put in front. Loads it when nothing has so far.
[[nodiscard]] const char* backing_name() noexcept;

/// Puts a table in front of the allocator for a scope: the seam to count blocks and to refuse the n-th one.
///
/// The table's functions forward to `original()` (M1), so blocks made before, inside and after the scope may be freed
/// at any time. One at a time, in order; other threads may allocate meanwhile.
class scoped_backing {
 public:
  explicit scoped_backing(const backing_table& front) noexcept;
  ~scoped_backing();
  scoped_backing(const scoped_backing&) = delete;
  scoped_backing& operator=(const scoped_backing&) = delete;

  /// The real allocator, never a test's table.
  [[nodiscard]] static const backing_table& original() noexcept;

 private:
  const backing_table* previous_;
};

}  // namespace foundation::memory
