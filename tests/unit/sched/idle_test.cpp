// SPDX-License-Identifier: Apache-2.0
#include "sched/idle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "support/scale.hpp"

namespace foundation::sched {
namespace {

TEST(idle, names_nobody_when_nobody_is_parked) {
  idle set(4);
  EXPECT_EQ(set.notify_one(), std::nullopt);
}

TEST(idle, names_the_one_that_parked_last_and_counts_it_as_searching) {
  idle set(4);
  static_cast<void>(set.transition_to_parked(1, false));
  static_cast<void>(set.transition_to_parked(3, false));
  EXPECT_EQ(set.notify_one(), 3u);
  EXPECT_EQ(set.counts().searching(), 1u);
  EXPECT_EQ(set.counts().parked(), 1u);
  EXPECT_EQ(set.transition_from_parked(3), woken::to_search);
  EXPECT_TRUE(set.check_invariants());
}

TEST(idle, names_nobody_while_somebody_searches) {
  idle set(4);
  static_cast<void>(set.transition_to_parked(1, false));
  ASSERT_TRUE(set.transition_to_searching(0));
  EXPECT_EQ(set.notify_one(), std::nullopt);
  EXPECT_TRUE(set.transition_from_searching());
  EXPECT_EQ(set.notify_one(), 1u);
}

TEST(idle, lets_half_of_the_schedulers_search_rounded_up) {
  for (std::uint32_t schedulers = 1; schedulers <= 9; ++schedulers) {
    idle set(schedulers);
    std::uint32_t searching = 0;
    for (std::uint32_t index = 0; index != schedulers; ++index) searching += set.transition_to_searching(index) ? 1 : 0;
    EXPECT_EQ(searching, (schedulers + 1) / 2);
    while (searching-- != 0) EXPECT_EQ(set.transition_from_searching(), searching == 0);
  }
}

TEST(idle, tells_the_last_searcher_that_parks_to_look_again_and_only_it) {
  idle set(4);
  ASSERT_TRUE(set.transition_to_searching(0));
  ASSERT_TRUE(set.transition_to_searching(1));
  EXPECT_FALSE(set.transition_to_parked(0, true));
  EXPECT_TRUE(set.transition_to_parked(1, true));
}

TEST(idle, tells_one_that_parks_without_a_search_to_look_again_if_nobody_searches) {
  idle set(4);
  EXPECT_TRUE(set.transition_to_parked(0, false));
  ASSERT_TRUE(set.transition_to_searching(1));
  EXPECT_FALSE(set.transition_to_parked(2, false));
}

TEST(idle, works_for_one_scheduler_alone) {
  idle set(1);
  EXPECT_EQ(set.notify_one(), std::nullopt);
  ASSERT_TRUE(set.transition_to_searching(0));
  EXPECT_TRUE(set.transition_to_parked(0, true));
  EXPECT_EQ(set.notify_one(), 0u);
  EXPECT_EQ(set.notify_one(), std::nullopt);
  EXPECT_EQ(set.transition_from_parked(0), woken::to_search);
  EXPECT_TRUE(set.transition_from_searching());
  EXPECT_EQ(set.notify_one(), std::nullopt);
  EXPECT_TRUE(set.check_invariants());
}

TEST(idle, unparks_by_name_only_who_is_parked_and_only_once) {
  idle set(4);
  EXPECT_FALSE(set.unpark_specific(2));
  static_cast<void>(set.transition_to_parked(2, false));
  EXPECT_TRUE(set.is_parked(2));
  EXPECT_TRUE(set.unpark_specific(2));
  EXPECT_FALSE(set.unpark_specific(2));
  EXPECT_EQ(set.counts().searching(), 0u);
  EXPECT_EQ(set.transition_from_parked(2), woken::by_name);
}

TEST(idle, one_that_wakes_on_its_own_is_no_longer_named) {
  idle set(4);
  static_cast<void>(set.transition_to_parked(0, false));
  static_cast<void>(set.transition_to_parked(1, false));
  EXPECT_EQ(set.transition_from_parked(1), woken::on_its_own);
  EXPECT_FALSE(set.unpark_specific(1));
  EXPECT_EQ(set.notify_one(), 0u);
}

TEST(idle, has_room_for_the_most_schedulers) {
  const auto set = std::make_unique<idle>(idle::max_schedulers);
  for (std::uint32_t index = 0; index != idle::max_schedulers; ++index)
    static_cast<void>(set->transition_to_parked(index, false));
  EXPECT_TRUE(set->check_invariants());
  EXPECT_EQ(set->notify_one(), idle::max_schedulers - 1);
  for (std::uint32_t index = 0; index + 1 != idle::max_schedulers; ++index) EXPECT_TRUE(set->unpark_specific(index));
  EXPECT_EQ(set->counts().parked(), 0u);
}

// Against a model: what each scheduler is, and how many search.
TEST(idle_property, behaves_like_its_model_for_any_sequence_of_operations) {
  enum class is { awake, searching, parked, named_to_search, named };
  for (std::uint64_t seed = 1; seed <= testing::scaled(60); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto schedulers = static_cast<std::uint32_t>(1 + random() % 6);
    idle set(schedulers);
    std::vector<is> model(schedulers, is::awake);
    const auto count = [&](is what) {
      return static_cast<std::uint32_t>(std::count(model.begin(), model.end(), what));
    };
    const auto searching = [&] { return count(is::searching) + count(is::named_to_search); };
    for (int step = 0; step != 2000; ++step) {
      const auto index = static_cast<std::uint32_t>(random() % schedulers);
      is& one = model[index];
      switch (random() % 4) {
        case 0: {
          const bool expected = searching() == 0 && count(is::parked) != 0;
          const auto named = set.notify_one();
          ASSERT_EQ(named.has_value(), expected);
          if (named) {
            ASSERT_EQ(model[*named], is::parked);
            model[*named] = is::named_to_search;
          }
          break;
        }
        case 1: {
          ASSERT_EQ(set.unpark_specific(index), one == is::parked);
          if (one == is::parked) one = is::named;
          break;
        }
        default:
          if (one == is::awake && random() % 2 == 0) {
            const bool expected = 2 * searching() < schedulers;
            ASSERT_EQ(set.transition_to_searching(index), expected);
            if (expected) one = is::searching;
          } else if (one == is::awake || (one == is::searching && random() % 2 == 0)) {
            const bool was_searching = one == is::searching;
            one = is::parked;
            ASSERT_EQ(set.transition_to_parked(index, was_searching), searching() == 0);
          } else if (one == is::searching) {
            one = is::awake;
            ASSERT_EQ(set.transition_from_searching(), searching() == 0);
          } else {
            const woken expected = one == is::parked  ? woken::on_its_own
                                   : one == is::named ? woken::by_name
                                                      : woken::to_search;
            ASSERT_EQ(set.transition_from_parked(index), expected);
            one = one == is::named_to_search ? is::searching : is::awake;
          }
      }
      ASSERT_EQ(set.counts().searching(), searching());
      ASSERT_EQ(set.counts().parked(), count(is::parked));
      ASSERT_EQ(set.is_parked(index), model[index] == is::parked);
      ASSERT_TRUE(set.check_invariants());
    }
  }
}

}  // namespace
}  // namespace foundation::sched
