// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <new>
#include <utility>

#include <foundation/error.hpp>

namespace foundation::memory {

/// An error with a text; without one where there is no memory for it.
template <typename... Parts>
[[nodiscard]] error refusal(errc code, fmt::format_string<Parts...> format, Parts&&... parts) noexcept {
  try {
    return error(code, fmt::format(format, std::forward<Parts>(parts)...));
  } catch (const std::bad_alloc&) {
    return code;
  }
}

}  // namespace foundation::memory
