// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::proc {

class control_block;

/// Says on the standard error stream that `p` ran over its stack of `size` bytes. Async-signal-safe: no allocation, no
/// locks, no stdio.
void report_overflow(const control_block& p, std::size_t size) noexcept;

}  // namespace foundation::proc
