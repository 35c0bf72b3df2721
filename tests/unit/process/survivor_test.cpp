// SPDX-License-Identifier: Apache-2.0
//
// What shutdown and the runtime's destructor do with a process that does not come back.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Survivor : public AbandonTest {};

TEST_F(Survivor, shutdown_names_the_survivor_and_a_later_one_finds_it_gone) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(),
                              [&](fn::process&) {
                                inside = true;
                                foreign_code(come_back);
                              },
                              {.label = "survivor"})
                        .value();
  fn::spawn(rt(), [](fn::process& self) { static_cast<void>(self.sleep(24h)); }, {.label = "obedient"}).value();
  wait_until([&] { return inside.load(); });
  const auto left_over = rt().shutdown(0ms);
  ASSERT_EQ(left_over.size(), 1u);
  EXPECT_EQ(left_over[0].id, p);
  EXPECT_EQ(left_over[0].label, "survivor");
  EXPECT_FALSE(left_over[0].reason.empty());
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_TRUE(rt().shutdown(0ms).empty());
}

TEST_F(Survivor, one_that_comes_back_and_is_stuck_again_is_still_a_survivor) {
  start_impatient();
  std::atomic<bool> back{false};
  std::atomic<bool> end{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const fn::shield shield(self);
                      inside = true;
                      foreign_code(come_back);
                      EXPECT_EQ(self.checkpoint().error(), fn::errc::killed);
                      back = true;
                      foreign_code(end);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_until([&] { return back.load(); });
  EXPECT_EQ(rt().abandoned_count(), 1u);
  const auto left_over = rt().shutdown(0ms);
  ASSERT_EQ(left_over.size(), 1u);
  EXPECT_EQ(left_over[0].id, p);
  end = true;
  wait_abandoned(0);
}

TEST_F(Survivor, one_that_comes_back_into_a_wait_and_swallows_its_exit_is_still_a_survivor) {
  start_impatient();
  std::atomic<bool> swallowed{false};
  std::atomic<bool> end{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      inside = true;
                      foreign_code(come_back);
                      try {
                        static_cast<void>(self.sleep(24h));
                        too_far = true;
                      } catch (...) {
                        swallowed = true;
                        foreign_code(end);
                      }
                      self.receive([](int) {});
                      too_far = true;
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_until([&] { return swallowed.load(); });
  const auto left_over = rt().shutdown(0ms);
  ASSERT_EQ(left_over.size(), 1u);
  EXPECT_EQ(left_over[0].id, p);
  end = true;
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
}

/// A process that is stuck in foreign code, comes back into a wait whose exit it swallows, and is stuck once more. It outlives
/// its runtime.
struct swallower {
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  std::atomic<bool> swallowed{false};
  std::atomic<bool> end{false};
  std::atomic<bool> ended{false};

  void run(fn::process& self) {
    const auto until = [](const std::atomic<bool>& told) {
      while (!told) std::this_thread::yield();
    };
    inside = true;
    until(come_back);
    try {
      static_cast<void>(self.sleep(24h));
    } catch (...) {
      swallowed = true;
      until(end);
    }
    ended = true;
    self.receive([](int) {});
  }
};

// In a program of its own, since what survivors can reach is left behind.
TEST(SurvivorForEver, the_destructor_returns_whenever_one_comes_back_swallows_its_exit_and_is_stuck_again) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const auto wait_for = [](auto&& told) {
          while (!told()) std::this_thread::yield();
        };
        const std::size_t rounds = scaled(60, 12);
        for (std::size_t round = 0; round < rounds; ++round) {
          auto& one = *new swallower;  // as long as the program: its process is not waited for
          const bool killed_before = round % 2 == 0;
          const bool back_before = round % 3 == 0;
          std::thread recalls;
          {
            watched_runtime rt({.schedulers = 1 + static_cast<unsigned>(round) % 2,
                            .log = {.level = fn::log_level::off},
                            .kill_grace = 1ms,
                            .shutdown_timeout = 0ms});
            const fn::pid p = fn::spawn(rt, [&one](fn::process& self) { one.run(self); }).value();
            wait_for([&] { return one.inside.load(); });
            if (killed_before) {
              static_cast<void>(fn::exit(p, fn::exit_reason::kill));
              wait_for([&] { return rt.abandoned_count() == 1; });
            }
            if (killed_before && back_before) {
              one.come_back = true;
              wait_for([&] { return one.swallowed.load(); });
            } else {
              recalls = std::thread([&one, round] {
                std::this_thread::sleep_for(std::chrono::microseconds(100 * (round % 30)));
                one.come_back = true;
              });
            }
          }
          if (recalls.joinable()) recalls.join();
          one.end = true;
          wait_for([&] { return one.ended.load(); });
        }
        std::cerr << "all have ended\n";
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "all have ended");
}

// In a program of its own: a process that never comes back, and what it can reach, is left behind for ever.
TEST(SurvivorForEver, the_destructor_of_the_runtime_names_the_survivor_and_returns) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        {
          watched_runtime rt({.schedulers = 2,
                              .log = {.sink = [](fn::log_level, std::string_view line) { std::cerr << line << '\n'; }},
                              .kill_grace = 20ms,
                              .shutdown_timeout = 0ms});
          std::atomic<bool> inside{false};
          fn::spawn(rt,
                    [&](fn::process&) {
                      inside = true;
                      for (;;) ::pause();
                    },
                    {.label = "for ever"})
              .value();
          while (!inside) std::this_thread::yield();
        }
        std::cerr << "the destructor has returned\n";
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "\"for ever\"(.|\n)*the destructor has returned");
}

}  // namespace
}  // namespace foundation::testing
