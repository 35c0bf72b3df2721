// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <foundation/binary.hpp>
#include <foundation/result.hpp>

/// One zstd frame, by libzstd, whose memory comes from the runtime's allocator.
namespace foundation::memory {

/// A frame with size and checksum; nothing where it would have more than `most` bytes (or might: the last few are what
/// zstd needs to work). pre: `level` is one of zstd's. @errors errc::system_limit
[[nodiscard]] result<std::optional<binary>> compress(std::span<const std::byte> bytes, int level,
                                                     std::size_t most) noexcept;

/// What is in a frame of which nothing is known. @errors errc::invalid_data, errc::system_limit
[[nodiscard]] result<binary> decompress(std::span<const std::byte> frame, std::size_t max_size) noexcept;

}  // namespace foundation::memory
