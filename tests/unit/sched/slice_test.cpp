// SPDX-License-Identifier: Apache-2.0
#include "sched/slice.hpp"

#include <atomic>
#include <string>
#include <thread>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using sched::run_next_publish_after;
using sched::slice;

TEST(Slice, lasts_for_its_budget) {
  slice s;
  s.begin(100, false);
  EXPECT_FALSE(s.charge(99));
  EXPECT_FALSE(s.expired());
  EXPECT_TRUE(s.charge(1));
  EXPECT_TRUE(s.expired());
  EXPECT_EQ(s.spent(), 100u);
  s.begin(100, false);
  EXPECT_FALSE(s.expired());
  EXPECT_EQ(s.spent(), 0u);
}

TEST(Slice, that_is_inherited_goes_on_counting_and_tells_the_heir_its_own_share) {
  slice s;
  s.begin(100, false);
  EXPECT_FALSE(s.charge(60));
  s.begin(100, true);
  EXPECT_EQ(s.spent(), 0u);
  EXPECT_FALSE(s.charge(39));
  EXPECT_EQ(s.spent(), 39u);
  EXPECT_TRUE(s.charge(1));
}

TEST(Slice, says_when_run_next_is_due_to_be_published_once) {
  slice s;
  s.begin(10'000, false);
  EXPECT_FALSE(s.charge(run_next_publish_after * 2));
  s.publish_later();
  EXPECT_FALSE(s.charge(run_next_publish_after - 1));
  EXPECT_TRUE(s.charge(1));
  EXPECT_TRUE(s.publish_due());
  EXPECT_FALSE(s.expired());
  s.publish_done();
  EXPECT_FALSE(s.charge(1));
  EXPECT_FALSE(s.publish_due());
}

TEST(Slice, changes_its_number_with_every_beginning) {
  slice s;
  const auto first = s.sequence();
  s.begin(1, false);
  s.begin(1, true);
  EXPECT_EQ(s.sequence(), first + 2);
}

TEST(Slice, that_the_monitor_expires_stays_expired_however_its_owner_counts) {
  slice s;
  s.begin(1'000'000, false);
  std::thread monitor([&] { s.expire_remote(); });
  while (!s.charge(0)) std::this_thread::yield();
  monitor.join();
  EXPECT_TRUE(s.charge(0));
  s.begin(1'000'000, false);
  EXPECT_FALSE(s.charge(1));
}

// -- in a runtime ------------------------------------------------------------------------------------------------------------

class Slices : public RuntimeTest {};

TEST_F(Slices, end_for_one_that_consumes_so_that_all_get_their_share) {
  start({.schedulers = 1});
  std::atomic<int> rounds[3] = {0, 0, 0};
  std::atomic<int> started{0};
  std::atomic<int> ended{0};
  for (auto& mine : rounds) {
    fn::spawn(rt(), [&](fn::process& self) {
      ++started;
      while (rounds[0] < 50 || rounds[1] < 50 || rounds[2] < 50) {
        if (started == 3) ++mine;
        self.consume(5'000);  // a slice and more
      }
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == 3; });
  for (const auto& each : rounds) EXPECT_LE(each, 80);
}

TEST_F(Slices, end_for_one_that_sends_spawns_or_scans_its_mailbox_for_ever) {
  start({.schedulers = 1});
  struct noise {};
  for (int what = 0; what < 3; ++what) {
    std::atomic<bool> stop{false};
    std::atomic<bool> ended{false};
    fn::spawn(rt(), [&, what](fn::process& self) {
      static_cast<void>(fn::spawn(self, [&](fn::process& other) {
        for (int i = 0; i < 5; ++i) other.sleep(0s);
        stop = true;
      }));
      for (int i = 0; i < 10; ++i) fn::send(self.id(), noise{});
      const fn::pid nobody{};
      while (!stop) {
        if (what == 0) fn::send(nobody, 1);
        if (what == 1) static_cast<void>(fn::spawn(self, [](fn::process&) {}));
        if (what == 2) self.receive([](int) {}, fn::after(0s));
      }
      ended = true;
    }).value();
    wait_until([&] { return ended.load(); });
  }
}

TEST_F(Slices, count_the_reductions_of_a_process_over_all_its_waits) {
  start();
  std::atomic<std::uint64_t> counted{0};
  fn::spawn(rt(), [&](fn::process& self) {
    for (int i = 0; i < 10; ++i) {
      self.consume(1000);
      self.sleep(1us);
    }
    counted = self.reductions();
  }).value();
  wait_until([&] { return counted != 0; });
  EXPECT_GE(counted, 10'000u);
  EXPECT_LE(counted, 11'000u);
}

}  // namespace
}  // namespace foundation::testing
