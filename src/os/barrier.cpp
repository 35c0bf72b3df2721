// SPDX-License-Identifier: Apache-2.0
#include "os/barrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace foundation::os {

namespace {

bool membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

bool register_membarrier() noexcept {
  if constexpr (building_with_tsan) return false;  // TSan sees no fence the kernel makes
  const long known = ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  return known > 0 && (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 &&
         membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

/// Decided once for the life of the program, at the first heavy barrier or by the initialiser below.
bool membarrier_registered() noexcept {
  static const bool registered = register_membarrier();
  return registered;
}

}  // namespace

namespace detail {
const bool light_is_free = membarrier_registered();
}  // namespace detail

void heavy_barrier() noexcept {
  if (!membarrier_registered()) {
    sync::fence_seq_cst();
    return;
  }
  const int errno_kept = errno;
  if (!membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
    // Light sides may already rely on it (B1), so there is no weaker way: a sandbox must allow what start-up was
    // allowed.
    FOUNDATION_CHECK(
        membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
        "heavy_barrier: membarrier worked at start-up and is refused now");
  }
  errno = errno_kept;
}

bool barriers_are_asymmetric() noexcept { return membarrier_registered(); }

}  // namespace foundation::os
