// SPDX-License-Identifier: Apache-2.0
#include "memory/compression.hpp"

// For ZSTD_customMem, the seam of allocation. These functions are in the shared library too; unchanged since 1.0.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include <cstring>
#include <memory>

#include "memory/backing.hpp"
#include "memory/binary_buffer.hpp"
#include "memory/refusal.hpp"

namespace foundation::memory {

namespace {

using foundation::detail::binary_access;
using foundation::detail::binary_buffer;

const ZSTD_customMem own_memory{[](void*, std::size_t bytes) { return allocate(bytes); },
                                [](void*, void* block) { deallocate(block); }, nullptr};

struct end {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  void operator()(std::byte* block) const noexcept { deallocate(block); }
  void operator()(binary_buffer* buffer) const noexcept { buffer->release(0); }
};
using block = std::unique_ptr<std::byte, end>;
using counted = std::unique_ptr<binary_buffer, end>;

/// RFC 8878, 3.1.1.2: a block has a header of 3 bytes and, unless it is empty, one more; it makes 128 KiB at most.
constexpr std::size_t least_block = 4;
constexpr std::size_t most_of_block = std::size_t{128} << 10;

/// The size that a frame says it makes, if it is one frame, whole, alone, and not larger than it can be.
result<std::size_t> size_inside(std::span<const std::byte> frame, std::size_t max_size) noexcept {
  constexpr unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
  if (frame.size() < sizeof magic || std::memcmp(frame.data(), magic, sizeof magic) != 0) {
    return refusal(errc::invalid_data, "data: {} bytes that are no zstd frame given", frame.size());
  }
  const unsigned long long inside = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (inside == ZSTD_CONTENTSIZE_ERROR || inside == ZSTD_CONTENTSIZE_UNKNOWN) {
    return refusal(errc::invalid_data, "data: a zstd frame of {} bytes that does not say its size given", frame.size());
  }
  if (inside > max_size) {
    return refusal(errc::invalid_data, "max_size: a zstd frame of {} bytes given, 0..{} allowed", inside, max_size);
  }
  const std::size_t length = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(length) != 0 || length != frame.size()) {
    return refusal(errc::invalid_data, "data: {} bytes given, one whole zstd frame allowed", frame.size());
  }
  if (inside > frame.size() / least_block * most_of_block) {
    return refusal(errc::invalid_data, "data: a zstd frame of {} bytes that says it makes {} given", frame.size(),
                   inside);
  }
  return static_cast<std::size_t>(inside);
}

}  // namespace

result<std::optional<binary>> compress(std::span<const std::byte> bytes, int level, std::size_t most) noexcept {
  const std::unique_ptr<ZSTD_CCtx, end> context(ZSTD_createCCtx_advanced(own_memory));
  const block out(static_cast<std::byte*>(allocate(most)));
  if (context == nullptr || out == nullptr) return errc::system_limit;
  // Neither fails: the parameters are known and in range.
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  const std::size_t size = ZSTD_compress2(context.get(), out.get(), most, bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) {
    if (ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall) return std::optional<binary>();
    return errc::system_limit;  // what is left is memory
  }
  auto frame = binary::copy(std::span<const std::byte>(out.get(), size));
  if (!frame) return frame.error();
  return std::optional<binary>(*std::move(frame));
}

result<binary> decompress(std::span<const std::byte> frame, std::size_t max_size) noexcept {
  const auto inside = size_inside(frame, max_size);
  if (!inside) return inside.error();
  const std::unique_ptr<ZSTD_DCtx, end> context(ZSTD_createDCtx_advanced(own_memory));
  counted out(binary_buffer::make(*inside));
  if (context == nullptr || out == nullptr) return errc::system_limit;
  const std::size_t size = ZSTD_decompressDCtx(context.get(), out->bytes(), *inside, frame.data(), frame.size());
  if (ZSTD_isError(size) != 0 && ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation) return errc::system_limit;
  if (ZSTD_isError(size) != 0 || size != *inside) {
    return refusal(errc::invalid_data, "data: a damaged zstd frame of {} bytes given", frame.size());
  }
  out->set_used(size);
  binary_buffer& made = *out.release();
  return binary_access::make(made, made.bytes(), size);
}

}  // namespace foundation::memory
