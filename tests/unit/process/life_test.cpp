// SPDX-License-Identifier: Apache-2.0
#include "process/life.hpp"

#include <gtest/gtest.h>

namespace foundation::proc {
namespace {

TEST(life, is_not_taken_while_the_process_is_in_the_library) {
  life each;
  EXPECT_FALSE(each.try_take());
  each.enter_user();
  EXPECT_FALSE(each.enter_library());
  EXPECT_FALSE(each.try_take());
  EXPECT_FALSE(each.abandoned());
}

TEST(life, is_taken_while_the_process_is_in_its_users_code) {
  life each;
  each.enter_user();
  EXPECT_TRUE(each.try_take());
  EXPECT_TRUE(each.abandoned());
  each.release();
  EXPECT_TRUE(each.abandoned());
}

TEST(life, is_taken_once) {
  life each;
  each.enter_user();
  ASSERT_TRUE(each.try_take());
  EXPECT_FALSE(each.try_take());
  each.release();
  EXPECT_FALSE(each.try_take());
}

TEST(life, a_process_that_comes_back_learns_that_it_was_given_up) {
  life each;
  each.enter_user();
  ASSERT_TRUE(each.try_take());
  each.release();
  EXPECT_TRUE(each.enter_library());
  each.enter_user();
  EXPECT_TRUE(each.enter_library()) << "and each time after that";
  EXPECT_TRUE(each.abandoned());
}

TEST(life, an_attempt_that_failed_leaves_no_trace) {
  life each;
  EXPECT_FALSE(each.try_take());
  each.enter_user();
  EXPECT_FALSE(each.enter_library());
  each.enter_user();
  EXPECT_TRUE(each.try_take());
}

TEST(life, a_process_that_was_never_in_its_users_code_is_never_taken) {
  life each;
  for (int i = 0; i != 3; ++i) {
    EXPECT_FALSE(each.try_take());
    EXPECT_FALSE(each.enter_library());
  }
}

}  // namespace
}  // namespace foundation::proc
