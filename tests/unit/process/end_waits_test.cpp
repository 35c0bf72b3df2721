// SPDX-License-Identifier: Apache-2.0
#include "process/end_waits.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "process/process.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

using namespace std::chrono_literals;
using access = detail::pid_access;

constexpr std::uint32_t tag = access::make_tag(202, 5);

pid process_in(std::uint32_t slot) { return access::make(0, tag, slot, 1); }

TEST(EndWaits, who_waits_for_one_that_is_gone_does_not_sleep) {
  end_waits ends;
  EXPECT_TRUE(ends.wait_until(process_in(0), os::time_point::max(), [] { return true; }));
  EXPECT_TRUE(ends.wait_until(process_in(0), os::time_point::min(), [] { return true; }));
}

TEST(EndWaits, a_wait_ends_at_its_deadline) {
  end_waits ends;
  EXPECT_FALSE(ends.wait_until(process_in(0), os::time_point::min(), [] { return false; }));
  const os::time_point deadline = os::now() + 5ms;
  EXPECT_FALSE(ends.wait_until(process_in(0), deadline, [] { return false; }));
  EXPECT_GE(os::now(), deadline);
}

TEST(EndWaits, one_that_goes_at_the_deadline_is_gone) {
  end_waits ends;
  int looks = 0;
  EXPECT_TRUE(ends.wait_until(process_in(0), os::time_point::min(), [&] { return ++looks == 2; }));
}

TEST(EndWaits, an_end_wakes_all_who_wait_for_it) {
  end_waits ends;
  sync::atomic<bool> gone{false};
  sync::atomic<int> looked{0};
  std::vector<sync::thread> waiting;
  for (int i = 0; i != 4; ++i) {
    waiting.emplace_back([&] {
      const bool seen = ends.wait_until(process_in(7), os::time_point::max(), [&] {
        ++looked;
        return gone.load();
      });
      EXPECT_TRUE(seen);
    });
  }
  while (looked < 4) os::relax();
  gone = true;
  ends.notify(process_in(7));
  for (auto& each : waiting) each.join();
}

TEST(EndWaits, the_end_of_others_leaves_a_wait_going) {
  end_waits ends;
  sync::atomic<bool> gone{false};
  sync::atomic<int> looked{0};
  sync::thread waiting([&] {
    EXPECT_TRUE(ends.wait_until(process_in(1), os::time_point::max(), [&] {
      ++looked;
      return gone.load();
    }));
  });
  while (looked == 0) os::relax();
  // As many as there are processes in a thousand places: some share the waiter's.
  for (std::uint32_t slot = 2; slot != 1000; ++slot) ends.notify(process_in(slot));
  while (looked < 2) os::relax();
  EXPECT_FALSE(gone);
  gone = true;
  ends.notify(process_in(1));
  waiting.join();
}

// A waiter and an end meet at every moment: the end is never missed, and what came before it is seen.
TEST(EndWaits, no_end_is_missed) {
  end_waits ends;
  const std::size_t rounds = testing::scaled(50'000, 2000);
  struct round {
    int written = 0;
    sync::atomic<bool> gone{false};
  };
  std::vector<round> all(rounds);
  sync::atomic<std::size_t> at{0};
  sync::thread ending([&] {
    for (std::size_t i = 0; i != rounds; ++i) {
      while (at.load(sync::memory_order_relaxed) < i) os::relax();
      all[i].written = 1;
      all[i].gone.store(true, sync::memory_order_release);
      ends.notify(process_in(0));
    }
  });
  for (std::size_t i = 0; i != rounds; ++i) {
    at.store(i, sync::memory_order_relaxed);
    ASSERT_TRUE(ends.wait_until(process_in(0), os::time_point::max(),
                                [&] { return all[i].gone.load(sync::memory_order_acquire); }));
    ASSERT_EQ(all[i].written, 1);
  }
  ending.join();
}

}  // namespace
}  // namespace foundation::proc
