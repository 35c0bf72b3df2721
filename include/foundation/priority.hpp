// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::inline v0 {

/// How urgently a process is scheduled, with Erlang's rules.
///
/// While a process of `max` is ready on a scheduler, none of the other priorities runs there; likewise `high` before
/// `normal` and `low`. `normal` and `low` share the rest, `low` with fewer turns. Use `max` and `high` for short work
/// only: what they do not leave, nobody else gets.
enum class priority : std::uint8_t { low, normal, high, max };

}  // namespace foundation::inline v0
