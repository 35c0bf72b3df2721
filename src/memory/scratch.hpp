// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory_resource>

#include "base/base.hpp"
#include "memory/arena.hpp"
#include "memory/chunk_cache.hpp"
#include "memory/memory_policy.hpp"

namespace foundation::memory {

/// Memory for the time of a turn: an allocation moves a pointer, freeing does nothing, and `reset` takes all of it back. One
/// thread at a time.
///
///   chunk   [header | in use, or was ... | not used yet, poisoned ]
///                                        ^ cursor_               ^ end_, of the newest
class scratch final : public std::pmr::memory_resource {
 public:
  explicit scratch(const memory_policy& policy, growth_hook hook = {}) noexcept : policy_(policy), hook_(hook) {}
  ~scratch() override { static_cast<void>(release()); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  /// All that was allocated is free, and poisoned. Keeps the newest chunk, which is the largest, unless it is larger than the
  /// policy's largest.
  void reset() noexcept;
  /// The same, and keeps nothing. @returns the bytes returned
  std::size_t release() noexcept;

  [[nodiscard]] bool is_used() const noexcept { return chunks_ != nullptr && (chunks_->next != nullptr || cursor_ != chunks_->begin()); }
  /// Bytes it holds.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override;
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
  void note_held(std::ptrdiff_t bytes) noexcept;
  void drop(chunk& c) noexcept;

  const memory_policy policy_;
  const growth_hook hook_;
  std::byte* cursor_ = nullptr;
  std::byte* end_ = nullptr;
  chunk* chunks_ = nullptr;  // the newest first
  std::size_t held_ = 0;
};

}  // namespace foundation::memory
