// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "support/guard_modes.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class StealTest : public RuntimeTest {
 protected:
  std::uint64_t steals() {
    std::uint64_t sum = 0;
    for (const auto& each : rt().counters()) sum += each.steals;
    return sum;
  }

  /// Work made on one scheduler is shared by all and done once.
  void share_work(fn::runtime_options options) {
    start(std::move(options));
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

  /// One that holds its scheduler until others have done what it has made.
  void help_one_that_is_stuck(fn::runtime_options options) {
    start(std::move(options));
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

  /// Blocked processes move with their stacks, and find there what they have left.
  void wake_in_bulk(fn::runtime_options options) {
    start(std::move(options));
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
};

class Steal : public StealTest {};
class StealUnderGuards : public StealTest, public ::testing::WithParamInterface<fn::guard_mode> {};

TEST_F(Steal, work_made_on_one_scheduler_is_shared_by_all_and_done_once) { share_work({.schedulers = 4}); }

TEST_P(StealUnderGuards, work_made_on_one_scheduler_is_shared_by_all_and_done_once) {
  share_work({.schedulers = 4, .guard = GetParam()});
}

TEST_F(Steal, thieves_help_one_that_is_stuck) { help_one_that_is_stuck({.schedulers = 3}); }

TEST_P(StealUnderGuards, thieves_help_one_that_is_stuck) {
  help_one_that_is_stuck({.schedulers = 3, .guard = GetParam()});
}

TEST_F(Steal, blocked_processes_that_are_woken_in_bulk_move_with_their_carriers) { wake_in_bulk({.schedulers = 4}); }

TEST_P(StealUnderGuards, blocked_processes_that_are_woken_in_bulk_move_with_their_carriers) {
  wake_in_bulk({.schedulers = 4, .guard = GetParam()});
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

INSTANTIATE_TEST_SUITE_P(guards, StealUnderGuards, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });
INSTANTIATE_TEST_SUITE_P(nightly_guards, StealUnderGuards, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });

}  // namespace
}  // namespace foundation::testing
