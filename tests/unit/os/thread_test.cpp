// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pthread.h>

#include "base/sync.hpp"
#include "os/os.hpp"

namespace foundation::os {
namespace {

void add_one(void* count) { static_cast<sync::atomic<int>*>(count)->fetch_add(1); }

TEST(Thread, exit_calls_run_when_the_thread_ends_and_once) {
  sync::atomic<int> count{0};
  sync::thread t([&] {
    EXPECT_TRUE(at_thread_exit(add_one, &count));
    EXPECT_EQ(count.load(), 0);
  });
  t.join();
  EXPECT_EQ(count.load(), 1);
}

TEST(Thread, a_second_registration_replaces_the_first) {
  sync::atomic<int> first{0};
  sync::atomic<int> second{0};
  sync::thread t([&] {
    EXPECT_TRUE(at_thread_exit(add_one, &first));
    EXPECT_TRUE(at_thread_exit(add_one, &second));
  });
  t.join();
  EXPECT_EQ(first.load(), 0);
  EXPECT_EQ(second.load(), 1);
}

TEST(Thread, a_registration_can_be_cancelled) {
  sync::atomic<int> count{0};
  sync::thread t([&] {
    EXPECT_TRUE(at_thread_exit(add_one, &count));
    EXPECT_TRUE(at_thread_exit(nullptr, nullptr));
  });
  t.join();
  EXPECT_EQ(count.load(), 0);
}

TEST(Thread, an_exit_call_may_register_another_one) {
  struct chain {
    sync::atomic<int> count{0};
  } c;
  const auto again = [](void* at) {
    static_cast<chain*>(at)->count.fetch_add(1);
    at_thread_exit([](void* last) { static_cast<chain*>(last)->count.fetch_add(10); }, at);
  };
  sync::thread t([&] { EXPECT_TRUE(at_thread_exit(again, &c)); });
  t.join();
  EXPECT_EQ(c.count.load(), 11);
}

TEST(Thread, long_names_are_cut) {
  sync::thread t([] {
    set_thread_name("a name of more than fifteen bytes");
    char name[64] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    EXPECT_STREQ(name, "a name of more ");
  });
  t.join();
}

TEST(Thread, the_stack_bounds_hold_the_caller_s_locals) {
  const auto check = [] {
    int local = 0;
    const stack_bounds bounds = current_stack_bounds();
    if (!building_with_asan) {  // whose locals may be elsewhere
      EXPECT_TRUE(bounds.contains(&local));
    }
    EXPECT_GT(bounds.size, 0u);
    EXPECT_FALSE(bounds.contains(static_cast<char*>(bounds.bottom) - 1));
    EXPECT_FALSE(bounds.contains(static_cast<char*>(bounds.bottom) + bounds.size));
  };
  check();
  sync::thread t(check);
  t.join();
}

}  // namespace
}  // namespace foundation::os
