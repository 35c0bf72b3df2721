// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Steal : public RuntimeTest {
 protected:
  std::uint64_t steals() {
    std::uint64_t sum = 0;
    for (const auto& each : rt().counters()) sum += each.steals;
    return sum;
  }
};

TEST_F(Steal, work_made_on_one_scheduler_is_shared_by_all_and_done_once) {
  start({.schedulers = 4});
  const int rounds = static_cast<int>(scaled(200, 10));
  std::vector<std::atomic<int>> runs(400);
  for (int round = 1; round <= rounds; ++round) {
    std::atomic<int> ended{0};
    fn::spawn(rt(), [&](fn::process& self) {
      for (auto& mine : runs) {
        static_cast<void>(fn::spawn(self, [&](fn::process& child) {
          child.consume(900);
          mine.fetch_add(1);
          ended.fetch_add(1);
        }));
      }
    }, {.scheduler = 0}).value();
    wait_until([&] { return ended == static_cast<int>(runs.size()); });
    for (const auto& each : runs) ASSERT_EQ(each, round);
  }
}

TEST_F(Steal, thieves_help_one_that_is_stuck) {
  start({.schedulers = 3});
  for (int round = 0; round < static_cast<int>(scaled(100, 10)); ++round) {
    std::atomic<int> ended{0};
    std::atomic<bool> released{false};
    fn::spawn(rt(), [&](fn::process& self) {
      for (int i = 0; i < 300; ++i) static_cast<void>(fn::spawn(self, [&](fn::process&) { ++ended; }));
      while (ended != 300) std::this_thread::yield();  // holds its scheduler: others take it all
      released = true;
    }).value();
    wait_until([&] { return released.load(); });
  }
  EXPECT_GT(steals(), 0u);
}

TEST_F(Steal, blocked_processes_that_are_woken_in_bulk_move_with_their_carriers) {
  start({.schedulers = 4});
  const int rounds = static_cast<int>(scaled(100, 5));
  constexpr int count = 300;
  std::vector<fn::pid> all;
  std::atomic<int> rounds_done{0};
  for (int i = 0; i < count; ++i) {
    all.push_back(fn::spawn(rt(), [&](fn::process& self) {
                    int local = 0;  // on the carrier
                    for (;;) {
                      if (!self.receive([&](int n) { EXPECT_EQ(n, ++local); })) return;
                      self.consume(200);
                      ++rounds_done;
                    }
                  }).value());
  }
  for (int round = 1; round <= rounds; ++round) {
    fn::spawn(rt(), [&, round](fn::process&) {
      for (const fn::pid p : all) fn::send(p, round);
    }, {.scheduler = static_cast<unsigned>(round) % 4}).value();
    wait_until([&] { return rounds_done == round * count; });
  }
}

TEST_F(Steal, every_priority_survives_thieves) {
  start({.schedulers = 3});
  constexpr fn::priority all[] = {fn::priority::low, fn::priority::normal, fn::priority::high, fn::priority::max};
  const int rounds = static_cast<int>(scaled(100, 10));
  std::atomic<int> ended{0};
  for (int round = 0; round < rounds; ++round) {
    for (const fn::priority p : all) {
      fn::spawn(rt(), [&, p](fn::process& self) {
        for (int i = 0; i < 50; ++i) {
          static_cast<void>(fn::spawn(self, [&](fn::process& child) {
            child.sleep(0s);
            child.consume(100);
            child.sleep(1us);
            ++ended;
          }, {.priority = p}));
        }
      }, {.priority = p}).value();
    }
  }
  wait_until([&] { return ended == rounds * 50 * 4; });
}

}  // namespace
}  // namespace foundation::testing
