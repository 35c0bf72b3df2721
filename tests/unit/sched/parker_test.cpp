// SPDX-License-Identifier: Apache-2.0
#include "sched/parker.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace foundation::sched {
namespace {

using namespace std::chrono_literals;

TEST(parker, an_unpark_before_the_park_makes_it_return_at_once) {
  parker place;
  place.unpark();
  place.park();
}

TEST(parker, many_unparks_make_one_park_return) {
  parker place;
  place.unpark();
  place.unpark();
  EXPECT_TRUE(place.park_until(os::now() + 1h));
  EXPECT_FALSE(place.park_until(os::now() - 1s));
}

TEST(parker, a_park_whose_time_is_up_returns_false) {
  parker place;
  EXPECT_FALSE(place.park_until(os::now() - 1s));
  EXPECT_FALSE(place.park_until(os::now()));
  EXPECT_FALSE(place.park_until(os::now() + 1ms));
}

TEST(parker, a_token_counts_even_when_the_time_is_up) {
  parker place;
  place.unpark();
  EXPECT_TRUE(place.park_until(os::now() - 1s));
}

TEST(parker, a_timed_out_park_leaves_nothing_behind) {
  parker place;
  EXPECT_FALSE(place.park_until(os::now() - 1s));
  place.unpark();
  place.park();
  EXPECT_FALSE(place.park_until(os::now() - 1s));
}

TEST(parker, another_thread_wakes_the_sleeper) {
  parker place;
  sync::thread sleeper([&] { place.park(); });
  place.unpark();
  sleeper.join();
}

TEST(parker, another_thread_wakes_a_sleeper_that_would_wait_for_ever) {
  parker place;
  bool woken = false;
  sync::thread sleeper([&] { woken = place.park_until(os::time_point::max()); });
  place.unpark();
  sleeper.join();
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace foundation::sched
