// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <foundation/detail/type_identity.hpp>

namespace foundation::inline v0::detail {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Whether the encoding of a function, `at` being just after its 'Z', names one of internal linkage: an 'L' before its
/// name, as in `L1fE` (static f) or `N2nsL1fE` (static ns::f).
bool names_internal_function(const char* at) noexcept {
  if (*at == 'L') return is_digit(at[1]);
  if (*at != 'N') return false;
  ++at;
  for (;;) {
    if (*at == 'L') return is_digit(at[1]);
    if (!is_digit(*at)) return false;
    std::size_t length = 0;
    while (is_digit(*at)) length = length * 10 + static_cast<std::size_t>(*at++ - '0');
    while (length-- > 0) {
      if (*at++ == '\0') return false;  // not an encoding after all
    }
  }
}

/// Whether a type's mangled name, as Clang writes it, says that the type has internal linkage: it lies in an anonymous
/// namespace (`_GLOBAL__N_1`), is a closure without a number of its own (`$_0`), or is local to a static function.
/// A name that only looks so costs its type its identity across shared objects, nothing else.
bool has_internal_linkage(const char* name) noexcept {
  if (std::strstr(name, "_GLOBAL__N_") != nullptr || std::strstr(name, "$_") != nullptr) return true;
  for (const char* at = std::strchr(name, 'Z'); at != nullptr; at = std::strchr(at + 1, 'Z')) {
    if (names_internal_function(at + 1)) return true;
  }
  return false;
}

}  // namespace

bool same_type_elsewhere(const std::type_info& a, const std::type_info& b) noexcept {
  // libstdc++'s own comparison: false for a name with a '*', else the names' characters.
  return a == b && !has_internal_linkage(a.name());
}

}  // namespace foundation::inline v0::detail
