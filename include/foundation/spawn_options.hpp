// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <foundation/export.hpp>
#include <foundation/guard_mode.hpp>
#include <foundation/memory_strategy.hpp>
#include <foundation/priority.hpp>
#include <foundation/process_memory.hpp>
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

  /// How its arena gets its memory, and what it keeps.
  memory_strategy memory = memory_strategy::standard;

  /// When it gives back what it does not use.
  gc_strategy gc = {};

  /// Bytes it may have, 4096 or more (with `low_latency` 128 KiB); 0: as many as there are. Counted are its arena and scratch,
  /// the messages in its mailbox with what they own, its stack at waits, and the binaries it keeps alive; with foundation::count_new
  /// also what it has from `operator new` (`memory_usage`).
  std::size_t max_memory = 0;

  /// What happens to it beyond that.
  memory_breach on_max_memory = memory_breach::exit;
};

/// Whether a process can be made with these options in a runtime of `schedulers` schedulers.
/// @any_thread
/// @errors errc::invalid_argument, whose message names the first option out of range, what was given and what is
///         allowed
[[nodiscard]] FOUNDATION_API result<void> validate(const spawn_options& options, unsigned schedulers) noexcept;

}  // namespace foundation::inline v0
