// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstddef>
#include <fstream>

#include "base/base.hpp"
#include "os/os.hpp"

namespace foundation::testing {

/// Bytes of memory in use by this program, page tables not counted.
inline std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t pages = 0;
  file >> total >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Whether memory in use is what it is for users: a build for them, without sanitizers.
#if defined(NDEBUG)
inline constexpr bool memory_is_as_users_have_it =
    !os::building_with_asan && !os::building_with_tsan && !base::hostile;
#else
inline constexpr bool memory_is_as_users_have_it = false;
#endif

}  // namespace foundation::testing
