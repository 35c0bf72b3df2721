// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using fn::priority;

/// The rules of BEAM on one scheduler: strict for max and high, shares for normal and low.
class Priorities : public RuntimeTest {
 protected:
  /// Runs `body` in a process of the highest priority, so that what it spawns or wakes is ready before any of it runs.
  template <typename Body>
  void first(Body body) {
    fn::spawn(rt(), std::move(body), {.priority = priority::max}).value();
  }
};

TEST_F(Priorities, max_runs_before_high_and_high_before_normal) {
  start({.schedulers = 1});
  std::vector<priority> order;
  std::atomic<int> ended{0};
  first([&](fn::process& self) {
    for (int i = 0; i < 5; ++i) {
      for (const priority p : {priority::normal, priority::high, priority::max}) {
        static_cast<void>(fn::spawn(self, [&](fn::process& me) {
          order.push_back(me.priority());
          ++ended;
        }, {.priority = p}));
      }
    }
  });
  wait_until([&] { return ended == 15; });
  EXPECT_TRUE(std::is_sorted(order.rbegin(), order.rend()));
}

TEST_F(Priorities, pinned_processes_keep_the_order_too) {
  start({.schedulers = 1});
  std::vector<priority> order;
  std::atomic<int> ended{0};
  first([&](fn::process& self) {
    for (int i = 0; i < 4; ++i) {
      for (const priority p : {priority::normal, priority::high, priority::max}) {
        fn::spawn_options options{.priority = p};
        if (i % 2 == 0) options.scheduler = 0;
        static_cast<void>(fn::spawn(self, [&](fn::process& me) {
          order.push_back(me.priority());
          ++ended;
        }, options));
      }
    }
  });
  wait_until([&] { return ended == 12; });
  EXPECT_TRUE(std::is_sorted(order.rbegin(), order.rend()));
}

TEST_F(Priorities, a_busy_process_of_max_or_high_keeps_lower_ones_waiting) {
  start({.schedulers = 1});
  for (const auto& [upper, lower] : {std::pair{priority::max, priority::high}, std::pair{priority::high, priority::normal},
                                     std::pair{priority::high, priority::low}}) {
    for (const bool pinned : {false, true}) {
      std::atomic<bool> lower_ran{false};
      std::atomic<bool> too_early{false};
      first([&, pinned, upper = upper, lower = lower](fn::process& self) {
        fn::spawn_options options{.priority = lower};
        if (pinned) options.scheduler = 0;
        static_cast<void>(fn::spawn(self, [&](fn::process&) { lower_ran = true; }, options));
        options.priority = upper;
        static_cast<void>(fn::spawn(self, [&](fn::process& me) {
          for (int i = 0; i < 100; ++i) me.consume(5000);
          for (int i = 0; i < 100; ++i) me.sleep(0s);
          if (lower_ran) too_early = true;
        }, options));
      });
      wait_until([&] { return lower_ran.load(); });
      EXPECT_FALSE(too_early);
    }
  }
}

TEST_F(Priorities, one_of_max_woken_from_outside_runs_before_normal_ones_that_are_ready) {
  start({.schedulers = 1});
  std::atomic<bool> sent{false};
  std::atomic<bool> urgent_ran{false};
  std::atomic<int> slices_in_between{0};
  const fn::pid urgent = fn::spawn(rt(), [&](fn::process& self) {
                           self.receive([](int) {});
                           urgent_ran = true;
                         }, {.priority = priority::max}).value();
  std::atomic<int> hogs{0};
  for (int i = 0; i < 3; ++i) {
    fn::spawn(rt(), [&](fn::process& self) {
      ++hogs;
      while (!urgent_ran) {
        if (sent) ++slices_in_between;
        self.consume(10'000);
      }
      --hogs;
    }).value();
  }
  wait_until([&] { return hogs == 3; });
  fn::send(urgent, 1);
  sent = true;
  wait_until([&] { return hogs == 0; });
  EXPECT_LE(slices_in_between, 1);
}

TEST_F(Priorities, a_high_and_a_normal_one_that_call_each_other_do_not_starve_another_normal_one) {
  start({.schedulers = 1});
  for (const bool pinned : {false, true}) {  // the caller: pinned, or of high priority
    std::atomic<bool> third{false};
    std::atomic<bool> ended{false};
    fn::spawn(rt(), [&, pinned](fn::process& starter) {
      const fn::pid echo = fn::spawn(starter, [](fn::process& self) {
                             for (;;) {
                               const auto from = self.receive([](fn::pid p) { return p; });
                               if (!from) return;
                               fn::send(*from, 1);
                             }
                           }).value();
      fn::spawn_options options{.priority = pinned ? priority::normal : priority::high};
      if (pinned) options.scheduler = 0;
      static_cast<void>(fn::spawn(starter, [&, echo](fn::process& self) {
        while (!third) {
          fn::send(echo, self.id());
          self.receive([](int) {});
        }
        fn::exit(echo, fn::exit_kind::kill);
        ended = true;
      }, options));
      static_cast<void>(fn::spawn(starter, [&](fn::process& self) {
        for (int i = 0; i < 10; ++i) self.sleep(0s);
        third = true;
      }));
    }).value();
    wait_until([&] { return ended.load(); });
  }
}

TEST_F(Priorities, normal_processes_pinned_and_not_share_a_scheduler) {
  start({.schedulers = 1});
  std::atomic<int> rounds[2] = {0, 0};
  std::atomic<int> started{0};
  std::atomic<int> ended{0};
  for (const unsigned me : {0u, 1u}) {
    for (int twice = 0; twice < 2; ++twice) {
      fn::spawn_options options;
      if (me == 1) options.scheduler = 0;
      fn::spawn(rt(), [&, me](fn::process& self) {
        ++started;
        while (rounds[0] < 50 || rounds[1] < 50) {
          if (started == 4) ++rounds[me];
          self.consume(10'000);
        }
        ++ended;
      }, options).value();
    }
  }
  wait_until([&] { return ended == 4; });
  EXPECT_LT(rounds[0], 200);
  EXPECT_LT(rounds[1], 200);
}

/// How often normal ones run between two runs of a low one, with `normals` and `lows` that are always ready.
std::vector<int> gaps(fn::runtime& rt, int normals, int lows) {
  std::atomic<int> live{normals + lows};
  std::vector<int> found;
  std::atomic<bool> stop{false};
  int since = 0;
  static_cast<void>(fn::spawn(rt, [&](fn::process& starter) {
    for (int i = 0; i < normals + lows; ++i) {
      const bool low = i >= normals;
      static_cast<void>(fn::spawn(starter, [&, low](fn::process& self) {
        while (!stop) {
          if (low) {
            found.push_back(std::exchange(since, 0));
            if (found.size() >= 40) stop = true;
          } else {
            ++since;
          }
          self.sleep(0s);
        }
        --live;
      }, {.priority = low ? priority::low : priority::normal}));
    }
  }, {.priority = priority::max}).value());
  while (live != 0) std::this_thread::yield();
  found.erase(found.begin(), found.begin() + 4);
  return found;
}

TEST_F(Priorities, a_low_one_runs_at_the_eighth_time_that_its_turn_comes) {
  start({.schedulers = 1});
  for (const int normals : {1, 2, 5}) {
    for (const int gap : gaps(rt(), normals, 1)) {
      EXPECT_GE(gap, 7 * std::max(1, normals - 1)) << normals;  // the one that gives way is not on the queue
      EXPECT_LE(gap, 8 * normals) << normals;
    }
  }
}

TEST_F(Priorities, several_low_ones_leave_a_normal_one_its_share) {
  start({.schedulers = 1});
  const auto found = gaps(rt(), 1, 3);
  int normal_runs = 0;
  for (const int gap : found) normal_runs += gap;
  EXPECT_GE(normal_runs, 2 * static_cast<int>(found.size()));  // eight rounds for three runs of low ones
}

TEST_F(Priorities, low_ones_run_at_once_when_nothing_else_is_ready) {
  start({.schedulers = 1});
  std::atomic<int> ended{0};
  for (int i = 0; i < 10; ++i) {
    fn::spawn(rt(), [&](fn::process& self) {
      for (int k = 0; k < 20; ++k) self.sleep(0s);
      ++ended;
    }, {.priority = priority::low}).value();
  }
  wait_until([&] { return ended == 10; });
}

}  // namespace
}  // namespace foundation::testing
