// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"

namespace foundation::proc {

/// What a send costs. Taking the message and handling it cost its receiver 2: one that does no more keeps up with a sender on
/// its scheduler, and the queue stays short. With 1 a flood of five million piled up half of them, and took half as long again.
inline constexpr std::uint32_t send_reductions = 3;

/// What a call of the library costs whoever makes it, whatever comes of the call (D4); nothing on a plain thread. May
/// end the caller's slice, so it is called before the work, outside of guards and locks.
inline void charge_caller(std::uint32_t reductions) noexcept {
  control_block* const caller = control_block::current();
  if (caller == nullptr || !sched::scheduler::current()->charge(reductions)) return;
  const library_scope scope(*caller);
  caller->end_slice_of_caller();
}

}  // namespace foundation::proc
