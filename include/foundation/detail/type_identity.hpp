// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <typeinfo>

#include <foundation/export.hpp>

namespace foundation::inline v0::detail {

/// The cold half of `same_type`: two type_info objects at different addresses.
[[nodiscard]] FOUNDATION_API bool same_type_elsewhere(const std::type_info& a, const std::type_info& b) noexcept;

/// Whether two type_info objects stand for one type.
///
/// Addresses first: within one shared object a type has one type_info. A type that is visible in several shared objects
/// (a message that a plugin and its host both include) has one in each, with the same name, and still is one type. A
/// type of internal linkage (in an anonymous namespace, or local to a static function) is a type of its own in each
/// translation unit, whatever its name, so it matches by address alone. GCC's `type_info::operator==` knows this from
/// a '*' before the name; Clang writes no '*', so there the name itself is looked at.
///
/// Any thread; never fails. A pointer comparison when equal, one string comparison when not.
[[nodiscard]] inline bool same_type(const std::type_info& a, const std::type_info& b) noexcept {
  return &a == &b || same_type_elsewhere(a, b);
}

}  // namespace foundation::inline v0::detail
