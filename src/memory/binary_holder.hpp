// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/base.hpp"
#include "memory/backing_allocator.hpp"
#include "memory/binary_buffer.hpp"

/// The buffers that binaries of one process keep alive: each counts once, however many of them refer to it.
///
///   operation    who                          effect
///   make(told)   who makes the process        `told` is called when it has become so many bytes more; null when memory is refused
///   hold(b)      its process                  one binary more refers to b; false: memory was refused, and it is not counted
///   let_go(b)    any thread, once a hold      one less
///   retire()     its process, at its end      nobody is told any more
///   bytes()      any thread
///
/// A binary remembers the holder it counts for, and counts there until it ends or is let go, on whichever thread: it may have
/// been moved into a message of a type that does not show what it is made of. So a holder may outlive its process.
///
/// Rules
///   H1. `retired_` and the counts are under the mutex. Who is told is told outside of it.
///   H2. Whoever leaves it retired and without a buffer frees it: nobody has a reason to come back. Another thread may still be
///       inside `unlock`, which a mutex allows.
namespace foundation::inline v0::detail {

class binary_holder {
 public:
  struct listener {
    void (*grew)(void* self, std::size_t bytes) noexcept = nullptr;
    void* self = nullptr;
  };

  [[nodiscard]] static binary_holder* make(listener told) noexcept;
  binary_holder(const binary_holder&) = delete;
  binary_holder& operator=(const binary_holder&) = delete;

  /// The calling process's, or null: it has no limit, or none is calling. Defined where processes are (process/memory.cpp).
  [[nodiscard]] static binary_holder* here() noexcept;

  [[nodiscard]] bool hold(binary_buffer& b) noexcept FOUNDATION_EXCLUDES(mutex_);
  void let_go(binary_buffer& b) noexcept FOUNDATION_EXCLUDES(mutex_);
  void retire() noexcept FOUNDATION_EXCLUDES(mutex_);

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(sync::memory_order_relaxed); }

 private:
  using counts = boost::unordered_flat_map<binary_buffer*, std::uint32_t, std::hash<binary_buffer*>, std::equal_to<>,
                                           memory::backing_allocator<std::pair<binary_buffer* const, std::uint32_t>>>;

  explicit binary_holder(listener told) noexcept : told_(told) {}
  ~binary_holder() = default;
  void add(std::ptrdiff_t bytes) noexcept FOUNDATION_REQUIRES(mutex_) {
    bytes_.store(this->bytes() + static_cast<std::size_t>(bytes), sync::memory_order_relaxed);
  }
  static void discard(binary_holder* h) noexcept;

  const listener told_;  // its process's: called by it alone
  sync::mutex mutex_{base::lock_rank::binary_holder};
  counts binaries_of_ FOUNDATION_GUARDED_BY(mutex_);
  bool retired_ FOUNDATION_GUARDED_BY(mutex_) = false;
  sync::atomic<std::size_t> bytes_{0};  // written under the mutex; relaxed: others read a number
};

}  // namespace foundation::inline v0::detail
