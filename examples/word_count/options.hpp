// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <foundation/foundation.hpp>

namespace word_count {

struct options {
  std::string directory;
  std::size_t top = 20;
  unsigned schedulers = 0;  // 0: one for each CPU the program may use
  std::size_t in_flight = 64;
  bool help = false;
};

extern const char* const usage;

/// @errors errc::invalid_argument, whose message says what is wrong
[[nodiscard]] foundation::result<options> parse(int argc, char** argv);

}  // namespace word_count
