// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "process/library_request.hpp"
#include "process/tally.hpp"

namespace foundation::proc {

class control_block;

/// Asks a process to give back what it holds and does not use.
struct memory_request : library_request {
  tally::duty duty;
  const bool stack_too;  ///< also pages of its stack

  /// Whether a process that is asked may have something to give. Any thread, guard.
  [[nodiscard]] static bool concerns(const control_block& p, bool stack_too) noexcept;

  enum class outcome : std::uint8_t { asked, dead, no_memory };
  /// Asks `p`, which will answer to `to`. Any thread, guard; never waits.
  static outcome send(control_block& p, tally& to, bool stack_too) noexcept;

 private:
  memory_request(tally& to, bool stacks) noexcept : library_request(wish::memory), duty(to), stack_too(stacks) {}
};

}  // namespace foundation::proc
