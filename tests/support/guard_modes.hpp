// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <foundation/guard_mode.hpp>

#include "os/os.hpp"

namespace foundation::testing {

/// The guard modes that this kernel has: what a test of each mode is instantiated with.
inline std::vector<guard_mode> guard_modes_here() {
  std::vector<guard_mode> modes{guard_mode::mprotect, guard_mode::canary};
  if (os::guard_install_supported()) modes.push_back(guard_mode::install);
  return modes;
}

inline std::string name_of(guard_mode mode) {
  return mode == guard_mode::install ? "install" : mode == guard_mode::mprotect ? "mprotect" : "canary";
}

}  // namespace foundation::testing
