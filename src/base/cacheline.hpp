// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::base {

/// Bytes two threads must not share to write independently: one line. (std::hardware_destructive_interference_size
/// depends on the compiler's tuning flags and so may not appear in a layout.)
inline constexpr std::size_t cacheline = 64;

}  // namespace foundation::base
