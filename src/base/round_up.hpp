// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::base {

/// The least multiple of `to` that is not below `n`.
[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t to) noexcept { return (n + to - 1) / to * to; }

}  // namespace foundation::base
