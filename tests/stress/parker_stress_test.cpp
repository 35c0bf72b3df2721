// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include "sched/parker.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

using namespace std::chrono_literals;

// Two threads hand a turn to each other: one lost wake-up and the test hangs.
TEST(parker_stress, no_wake_up_is_lost_between_two_threads) {
  const std::size_t rounds = testing::scaled(100'000);
  parker places[2];
  std::size_t turns = 0;  // plain: handed over by unpark and park
  const auto play = [&](std::size_t self) {
    for (std::size_t round = 0; round != rounds; ++round) {
      places[self].park();
      EXPECT_EQ(turns % 2, self);
      ++turns;
      places[1 - self].unpark();
    }
  };
  places[0].unpark();
  sync::thread other([&] { play(1); });
  play(0);
  other.join();
  EXPECT_EQ(turns, 2 * rounds);
}

// A sleeper that gives up all the time still sees everything it is told.
TEST(parker_stress, no_wake_up_is_lost_against_time_outs) {
  const std::size_t rounds = testing::scaled(50'000);
  parker place;
  parker answers;
  sync::atomic<std::size_t> told{0};
  sync::thread sleeper([&] {
    std::size_t seen = 0;
    while (seen != rounds) {
      if (!place.park_until(os::now() + std::chrono::nanoseconds(seen % 50'000))) continue;
      const std::size_t now = told.load(sync::memory_order_relaxed);  // published by the token
      EXPECT_GE(now, seen);
      if (now == seen) continue;
      seen = now;
      answers.unpark();
    }
  });
  for (std::size_t round = 1; round <= rounds; ++round) {
    told.store(round, sync::memory_order_relaxed);
    place.unpark();
    answers.park();
  }
  sleeper.join();
}

TEST(parker_stress, several_threads_may_unpark_one_sleeper) {
  const std::size_t each = testing::scaled(50'000);
  constexpr std::size_t wakers = 3;
  parker place;
  sync::atomic<std::size_t> told{0};
  sync::thread threads[wakers];
  for (auto& thread : threads) {
    thread = sync::thread([&] {
      for (std::size_t i = 0; i != each; ++i) {
        told.fetch_add(1, sync::memory_order_relaxed);
        place.unpark();
      }
    });
  }
  while (told.load(sync::memory_order_relaxed) != wakers * each) place.park();
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace foundation::sched
