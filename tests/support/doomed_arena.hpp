// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <new>
#include <vector>

namespace foundation::testing {

/// Stands for the arena of a process: what it gave out is overwritten and freed when it is destroyed, and not before,
/// whether it was given back or not. Who still uses any of it then reads rubbish, and is caught by a sanitizer.
class doomed_arena final : public std::pmr::memory_resource {
 public:
  doomed_arena() = default;
  doomed_arena(const doomed_arena&) = delete;
  doomed_arena& operator=(const doomed_arena&) = delete;
  ~doomed_arena() override {
    for (const block& b : blocks_) {
      std::memset(b.memory, 0xdd, b.bytes);
      ::operator delete(b.memory, std::align_val_t{b.alignment});
    }
  }

  /// Blocks given out so far.
  [[nodiscard]] std::size_t made() const noexcept { return blocks_.size(); }

 private:
  struct block {
    void* memory;
    std::size_t bytes;
    std::size_t alignment;
  };

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* const memory = ::operator new(bytes, std::align_val_t{alignment});
    blocks_.push_back({memory, bytes, alignment});
    return memory;
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::vector<block> blocks_;
};

/// While it lives, the default resource refuses everything: nothing may have asked it.
class no_default_resource {
 public:
  no_default_resource() noexcept : before_(std::pmr::set_default_resource(std::pmr::null_memory_resource())) {}
  ~no_default_resource() { std::pmr::set_default_resource(before_); }
  no_default_resource(const no_default_resource&) = delete;
  no_default_resource& operator=(const no_default_resource&) = delete;

 private:
  std::pmr::memory_resource* before_;
};

}  // namespace foundation::testing
