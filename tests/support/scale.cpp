// SPDX-License-Identifier: Apache-2.0
#include "support/scale.hpp"

#include <algorithm>
#include <cstdlib>

namespace foundation::testing {

double test_scale() {
  static const double scale = [] {
    const char* text = std::getenv("FOUNDATION_TEST_SCALE");
    const double given = text == nullptr ? 0.0 : std::strtod(text, nullptr);
    return given > 0.0 ? given : static_cast<double>(FOUNDATION_TEST_SCALE);
  }();
  return scale;
}

std::size_t scaled(std::size_t count, std::size_t least) {
  return std::max(least, static_cast<std::size_t>(static_cast<double>(count) * test_scale()));
}

}  // namespace foundation::testing
