// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <foundation/export.hpp>
#include <foundation/guard_mode.hpp>
#include <foundation/priority.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

/// What a process is made with. Every field has a default; `validate` tells what is out of range.
struct spawn_options {
  /// For people: shown in logs, dumps and crash reports; need not be unique. At most 255 bytes.
  std::string label = {};

  foundation::priority priority = foundation::priority::normal;

  /// Bytes of its stack, 16 KiB..1 GiB; 0: the runtime's `stack_size`.
  std::size_t stack_size = 0;

  /// How its stack's overflow is caught; `automatic`: as the runtime's `guard`.
  guard_mode guard = guard_mode::automatic;

  /// The index of the one scheduler it may run on; none: any. A pinned process is never stolen.
  std::optional<unsigned> scheduler = {};
};

/// Whether a process can be made with these options in a runtime of `schedulers` schedulers.
/// @any_thread
/// @errors errc::invalid_argument, whose message names the first option out of range, what was given and what is
///         allowed
[[nodiscard]] FOUNDATION_API result<void> validate(const spawn_options& options, unsigned schedulers) noexcept;

}  // namespace foundation::inline v0
