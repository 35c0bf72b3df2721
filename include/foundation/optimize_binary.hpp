// SPDX-License-Identifier: Apache-2.0
/// Binaries in the form that suits what is done with them, and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include <foundation/binary.hpp>
#include <foundation/export.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

/// What a binary is to be good for.
enum class binary_strategy : std::uint8_t {
  automatic,     ///< by size: small ones as they are, then `sharing`, the largest ones `storage`
  sharing,       ///< cheap to send to many, and no larger buffer kept alive for it than it needs
  storage,       ///< kept for long: compressed, if that is worth it; else as for `sharing`
  transmission,  ///< sent elsewhere: compressed, if that makes it smaller at all; else as it is
};

/// What became of it.
enum class binary_form : std::uint8_t {
  heap,                ///< in the object, as few bytes are
  refc,                ///< in a reference-counted buffer
  compressed,          ///< compressed, for storage
  transmission_ready,  ///< for transmission; `encoding` says whether it is compressed
};

/// How bytes are to be read. Sent or stored beside them: it is never guessed from the bytes.
enum class binary_encoding : std::uint8_t {
  plain = 0,  ///< as they are
  zstd = 1,   ///< one zstd frame (RFC 8878), with the size and a checksum of what is in it
};

/// The codes' spelling in the source. Any thread; the string is static; "unknown" for a value that is none.
[[nodiscard]] FOUNDATION_API const char* name(binary_form form) noexcept;
[[nodiscard]] FOUNDATION_API const char* name(binary_encoding encoding) noexcept;

struct optimize_options {
  std::size_t sharing_size = 64;      ///< `automatic`: from so many bytes on as `sharing`; not more than `storage_size`
  std::size_t storage_size = 65'536;  ///< `automatic`: from so many bytes on as `storage`
  double ratio = 0.9;     ///< `storage` keeps the compressed form if it is smaller than this part; above 0, at most 1
  double min_used = 0.5;  ///< `sharing` copies a slice out of its buffer if it is less than this part of it; 0..1
  int level = 3;          ///< of zstd, 1..19: fast to small
};

struct optimized_binary {
  binary data;
  binary_form form = binary_form::heap;
  binary_encoding encoding = binary_encoding::plain;
  std::size_t size_before = 0;    ///< bytes given
  std::size_t buffer_before = 0;  ///< bytes of the buffer that they kept alive

  [[nodiscard]] std::size_t size_after() const noexcept { return data.size(); }
  [[nodiscard]] std::size_t buffer_after() const noexcept { return data.buffer_size(); }
};

/// Puts a binary into the form that a use wants. What it was given stays valid; where nothing has to change, the result
/// shares its buffer.
///
///     const auto kept = fn::optimize_binary(page, fn::binary_strategy::storage).value();
///     …
///     const fn::binary again = fn::restore_binary(kept).value();
///
/// Transmission never makes it larger, and storage keeps the compressed form only below `ratio`.
/// Any thread. Cost: `sharing` a copy, if any; compression a nanosecond or some a byte at level 3, hundreds at 19;
/// meanwhile about 1 MiB at level 3 and 80 MiB at 19, and as much as the result may have. A process does not give way
/// while it is compressed: do that to what is large on a thread of its own.
/// @errors errc::invalid_argument for an option out of range, with its name; errc::system_limit when memory is refused
[[nodiscard]] FOUNDATION_API result<optimized_binary> optimize_binary(
    binary data, binary_strategy strategy = binary_strategy::automatic, const optimize_options& options = {}) noexcept;

struct restore_options {
  std::size_t max_size = std::size_t{64} << 20;  ///< bytes of the result at most: larger ones are an error
};

/// The bytes that were optimized, from anywhere: a file, a socket, an enemy.
///
///     const auto request = fn::restore_binary(body, fn::binary_encoding::zstd, {.max_size = 1 << 20});
///     if (!request) return close(connection, request.error());
///
/// Takes exactly one frame as `optimize_binary` makes them, and looks at its size before it allocates. Never more than
/// `max_size`, nor more than 32,768 times the input, and some 100 KiB for zstd itself. Any thread; about half a
/// nanosecond a byte of the result.
/// @errors errc::invalid_data for what is damaged, cut short, followed by something else, no such frame, or larger than
///         `max_size`; errc::invalid_argument for an encoding that is none; errc::system_limit when memory is refused
[[nodiscard]] FOUNDATION_API result<binary> restore_binary(const binary& data, binary_encoding encoding,
                                                           const restore_options& options = {}) noexcept;

/// The same for what is still in one piece.
[[nodiscard]] inline result<binary> restore_binary(const optimized_binary& from,
                                                   const restore_options& options = {}) noexcept {
  return restore_binary(from.data, from.encoding, options);
}

}  // namespace foundation::inline v0
