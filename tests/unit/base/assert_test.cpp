// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include "base/base.hpp"

namespace foundation::base {
namespace {

#if !defined(NDEBUG) || defined(FOUNDATION_HOSTILE)
constexpr bool asserting = true;
#else
constexpr bool asserting = false;
#endif
#if defined(FOUNDATION_HOSTILE)
constexpr bool checking_invariants = true;
#else
constexpr bool checking_invariants = false;
#endif

/// Whether it was looked at.
bool look(bool& looked, bool fact = true) {
  looked = true;
  return fact;
}

TEST(Assert, facts_that_hold_change_nothing) {
  bool looked = false;
  FOUNDATION_CHECK(look(looked), "it holds");
  EXPECT_TRUE(looked);
  FOUNDATION_ASSERT(1 + 1 == 2);
  FOUNDATION_INVARIANT(1 + 1 == 2);
}

TEST(Assert, facts_are_looked_at_only_in_builds_that_check_them) {
  bool asserted = false;
  FOUNDATION_ASSERT(look(asserted));
  EXPECT_EQ(asserted, asserting);
  bool invariant = false;
  FOUNDATION_INVARIANT(look(invariant));
  EXPECT_EQ(invariant, checking_invariants);
}

TEST(AssertDeathTest, a_check_that_fails_prints_place_fact_and_reason_and_aborts) {
  EXPECT_EXIT(FOUNDATION_CHECK(1 + 1 == 3, "sums"), ::testing::KilledBySignal(SIGABRT),
              "^foundation: .*assert_test\\.cpp:[0-9]+: 1 \\+ 1 == 3 \\(sums\\)\n$");
}

TEST(AssertDeathTest, a_place_that_is_reached_all_the_same_says_so) {
  EXPECT_EXIT(FOUNDATION_UNREACHABLE("after the end"), ::testing::KilledBySignal(SIGABRT),
              "assert_test\\.cpp:[0-9]+: unreachable \\(after the end\\)");
}

TEST(AssertDeathTest, an_assertion_that_fails_aborts_in_builds_that_check_it) {
  if (!asserting) GTEST_SKIP() << "not in this build";
  bool looked = false;
  EXPECT_EXIT(FOUNDATION_ASSERT(look(looked, false)), ::testing::KilledBySignal(SIGABRT),
              "look\\(looked, false\\) \\(assertion\\)");
}

TEST(AssertDeathTest, an_invariant_that_fails_aborts_in_the_hostile_build) {
  if (!checking_invariants) GTEST_SKIP() << "not in this build";
  bool looked = false;
  EXPECT_EXIT(FOUNDATION_INVARIANT(look(looked, false)), ::testing::KilledBySignal(SIGABRT), "\\(invariant\\)");
}

}  // namespace
}  // namespace foundation::base
