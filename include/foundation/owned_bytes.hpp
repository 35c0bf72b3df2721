// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <foundation/detail/owned_parts.hpp>

namespace foundation::inline v0 {

namespace detail {

struct owned_bytes_function {
  template <typename T>
  [[nodiscard]] std::size_t operator()(const T& value) const noexcept {
    owned_count all;
    count_owned(value, all);
    return all.bytes;
  }
};

}  // namespace detail

/// The bytes that a value owns outside of itself: what a copy of it would have to copy besides `sizeof`.
///
///     const std::size_t all = sizeof(rows) + fn::owned_bytes(rows);
///
/// Known for standard containers, pointers to one object, optionals, variants, tuples and aggregates, and for others that can do
/// the same: of containers in blocks what they have room for, of those in nodes an estimate; down to 24 levels. What is shared counts
/// for nothing: of a std::shared_ptr, or of a binary. A class that does not show what it owns says it by a function that is found
/// with it, is no template, does not throw, and says the same as long as nobody changes the value:
///
///     class index {
///       friend std::size_t owned_bytes(const index& i) noexcept { return i.capacity_ * sizeof(entry); }
///       …
///
/// Any thread that may read the value. One look for a container of what owns nothing; else linear in its elements.
inline constexpr detail::owned_bytes_function owned_bytes{};

}  // namespace foundation::inline v0
