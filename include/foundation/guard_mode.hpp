// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::inline v0 {

/// What lies below a stack, to catch an overflow.
///
/// A guarded overflow is a fault at the moment it happens, reported with the pid and label of the process; a canary is
/// found changed only when the stack is next looked at.
enum class guard_mode : std::uint8_t {
  automatic,  ///< the best the kernel has: `install`, else `mprotect`
  install,    ///< `MADV_GUARD_INSTALL` (Linux 6.13): a guard that costs no mapping, a million of them at once
  mprotect,   ///< a protected page; two mappings a stack, so only up to the system's limit (`vm.max_map_count`)
  canary,     ///< an ordinary page below the stack that must stay zero; no guard, no mapping, works everywhere
};

}  // namespace foundation::inline v0
