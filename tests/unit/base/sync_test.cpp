// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "base/base.hpp"

namespace foundation::sync {
namespace {

using base::lock_rank;

#if !defined(NDEBUG) || defined(FOUNDATION_HOSTILE)
constexpr bool ranks_checked = true;
#else
constexpr bool ranks_checked = false;
#endif

TEST(Mutex, keeps_others_out_until_it_is_unlocked) {
  mutex m(lock_rank::leaf);
  long count = 0;  // under the mutex
  const auto add = [&] {
    for (int i = 0; i != 10'000; ++i) {
      const lock_guard lock(m);
      ++count;
    }
  };
  std::thread other(add);
  add();
  other.join();
  EXPECT_EQ(count, 20'000);
}

TEST(Mutex, is_not_had_by_a_try_while_another_thread_holds_it) {
  mutex m(lock_rank::leaf);
  m.lock();
  std::thread([&] { EXPECT_FALSE(m.try_lock()); }).join();
  m.unlock();
  std::thread([&] {
    if (m.try_lock()) {
      m.unlock();
    } else {
      ADD_FAILURE() << "nobody holds it";
    }
  }).join();
}

TEST(Mutex, locks_of_later_ranks_may_be_taken_inside_and_given_back_in_any_order) {
  mutex outer(lock_rank::runtime_directory);
  mutex middle(lock_rank::timer_wheel);
  mutex inner(lock_rank::leaf);
  for (int twice = 0; twice != 2; ++twice) {
    outer.lock();
    middle.lock();
    inner.lock();
    outer.unlock();
    middle.unlock();
    inner.unlock();
  }
  EXPECT_EQ(base::this_thread().held_locks, 0u);
}

TEST(Mutex, ranks_are_counted_for_each_thread) {
  mutex outer(lock_rank::runtime_directory);
  mutex inner(lock_rank::leaf);
  const lock_guard lock(inner);
  std::thread([&] { const lock_guard alone(outer); }).join();
}

constexpr const char* report = "mutex: a lock of a later or the same rank is already held";

TEST(MutexDeathTest, a_lock_of_an_earlier_rank_taken_inside_ends_a_checking_build) {
  if (!ranks_checked) GTEST_SKIP() << "not in this build";
  mutex outer(lock_rank::runtime_directory);
  mutex inner(lock_rank::leaf);
  EXPECT_EXIT(
      {
        const lock_guard early(inner);
        const lock_guard late(outer);
      },
      ::testing::KilledBySignal(SIGABRT), report);
}

TEST(MutexDeathTest, a_second_lock_of_one_rank_ends_a_checking_build) {
  if (!ranks_checked) GTEST_SKIP() << "not in this build";
  mutex first(lock_rank::leaf);
  mutex second(lock_rank::leaf);
  EXPECT_EXIT(
      {
        const lock_guard early(first);
        const lock_guard late(second);
      },
      ::testing::KilledBySignal(SIGABRT), report);
}

TEST(MutexDeathTest, a_try_counts_as_a_lock) {
  if (!ranks_checked) GTEST_SKIP() << "not in this build";
  mutex outer(lock_rank::runtime_directory);
  mutex inner(lock_rank::leaf);
  EXPECT_EXIT(
      {
        const lock_guard early(inner);
        if (outer.try_lock()) outer.unlock();
      },
      ::testing::KilledBySignal(SIGABRT), report);
}

}  // namespace
}  // namespace foundation::sync
