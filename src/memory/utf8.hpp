// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace foundation::memory {

/// What a text is made of.
struct utf8_text {
  bool valid = true;           ///< well-formed by the Unicode Standard, table 3-7: no surrogates, no overlong forms
  std::size_t characters = 0;  ///< code points before the end or the first bad byte
  std::size_t bad_byte = 0;    ///< where the first ill-formed sequence begins
};

[[nodiscard]] utf8_text read_utf8(std::string_view text) noexcept;

}  // namespace foundation::memory
