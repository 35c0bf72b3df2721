// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "os/os.hpp"

namespace foundation::os {
namespace {

TEST(Random, the_same_seed_gives_the_same_numbers) {
  random_generator a(42);
  random_generator b(42);
  random_generator c(43);
  for (int i = 0; i < 100; ++i) {
    const auto value = a.next();
    EXPECT_EQ(value, b.next());
    EXPECT_NE(value, c.next());
  }
}

TEST(Random, numbers_below_n_are_below_n_and_all_come_up) {
  random_generator random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) EXPECT_GT(count, 800);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, entropy_does_not_repeat) { EXPECT_NE(entropy(), entropy()); }

}  // namespace
}  // namespace foundation::os
