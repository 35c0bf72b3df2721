// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <foundation/inspect.hpp>

namespace foundation::proc {

class control_block;

/// What a process does at this moment, as far as it can be seen from outside. Any thread, guard.
struct sighting {
  process_status status;
  std::optional<unsigned> scheduler;  ///< that runs it
};
[[nodiscard]] sighting look_at(const control_block& p) noexcept;

}  // namespace foundation::proc
