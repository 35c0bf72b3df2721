// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/runtime.hpp>

namespace foundation::proc {
class process_space;
}

namespace foundation::inline v0::detail {

/// From the public runtime object to its processes, without knowing what else it is made of (layer runtime).
struct runtime_access {
  /// Each null for a moved-from runtime.
  [[nodiscard]] static proc::process_space* space(const runtime& rt) noexcept;
  [[nodiscard]] static rt::runtime_core* core(const runtime& rt) noexcept;
};

}  // namespace foundation::inline v0::detail
