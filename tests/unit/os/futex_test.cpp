// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "os/os.hpp"

namespace foundation::os {
namespace {

TEST(Futex, does_not_sleep_when_the_word_has_changed) {
  sync::atomic<std::uint32_t> word{1};
  futex_wait(word, 0);
  EXPECT_TRUE(futex_wait_until(word, 0, time_point::max()));
}

TEST(Futex, says_that_the_deadline_has_passed) {
  sync::atomic<std::uint32_t> word{0};
  while (futex_wait_until(word, 0, now() + std::chrono::milliseconds(1))) {
  }
  EXPECT_FALSE(futex_wait_until(word, 0, time_point::min()));
  EXPECT_FALSE(futex_wait_until(word, 0, time_point{}));
}

TEST(Futex, a_change_followed_by_a_wake_is_never_missed) {
  sync::atomic<std::uint32_t> word{0};
  sync::atomic<std::uint32_t> answer{0};
  constexpr std::uint32_t rounds = 2000;
  sync::thread other([&] {
    for (std::uint32_t i = 0; i < rounds; ++i) {
      while (word.load() == i) futex_wait(word, i);
      answer.store(i + 1);
      futex_wake(answer, 1);
    }
  });
  for (std::uint32_t i = 0; i < rounds; ++i) {
    word.store(i + 1);
    futex_wake(word, 1);
    while (answer.load() == i) static_cast<void>(futex_wait_until(answer, i, time_point::max()));
  }
  other.join();
  EXPECT_EQ(answer.load(), rounds);
}

TEST(Futex, a_wake_of_all_reaches_every_sleeper) {
  sync::atomic<std::uint32_t> word{0};
  sync::atomic<int> woken{0};
  std::vector<sync::thread> sleepers;
  for (int i = 0; i < 4; ++i) {
    sleepers.emplace_back([&] {
      while (word.load() == 0) futex_wait(word, 0);
      woken.fetch_add(1);
    });
  }
  word.store(1);
  futex_wake(word, 1 << 30);
  for (auto& t : sleepers) t.join();
  EXPECT_EQ(woken.load(), 4);
}

}  // namespace
}  // namespace foundation::os
