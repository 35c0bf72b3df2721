// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::base {

/// The least multiple of `to`, a power of two, that is not below `n`. (A spawn would do four divisions.)
[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t to) noexcept { return (n + to - 1) & ~(to - 1); }

}  // namespace foundation::base
