// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "os/os.hpp"
#include "support/scale.hpp"

namespace foundation::os {
namespace {

// Two words that are equal whenever nobody is in: a thread that gets in beside another finds them different, or loses a count.
TEST(owned_lock_stress, lets_nobody_in_beside_its_owner) {
  owned_lock lock;
  sync::mutex others{base::lock_rank::leaf};
  std::uint64_t one = 0;
  std::uint64_t other = 0;
  const auto change = [&] {
    ASSERT_EQ(one, other);
    ++one;
    ++other;
  };
  const std::size_t rounds = testing::scaled(20'000'000, 100);
  sync::atomic<bool> done{false};
  std::uint64_t changes_of_others = 0;
  sync::thread owner([&] {
    for (std::size_t i = 0; i != rounds; ++i) {
      if (lock.try_lock()) {
        change();
        lock.unlock();
      } else {
        const sync::lock_guard guard(others);  // nobody can be taking it away
        change();
      }
    }
    done.store(true);
  });
  const auto take = [&] {
    while (!done.load()) {
      const sync::lock_guard guard(others);
      lock.take_away();
      for (int i = 0; i != 10; ++i) change();
      changes_of_others += 10;
      lock.give_back();
    }
  };
  sync::thread first(take);
  sync::thread second(take);
  owner.join();
  first.join();
  second.join();
  EXPECT_EQ(one, rounds + changes_of_others);
  EXPECT_GT(changes_of_others, 0u);
}

}  // namespace
}  // namespace foundation::os
