// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::testing {

/// The factor on the sizes of stress tests: the environment variable FOUNDATION_TEST_SCALE, else the build's option of
/// that name (1, less under sanitizers).
[[nodiscard]] double test_scale();

/// `count` times the scale, at least `least`; in a test whose suite has "nightly" in its name a hundred times as many.
[[nodiscard]] std::size_t scaled(std::size_t count, std::size_t least = 1);

}  // namespace foundation::testing
