// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::inline v0 {

/// How grave a log line is, from chatter to the last words; `off` only as a threshold. Named as spdlog's levels.
enum class log_level : std::uint8_t { trace, debug, info, warn, error, critical, off };

}  // namespace foundation::inline v0
