// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// What a runtime that is gone, or never came to be, must not leave in the program.
namespace foundation::testing {

inline std::size_t entries_in(const char* directory) {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

/// A joined thread may still be listed for a moment: wait for the number.
inline std::size_t thread_count() { return entries_in("/proc/self/task"); }

inline std::size_t descriptor_count() { return entries_in("/proc/self/fd"); }

inline std::size_t mapping_count() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(
      std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n'));
}

}  // namespace foundation::testing
