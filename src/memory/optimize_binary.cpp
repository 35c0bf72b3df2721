// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include <foundation/optimize_binary.hpp>

#include "memory/compression.hpp"
#include "memory/refusal.hpp"

namespace foundation::inline v0 {

namespace {

using memory::refusal;

result<void> validate(binary_strategy strategy, const optimize_options& options) noexcept {
  if (strategy > binary_strategy::transmission) {
    return error::out_of_range("strategy", static_cast<std::int64_t>(strategy), 0, 3);
  }
  if (options.sharing_size > options.storage_size) {
    return refusal(errc::invalid_argument, "sharing_size: {} given, 0..{} (storage_size) allowed", options.sharing_size,
                   options.storage_size);
  }
  // Written so that what is no number is refused.
  if (!(options.ratio > 0 && options.ratio <= 1)) {
    return refusal(errc::invalid_argument, "ratio: {} given, above 0 and at most 1 allowed", options.ratio);
  }
  if (!(options.min_used >= 0 && options.min_used <= 1)) {
    return refusal(errc::invalid_argument, "min_used: {} given, 0..1 allowed", options.min_used);
  }
  if (options.level < 1 || options.level > 19) return error::out_of_range("level", options.level, 1, 19);
  return {};
}

/// Takes a slice out of a buffer that is too large for it.
result<void> share(optimized_binary& b, const optimize_options& options) noexcept {
  const auto used = static_cast<double>(b.data.size());
  if (used >= options.min_used * static_cast<double>(b.data.buffer_size())) return {};
  return b.data.compact();
}

/// Compresses it, if fewer than `bound` bytes come of it. @returns whether it did
result<bool> compress(optimized_binary& b, double bound, int level) noexcept {
  const double most = std::ceil(bound) - 1;
  if (most < 1) return false;
  auto frame = memory::compress(b.data.bytes(), level, static_cast<std::size_t>(most));
  if (!frame) return frame.error();
  if (!*frame) return false;
  b.data = *std::move(*frame);
  b.encoding = binary_encoding::zstd;
  return true;
}

}  // namespace

const char* name(binary_form form) noexcept {
  switch (form) {
    case binary_form::heap:
      return "heap";
    case binary_form::refc:
      return "refc";
    case binary_form::compressed:
      return "compressed";
    case binary_form::transmission_ready:
      return "transmission_ready";
  }
  return "unknown";
}

const char* name(binary_encoding encoding) noexcept {
  switch (encoding) {
    case binary_encoding::plain:
      return "plain";
    case binary_encoding::zstd:
      return "zstd";
  }
  return "unknown";
}

result<optimized_binary> optimize_binary(binary data, binary_strategy strategy,
                                         const optimize_options& options) noexcept {
  if (auto valid = validate(strategy, options); !valid) return valid.error();
  optimized_binary b;
  b.size_before = data.size();
  b.buffer_before = data.buffer_size();
  b.data = std::move(data);
  b.form = b.data.is_inline() ? binary_form::heap : binary_form::refc;
  const auto size = static_cast<double>(b.size_before);

  if (strategy == binary_strategy::automatic) {
    if (b.size_before < options.sharing_size) return b;
    strategy = b.size_before < options.storage_size ? binary_strategy::sharing : binary_strategy::storage;
  }
  if (strategy == binary_strategy::transmission) {
    const auto done = compress(b, size, options.level);
    if (!done) return done.error();
    b.form = binary_form::transmission_ready;
    return b;
  }
  if (strategy == binary_strategy::storage) {
    const auto done = compress(b, size * options.ratio, options.level);
    if (!done) return done.error();
    if (*done) {
      b.form = binary_form::compressed;
      return b;
    }
  }
  if (auto shared = share(b, options); !shared) return shared.error();
  return b;
}

result<binary> restore_binary(const binary& data, binary_encoding encoding, const restore_options& options) noexcept {
  switch (encoding) {
    case binary_encoding::plain:
      if (data.size() <= options.max_size) return data;
      return refusal(errc::invalid_data, "max_size: {} bytes given, 0..{} allowed", data.size(), options.max_size);
    case binary_encoding::zstd:
      return memory::decompress(data.bytes(), options.max_size);
  }
  return error::out_of_range("encoding", static_cast<std::int64_t>(encoding), 0, 1);
}

}  // namespace foundation::inline v0
