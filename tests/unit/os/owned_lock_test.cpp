// SPDX-License-Identifier: Apache-2.0
#include "os/owned_lock.hpp"

#include <gtest/gtest.h>

namespace foundation::os {
namespace {

TEST(owned_lock, is_its_owners_as_often_as_it_likes) {
  owned_lock lock;
  for (int i = 0; i != 3; ++i) {
    ASSERT_TRUE(lock.try_lock());
    lock.unlock();
  }
}

TEST(owned_lock, is_refused_to_its_owner_while_it_is_taken_away) {
  owned_lock lock;
  lock.take_away();
  EXPECT_FALSE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.give_back();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(owned_lock, is_taken_away_only_when_its_owner_is_out) {
  owned_lock lock;
  sync::atomic<bool> out{false};
  sync::atomic<bool> in{false};
  sync::thread owner([&] {
    ASSERT_TRUE(lock.try_lock());
    in.store(true);
    for (int i = 0; i != 1000; ++i) yield_thread();
    out.store(true);
    lock.unlock();
  });
  while (!in.load()) yield_thread();
  lock.take_away();
  EXPECT_TRUE(out.load());
  lock.give_back();
  owner.join();
}

}  // namespace
}  // namespace foundation::os
