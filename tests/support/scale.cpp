// SPDX-License-Identifier: Apache-2.0
#include "support/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace foundation::testing {

namespace {

double nightly_factor() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return 1;
  return std::string_view(test->test_suite_name()).find("nightly") == std::string_view::npos ? 1 : 100;
}

}  // namespace

double test_scale() {
  static const double scale = [] {
    const char* text = std::getenv("FOUNDATION_TEST_SCALE");
    const double given = text == nullptr ? 0.0 : std::strtod(text, nullptr);
    return given > 0.0 ? given : static_cast<double>(FOUNDATION_TEST_SCALE);
  }();
  return scale;
}

std::size_t scaled(std::size_t count, std::size_t least) {
  return std::max(least, static_cast<std::size_t>(static_cast<double>(count) * test_scale() * nightly_factor()));
}

}  // namespace foundation::testing
