// SPDX-License-Identifier: Apache-2.0
//
// That the hostile build does what it is there for. What it finds is found by all the other tests.
#include <atomic>
#include <cstdint>
#include <utility>

#include "process/process.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Hostile : public RuntimeTest {
 protected:
  void SetUp() override {
    if (!base::hostile) GTEST_SKIP() << "of the hostile build";
  }

  /// Calls `pause` in the only process there is until it has moved to another scheduler often enough.
  template <typename Pause>
  void until_moved(Pause pause) {
    start();
    std::atomic<bool> done{false};
    fn::spawn(rt(), [&](fn::process& self) {
      unsigned last = sched::scheduler::current()->index();
      for (int moves = 0; moves < 20;) {
        pause(self);
        const unsigned here = sched::scheduler::current()->index();
        if (std::exchange(last, here) != here) ++moves;
      }
      done = true;
    }).value();
    wait_until([&] { return done.load(); });
  }
};

TEST_F(Hostile, a_process_that_uses_up_its_slice_moves_though_nobody_else_is_there) {
  until_moved([](fn::process& self) { self.consume(10); });
}

TEST_F(Hostile, a_process_that_gives_its_slice_up_moves_though_nobody_else_is_there) {
  until_moved([](fn::process& self) { self.sleep(0s); });
}

TEST_F(Hostile, a_process_that_waits_moves_when_it_is_resumed) {
  until_moved([](fn::process& self) { self.sleep(1us); });
}

TEST_F(Hostile, work_is_handed_over_and_stolen) {
  start();
  std::atomic<int> live{0};
  const auto steals = [&] {
    std::uint64_t sum = 0;
    for (const auto& each : rt().counters()) sum += each.steals;
    return sum;
  };
  std::atomic<bool> stop{false};
  for (int i = 0; i < 20; ++i) {
    ++live;
    fn::spawn(rt(), [&](fn::process& self) {
      while (!stop) self.consume(10);
      --live;
    }).value();
  }
  wait_until([&] { return steals() >= 20; });
  stop = true;
  wait_until([&] { return live == 0; });
}

}  // namespace
}  // namespace foundation::testing
