// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <foundation/binary.hpp>

#include "base/base.hpp"

/// What large binaries share.
///
///   make(capacity), adopt(container)   any thread   a new one with one reference, or null
///   retain()                           a holder     for a copy
///   release()                          a holder     the last one frees
///   try_claim(end, count)              a holder     the right to write bytes [end, end + count), once
///
/// Rules
///   B1. Bytes are written before a binary that shows them exists, and never again: [0, used) belongs to the binaries,
///       [used, capacity) to nobody.
///   B2. Who moves `used` from the end of its own binary up owns the bytes between, until it shows them by a longer
///       binary. Only one can: `used` never goes back.
///   B3. A binary reaches another thread by whatever carries it there, which orders the writes of B2 before the reads.
///       The claim itself orders nothing, as nobody reads what is claimed; so it is relaxed.
namespace foundation::inline v0::detail {

class binary_buffer {
 public:
  [[nodiscard]] static binary_buffer* make(std::size_t capacity) noexcept;
  /// Takes the memory of a container, which is left empty; null: it is as it was.
  template <typename Container>
  [[nodiscard]] static binary_buffer* adopt(Container& container) noexcept;

  void retain() noexcept { holders_.fetch_add(1, sync::memory_order_relaxed); }  // the caller has one already
  void release() noexcept {
    // acq_rel: the last one out frees after everybody else's reads; their releases pair with its acquire
    if (holders_.fetch_sub(1, sync::memory_order_acq_rel) == 1) free();
  }
  [[nodiscard]] std::size_t holders() const noexcept { return holders_.load(sync::memory_order_relaxed); }

  /// B2. False: somebody else has gone on from there, or there is no room.
  [[nodiscard]] bool try_claim(std::size_t end, std::size_t count) noexcept {
    if (count > capacity_ - end) return false;
    return used_.compare_exchange_strong(end, end + count, sync::memory_order_relaxed);
  }

  [[nodiscard]] std::byte* bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// For its maker: how much of it is used, before anybody else has it.
  void set_used(std::size_t used) noexcept { used_.store(used, sync::memory_order_relaxed); }

 private:
  template <typename Container>
  struct adopted;

  binary_buffer(std::byte* bytes, std::size_t capacity, std::size_t own, std::size_t taken) noexcept
      : bytes_(bytes), capacity_(capacity), own_bytes_(own), adopted_bytes_(taken) {}
  ~binary_buffer() = default;
  [[gnu::noinline]] void free() noexcept;

  sync::atomic<std::size_t> holders_{1};  // binaries that refer to it
  sync::atomic<std::size_t> used_{0};     // moved by holders who append (B2)
  std::byte* const bytes_;
  const std::size_t capacity_;
  const std::size_t own_bytes_;                                   // of the block it stands in
  const std::size_t adopted_bytes_;                               // of its container's memory; 0: there is none
  void (*destroy_container_)(binary_buffer&) noexcept = nullptr;  // of an adopted one
};

struct binary_access {
  /// `size` bytes at `at` of a buffer, whose reference is handed over; copied if they are few.
  [[nodiscard]] static binary make(binary_buffer& counted, const std::byte* at, std::size_t size) noexcept;
  /// pre: at most `binary::inline_capacity` bytes
  [[nodiscard]] static binary make_small(const void* bytes, std::size_t size) noexcept;
};

}  // namespace foundation::inline v0::detail
