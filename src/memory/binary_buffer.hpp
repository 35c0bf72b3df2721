// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <foundation/binary.hpp>

#include "base/base.hpp"

/// What large binaries share.
///
///   make(capacity), adopt(container)   any thread   a new one with one reference, or null
///   show(size)                         its maker    the first binary shows so many of its bytes
///   retain(size)                       a binary     for another one, which shows so many
///   release(size)                      a binary     the last one frees
///   try_claim(end, count)              a binary     the right to write bytes [end, end + count), once: it shows them too
///
/// Rules
///   B1. Bytes are written before a binary that shows them exists, and never again: [0, used) belongs to the binaries,
///       [used, capacity) to nobody.
///   B2. Who moves `used` from the end of its own binary up owns the bytes between, until it shows them by a longer
///       binary. Only one can: `used` never goes back.
///   B3. A binary reaches another thread by whatever carries it there, which orders the writes of B2 before the reads.
///       The claim itself orders nothing, as nobody reads what is claimed; so it is relaxed.
///   B4. One word counts the binaries, and above them how much they show, in units of 64 bytes. Whoever moves that over the
///       line between sparse and not counts the buffer there: each crossing is seen by just one, in the order of the word.
///       Of more than 256 GiB shown the number has lost its upper digits; the count of binaries has not.
namespace foundation::inline v0::detail {

/// B4: how many binaries refer to a buffer, and how much they show.
struct binary_count {
  std::uint64_t word = 0;

  /// Of one binary.
  [[nodiscard]] static constexpr binary_count of_one(std::size_t shows) noexcept {
    return {std::uint64_t{shows / unit} << 32 | 1};
  }
  [[nodiscard]] constexpr std::uint32_t binaries() const noexcept { return static_cast<std::uint32_t>(word); }
  [[nodiscard]] constexpr std::uint32_t units_shown() const noexcept { return static_cast<std::uint32_t>(word >> 32); }

  static constexpr std::size_t unit = 64;
};

/// What of a buffer's count is sparse: less than a quarter of it shown.
struct sparse_line {
  std::uint32_t below = 0;  ///< units
  std::size_t bytes = 0;    ///< of the buffer

  [[nodiscard]] constexpr bool is_sparse(binary_count c) const noexcept {
    return c.units_shown() != 0 && c.units_shown() < below;
  }
  /// Its count was moved: in the statistics it may be another now.
  void note(binary_count before, binary_count after) const noexcept {
    if (is_sparse(before) != is_sparse(after)) [[unlikely]] cross(is_sparse(after));
  }

 private:
  void cross(bool to_sparse) const noexcept;
};

class binary_buffer {
 public:
  [[nodiscard]] static binary_buffer* make(std::size_t capacity) noexcept;
  /// Takes the memory of a container, which is left empty; null: it is as it was.
  template <typename Container>
  [[nodiscard]] static binary_buffer* adopt(Container& container) noexcept;

  void show(std::size_t size) noexcept {
    const auto first = binary_count::of_one(size);
    count_.store(first.word, sync::memory_order_relaxed);
    line_.note({}, first);
  }
  void retain(std::size_t size) noexcept { add(binary_count::of_one(size).word); }
  void release(std::size_t size) noexcept {
    const sparse_line line = line_;  // once it is counted out, the buffer may be gone
    const std::uint64_t one = binary_count::of_one(size).word;
    // acq_rel: the last one out frees after everybody else's reads; their releases pair with its acquire
    const binary_count before{count_.fetch_sub(one, sync::memory_order_acq_rel)};
    line.note(before, {before.word - one});
    if (before.binaries() == 1) free();
  }
  [[nodiscard]] std::size_t binaries() const noexcept {
    return binary_count{count_.load(sync::memory_order_relaxed)}.binaries();
  }

  /// B2. False: somebody else has gone on from there, or there is no room. `size`: of the binary, which shows them too.
  [[nodiscard]] bool try_claim(std::size_t end, std::size_t count, std::size_t size) noexcept {
    if (count > capacity_ - end) return false;
    if (!used_.compare_exchange_strong(end, end + count, sync::memory_order_relaxed)) return false;
    add(binary_count::of_one(size + count).word - binary_count::of_one(size).word);
    return true;
  }

  /// What it takes up, the container's memory included.
  [[nodiscard]] std::size_t footprint() const noexcept { return line_.bytes; }
  [[nodiscard]] std::byte* bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// For its maker: how much of it is used, before anybody else has it.
  void set_used(std::size_t used) noexcept { used_.store(used, sync::memory_order_relaxed); }

 private:
  template <typename Container>
  struct adopted;

  binary_buffer(std::byte* bytes, std::size_t capacity, std::size_t own, std::size_t taken) noexcept
      : bytes_(bytes), capacity_(capacity), line_{line_of(capacity), own + taken}, adopted_bytes_(taken) {}
  ~binary_buffer() = default;
  [[nodiscard]] static constexpr std::uint32_t line_of(std::size_t capacity) noexcept {
    return static_cast<std::uint32_t>(std::min<std::size_t>(capacity / binary_count::unit / 4, UINT32_MAX));
  }
  /// The caller has one already.
  void add(std::uint64_t more) noexcept {
    const binary_count before{count_.fetch_add(more, sync::memory_order_relaxed)};
    line_.note(before, {before.word + more});
  }
  [[gnu::noinline]] void free() noexcept;

  sync::atomic<std::uint64_t> count_{1};  // B4; from the beginning one, which shows nothing yet
  sync::atomic<std::size_t> used_{0};     // moved by binaries that are appended to (B2)
  std::byte* const bytes_;
  const std::size_t capacity_;
  const sparse_line line_;
  const std::size_t adopted_bytes_;                               // of its container's memory; 0: there is none
  void (*destroy_container_)(binary_buffer&) noexcept = nullptr;  // of an adopted one
};

class binary_holder;

struct binary_access {
  /// `size` bytes at `at` of a new buffer, whose reference is handed over; copied if they are few.
  [[nodiscard]] static binary make(binary_buffer& counted, const std::byte* at, std::size_t size) noexcept;
  /// pre: at most `binary::inline_capacity` bytes
  [[nodiscard]] static binary make_small(const void* bytes, std::size_t size) noexcept;
  /// From here on it counts for that process, or for nobody.
  static void hold(const binary& b, binary_holder* holder) noexcept;
  static void let_go(const binary& b) noexcept;
};

}  // namespace foundation::inline v0::detail
