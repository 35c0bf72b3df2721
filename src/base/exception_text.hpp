// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <typeinfo>

namespace foundation::base {

/// A type's name as it is written in the source, `std::runtime_error`; the mangled name if it cannot be demangled.
/// Any thread; allocates, and throws std::bad_alloc.
[[nodiscard]] std::string demangled(const std::type_info& type);

/// What can be said of an exception.
struct exception_text {
  std::string type;  ///< demangled; says so where the exception is unknown (none, or of another language)
  std::string what;  ///< `what()` of a std::exception, or the text where a string was thrown; else empty
};

/// Describes the exception being handled. Call inside a `catch` block. Throws nothing but std::bad_alloc.
[[nodiscard]] exception_text current_exception_text();

}  // namespace foundation::base
