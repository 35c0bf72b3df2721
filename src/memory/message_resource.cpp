// SPDX-License-Identifier: Apache-2.0
#include <foundation/message_resource.hpp>

#include <cstdint>
#include <limits>
#include <new>

#include "base/base.hpp"
#include "memory/backing.hpp"

namespace foundation::inline v0 {

namespace {

/// Blocks of a larger alignment than the backing's have the backing's own block written in front of them.
class backing_resource final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (alignment <= memory::backing_alignment) {
      void* const block = memory::allocate(bytes);
      if (block == nullptr) throw std::bad_alloc();
      return block;
    }
    // The backing's block is aligned to 16, so before the first aligned address behind it there is room for a pointer.
    if (bytes > std::numeric_limits<std::size_t>::max() - alignment) throw std::bad_alloc();
    void* const block = memory::allocate(bytes + alignment);
    if (block == nullptr) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    void** const aligned = reinterpret_cast<void**>((address + alignment) & ~(std::uintptr_t{alignment} - 1));
    aligned[-1] = block;
    return aligned;
  }

  void do_deallocate(void* block, std::size_t, std::size_t alignment) override {
    memory::deallocate(alignment <= memory::backing_alignment ? block : static_cast<void**>(block)[-1]);
  }

  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

/// Never destroyed: messages may be freed after the program's statics.
union immortal {
  constexpr immortal() noexcept : resource() {}
  ~immortal() {}  // NOLINT: on purpose
  backing_resource resource;
};
constinit immortal the_one;

}  // namespace

std::pmr::memory_resource* message_resource() noexcept { return &the_one.resource; }

}  // namespace foundation::inline v0
