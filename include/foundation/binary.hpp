// SPDX-License-Identifier: Apache-2.0
/// Immutable bytes that are cheap to copy, slice and send (Erlang's binaries).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <foundation/export.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

namespace detail {
class binary_buffer;
class binary_holder;
struct binary_access;
}  // namespace detail

/// Bytes that never change: up to 63 of them in the object itself, more in a buffer that copies and slices share.
///
///     fn::binary page = fn::binary::copy(html).value();
///     fn::send(logger, page);                                  // another reference to the same bytes
///     const fn::binary title = page.slice(at, length).value();  // the same
///
/// 64 bytes in size. A copy never allocates and never throws: 64 bytes and, from 64 bytes of content on, an atomic
/// increment. The buffer is freed with the last binary that refers to it, on that one's thread. A binary may be sent
/// and copied to any thread; as any value, one object is for one thread at a time. What allocates returns a result.
/// Made, copied or received in a process with a `max_memory`, it counts there (process_memory.hpp): a copy is then a look
/// into a table, under a lock.
///
/// Size decides where the bytes are, and nothing else: below 64 they are always in the object, so a small slice keeps
/// no buffer alive. A slice of 64 bytes or more keeps the whole buffer: `buffer_size` tells, `compact` helps.
///
/// Ordered byte by byte, a shorter one before what it is the beginning of; hashed as a `std::string_view` of the same
/// bytes. Prints as `<<"GET /\r\n">>`, cut after 64 bytes (foundation/fmt.hpp).
///
/// Semantics: Erlang's binaries (Efficiency Guide, "Constructing and Matching Binaries": heap binaries up to 64 bytes,
/// refc binaries, sub binaries).
class binary {
 public:
  /// Bytes that fit into the object.
  static constexpr std::size_t inline_capacity = 63;
  /// The count that `slice` takes for: up to the end.
  static constexpr std::size_t rest = static_cast<std::size_t>(-1);

  /// No bytes.
  binary() noexcept : small_{} {}

  binary(const binary& other) noexcept {
    std::memcpy(&small_, &other.small_, sizeof small_);
    if (is_large()) retain();
  }
  /// Leaves `other` empty.
  binary(binary&& other) noexcept {
    std::memcpy(&small_, &other.small_, sizeof small_);
    other.small_.size = 0;
  }
  binary& operator=(const binary& other) noexcept {
    binary copy(other);
    swap(copy);
    return *this;
  }
  binary& operator=(binary&& other) noexcept {
    binary taken(static_cast<binary&&>(other));
    swap(taken);
    return *this;
  }
  ~binary() {
    if (is_large()) release();
  }

  /// Exchanges two binaries; nothing is allocated or counted.
  void swap(binary& other) noexcept {
    small_part kept;
    std::memcpy(&kept, &small_, sizeof kept);
    std::memcpy(&small_, &other.small_, sizeof kept);
    std::memcpy(&other.small_, &kept, sizeof kept);
  }

  /// A binary of a copy of these bytes. Any thread; one allocation from 64 bytes on.
  ///
  ///     const auto greeting = fn::binary::copy("hello");
  ///
  /// @errors errc::system_limit when memory is refused
  [[nodiscard]] FOUNDATION_API static result<binary> copy(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] FOUNDATION_API static result<binary> copy(std::string_view text) noexcept;

  /// A binary of what a container holds. From 256 bytes on it takes the container's own memory, without a copy, unless
  /// more than half of that is unused; smaller ones are copied, which costs no more. Any thread; one small allocation.
  ///
  ///     auto page = fn::binary::take(std::move(body));  // a std::string
  ///
  /// The container is left empty. Its memory goes back to the host's `operator delete` with the last reference.
  /// @errors errc::system_limit when memory is refused: the container is then as it was
  [[nodiscard]] FOUNDATION_API static result<binary> take(std::vector<std::byte>&& bytes) noexcept;
  [[nodiscard]] FOUNDATION_API static result<binary> take(std::vector<char>&& bytes) noexcept;
  [[nodiscard]] FOUNDATION_API static result<binary> take(std::vector<unsigned char>&& bytes) noexcept;
  [[nodiscard]] FOUNDATION_API static result<binary> take(std::string&& text) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return is_large() ? large_.size : small_.size; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const std::byte* data() const& noexcept { return is_large() ? large_.at : small_.bytes; }

  /// The bytes, valid until this object is destroyed, moved from or assigned to: copies of it do not keep them there.
  [[nodiscard]] std::span<const std::byte> bytes() const& noexcept { return {data(), size()}; }
  [[nodiscard]] std::string_view text() const& noexcept { return {reinterpret_cast<const char*>(data()), size()}; }
  // A view into an object that ends with the expression.
  const std::byte* data() const&& = delete;
  std::span<const std::byte> bytes() const&& = delete;
  std::string_view text() const&& = delete;

  /// pre: `index < size()`
  [[nodiscard]] std::byte operator[](std::size_t index) const noexcept { return data()[index]; }

  /// `count` bytes from `offset` on. From 64 bytes on they share the buffer. Any thread; allocates nothing.
  ///
  ///     const auto body = request.slice(header_size);
  ///
  /// @errors errc::invalid_argument when they are not all in it. Semantics: `binary:part/3`
  [[nodiscard]] FOUNDATION_API result<binary> slice(std::size_t offset, std::size_t count = rest) const noexcept;

  /// Makes this binary longer by a copy of `more`, which may be a part of itself. Nobody else sees a change.
  ///
  ///     fn::binary line;
  ///     for (std::string_view word : words) line.append(word).value();
  ///
  /// Amortised linear: a buffer made by `append` has room for as much again, at least for 256 bytes; the first one to
  /// append to a binary that ends where the buffer's used part ends goes on in place. Who appends to another copy of
  /// the same binary gets a buffer of its own.
  /// @errors errc::system_limit when memory is refused: this binary is then as it was
  /// Semantics: `<<Binary/binary, More/binary>>` (Efficiency Guide, "Constructing Binaries").
  result<void> append(std::span<const std::byte> more) noexcept { return append_bytes(more.data(), more.size()); }
  result<void> append(std::string_view more) noexcept { return append_bytes(more.data(), more.size()); }
  result<void> append(const binary& more) noexcept { return append(more.bytes()); }

  /// Moves the bytes to a buffer of just their size, if the present one is larger. So a small slice no longer keeps a
  /// large buffer alive, which is freed if nobody else has a part of it. Any thread; at most one allocation and a copy.
  ///
  ///     state.key = request.slice(0, 100).value();
  ///     state.key.compact().value();
  ///
  /// @errors errc::system_limit when memory is refused: this binary is then as it was
  /// Semantics: `binary:copy/1`, where it saves something.
  FOUNDATION_API result<void> compact() noexcept;

  /// Whether the bytes are in the object: `size() <= inline_capacity`.
  [[nodiscard]] bool is_inline() const noexcept { return !is_large(); }

  /// Bytes of the buffer that this binary keeps alive, with the room for more behind; `size()` when it is inline.
  /// Semantics: `binary:referenced_byte_size/1`.
  [[nodiscard]] FOUNDATION_API std::size_t buffer_size() const noexcept;

  /// Tells whether two binaries keep the same buffer alive, as to count it once; null when it is inline.
  [[nodiscard]] const void* buffer() const noexcept { return is_large() ? large_.buffer : nullptr; }

  /// Whether other binaries refer to the same buffer: true a moment ago, and by the time of use perhaps no more.
  [[nodiscard]] FOUNDATION_API bool is_shared() const noexcept;

  [[nodiscard]] friend bool operator==(const binary& a, const binary& b) noexcept { return a.text() == b.text(); }
  [[nodiscard]] friend bool operator==(const binary& a, std::string_view b) noexcept { return a.text() == b; }
  [[nodiscard]] friend std::strong_ordering operator<=>(const binary& a, const binary& b) noexcept {
    return a.text() <=> b.text();
  }

 private:
  friend struct detail::binary_access;

  static constexpr std::uint8_t large_mark = 0xff;

  // The first byte is common to both and tells which one it is.
  struct small_part {
    std::uint8_t size;  // 0..63
    std::byte bytes[inline_capacity];
  };
  struct large_part {
    std::uint8_t mark;  // large_mark
    detail::binary_buffer* buffer;
    const std::byte* at;
    std::size_t size;                       // 64 or more
    mutable detail::binary_holder* holder;  // the process it counts for, or null: nobody sees that
  };

  /// Counted nowhere yet.
  binary(detail::binary_buffer* buffer, const std::byte* at, std::size_t size) noexcept
      : large_{large_mark, buffer, at, size, nullptr} {}

  [[nodiscard]] bool is_large() const noexcept { return small_.size == large_mark; }
  FOUNDATION_API void retain() noexcept;   // pre: is_large()
  FOUNDATION_API void release() noexcept;  // pre: is_large()
  FOUNDATION_API result<void> append_bytes(const void* more, std::size_t count) noexcept;
  [[nodiscard]] result<void> append_to_copy(const void* more, std::size_t count) noexcept;

  union {
    small_part small_;
    large_part large_;
  };
};

static_assert(sizeof(binary) == 64);

/// The buffers of all binaries of the program.
struct binary_figures {
  std::size_t buffers = 0;          ///< alive now
  std::size_t bytes = 0;            ///< that they take up, their headers and unused room included
  std::size_t adopted_buffers = 0;  ///< of them: taken over from containers
  std::size_t adopted_bytes = 0;    ///< of them: the containers' memory, which is the host's
  std::size_t sparse_buffers = 0;   ///< of all: those of which all their binaries together show less than a quarter
  std::size_t sparse_bytes = 0;     ///< that these take up: small slices keep them alive, or `append` has left them room
};

/// What the binaries of the program take up. Any thread, lock-free; sums up a few counters, which other threads move
/// meanwhile.
///
///     const fn::binary_figures now = fn::binary_statistics();
///
/// Semantics: `erlang:memory(binary)`.
[[nodiscard]] FOUNDATION_API binary_figures binary_statistics() noexcept;

}  // namespace foundation::inline v0

template <>
struct std::hash<foundation::binary> {
  [[nodiscard]] std::size_t operator()(const foundation::binary& b) const noexcept {
    return std::hash<std::string_view>{}(b.text());
  }
};
