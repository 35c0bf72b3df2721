// SPDX-License-Identifier: Apache-2.0
//
// foundation::count_new: the global operators new and delete, which charge the calling process. A block's account and size
// stand in front of it, so that it is discharged wherever it is freed.
#include <foundation/detail/heap_charge.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

using foundation::detail::charge_heap;
using foundation::detail::discharge_heap;
using foundation::detail::heap_account;

struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) header {
  heap_account* whose;
  std::size_t bytes;
};
static_assert(sizeof(header) == 16);

/// Of the block, in front of it; for a stricter alignment as much as that, so that what is behind has it too.
constexpr std::size_t front(std::size_t alignment) noexcept { return std::max(alignment, sizeof(header)); }

/// Null when memory is refused.
void* try_allocate(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t before = front(alignment);
  if (size > std::numeric_limits<std::size_t>::max() - 2 * before) return nullptr;
  const std::size_t bytes = before + size;
  void* const memory = alignment <= alignof(header)
                           ? std::malloc(bytes)
                           : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) return nullptr;
  std::byte* const block = static_cast<std::byte*>(memory) + before;
  ::new (block - sizeof(header)) header{charge_heap(bytes), bytes};
  return block;
}

/// As the standard asks for: the new-handler frees something, throws, or is not there.
void* allocate(std::size_t size, std::size_t alignment) {
  for (;;) {
    if (void* const block = try_allocate(size, alignment)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* allocate_or_null(std::size_t size, std::size_t alignment) noexcept {
  try {
    return allocate(size, alignment);
  } catch (...) {
    return nullptr;
  }
}

void deallocate(void* block, std::size_t alignment) noexcept {
  if (block == nullptr) return;
  const header h = *std::launder(reinterpret_cast<header*>(static_cast<std::byte*>(block) - sizeof(header)));
  if (h.whose != nullptr) discharge_heap(*h.whose, h.bytes);
  std::free(static_cast<std::byte*>(block) - front(alignment));
}

constexpr std::size_t usual = alignof(header);
constexpr std::size_t as_size(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

}  // namespace

// The linker takes this file from the archive for the first of these that the program needs, and so all of them.
void* operator new(std::size_t size) { return allocate(size, usual); }
void* operator new[](std::size_t size) { return allocate(size, usual); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size, usual); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size, usual); }
void* operator new(std::size_t size, std::align_val_t a) { return allocate(size, as_size(a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return allocate(size, as_size(a)); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, as_size(a));
}
void* operator new[](std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, as_size(a));
}

void operator delete(void* block) noexcept { deallocate(block, usual); }
void operator delete[](void* block) noexcept { deallocate(block, usual); }
void operator delete(void* block, std::size_t) noexcept { deallocate(block, usual); }
void operator delete[](void* block, std::size_t) noexcept { deallocate(block, usual); }
void operator delete(void* block, const std::nothrow_t&) noexcept { deallocate(block, usual); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { deallocate(block, usual); }
void operator delete(void* block, std::align_val_t a) noexcept { deallocate(block, as_size(a)); }
void operator delete[](void* block, std::align_val_t a) noexcept { deallocate(block, as_size(a)); }
void operator delete(void* block, std::size_t, std::align_val_t a) noexcept { deallocate(block, as_size(a)); }
void operator delete[](void* block, std::size_t, std::align_val_t a) noexcept { deallocate(block, as_size(a)); }
void operator delete(void* block, std::align_val_t a, const std::nothrow_t&) noexcept { deallocate(block, as_size(a)); }
void operator delete[](void* block, std::align_val_t a, const std::nothrow_t&) noexcept { deallocate(block, as_size(a)); }
