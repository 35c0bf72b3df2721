// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <new>

#include "memory/backing.hpp"

namespace foundation::memory {

/// The general allocator behind the runtime, for the containers of libraries. Where it refuses, they throw std::bad_alloc.
template <typename T>
struct backing_allocator {
  static_assert(alignof(T) <= backing_alignment);
  using value_type = T;

  backing_allocator() noexcept = default;
  template <typename U>
  backing_allocator(const backing_allocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    void* const block = count > std::numeric_limits<std::size_t>::max() / sizeof(T) ? nullptr : memory::allocate(count * sizeof(T));
    if (block == nullptr) throw std::bad_alloc();
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t) noexcept { memory::deallocate(block); }

  friend bool operator==(const backing_allocator&, const backing_allocator&) noexcept { return true; }
};

}  // namespace foundation::memory
