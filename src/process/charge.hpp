// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"

namespace foundation::proc {

/// What a call of the library costs whoever makes it, whatever comes of the call (D4); nothing on a plain thread. May
/// end the caller's slice, so it is called before the work, outside of guards and locks.
inline void charge_caller(std::uint32_t reductions) noexcept {
  control_block* const caller = control_block::current();
  if (caller == nullptr || !sched::scheduler::current()->charge(reductions)) return;
  const library_scope scope(*caller);
  caller->end_slice();
}

}  // namespace foundation::proc
