// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include "sched/timer_wheel.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

constexpr auto one_tick = std::chrono::nanoseconds(1 << timer_tick_shift);

os::time_point at_tick(timer_tick tick) { return os::time_point(static_cast<std::int64_t>(tick) * one_tick); }

/// A clock that all threads share and that only they move on.
sync::atomic<timer_tick> present{1000};

struct probe : timer {
  probe() : timer([](timer& self) noexcept { static_cast<probe&>(self).on_fire(); }) {}

  std::size_t prepared = 0;  // plain: published by arm
  sync::atomic<std::size_t> fires{0};
  sync::atomic<bool> wrong{false};

 private:
  void on_fire() noexcept {
    const timer_word seen(word.load(sync::memory_order_relaxed));
    if (seen.deadline() > present.load() || prepared == 0) wrong.store(true);  // early, or not published
    for (auto pause = prepared * 37 % 64; pause != 0; --pause) os::relax();    // for the owner to come in between
    fires.fetch_add(1);
  }
};

struct wheels_under_fire {
  static constexpr std::size_t owners = 2;
  timer_wheel wheels[owners] = {timer_wheel(at_tick(present.load())), timer_wheel(at_tick(present.load()))};
  sync::atomic<std::size_t> owners_left{owners};
  sync::thread overseer;

  wheels_under_fire() {
    // Moves the clock and ticks everybody's wheel, as a monitor thread does.
    overseer = sync::thread([this] {
      std::mt19937_64 random(99);
      while (owners_left.load() != 0) {
        const timer_tick now = present.fetch_add(random() % 3) + 1;
        for (auto& wheel : wheels) wheel.try_tick(at_tick(now - 1), 1 + random() % 16);
      }
    });
  }
  ~wheels_under_fire() { overseer.join(); }

  void finish(timer_wheel& mine) {
    mine.tick(at_tick(present.load()), 1000);
    owners_left.fetch_sub(1);
  }
};

TEST(timer_wheel_stress, each_arm_ends_in_exactly_one_of_firing_and_being_cancelled) {
  const std::size_t steps = testing::scaled(300'000);
  wheels_under_fire all;
  std::vector<sync::thread> threads;
  for (std::size_t self = 0; self != wheels_under_fire::owners; ++self) {
    threads.emplace_back([&, self] {
      std::mt19937_64 random(self + 1);
      timer_wheel& mine = all.wheels[self];
      constexpr std::size_t count = 16;
      std::vector<std::unique_ptr<probe>> probes;
      std::vector<std::size_t> arms(count, 0);
      std::vector<std::size_t> cancels(count, 0);
      std::vector<bool> outstanding(count, false);
      for (std::size_t i = 0; i != count; ++i) probes.push_back(std::make_unique<probe>());
      const auto cancel = [&](std::size_t which) {
        if (!outstanding[which]) return;
        if (probes[which]->cancel()) cancels[which] += 1;
        outstanding[which] = false;
      };
      for (std::size_t step = 0; step != steps; ++step) {
        const std::size_t which = random() % count;
        switch (random() % 8) {
          case 0:
          case 1:
          case 2:
          case 3:
            cancel(which);
            // No wait for a callback that may run now: arm does that itself where it must.
            if (probes[which]->state() != timer_state::firing) probes[which]->prepared += 1;
            arms[which] += 1;
            outstanding[which] = true;
            // Sometimes in the other's wheel, as after a migration.
            all.wheels[random() % 8 == 0 ? 1 - self : self].arm(*probes[which],
                                                                at_tick(present.load() + random() % 200));
            break;
          case 4:
          case 5:
            cancel(which);
            break;
          case 6:
            mine.tick(at_tick(present.load()), 1 + random() % 8);
            break;
          default:
            // Afterwards nobody may touch it: its memory goes.
            cancel(which);
            timer_wheel::disarm(*probes[which]);
            ASSERT_EQ(probes[which]->fires.load() + cancels[which], arms[which]);
            ASSERT_FALSE(probes[which]->wrong.load());
            probes[which] = std::make_unique<probe>();
            arms[which] = cancels[which] = 0;
        }
      }
      for (std::size_t i = 0; i != count; ++i) {
        cancel(i);
        timer_wheel::disarm(*probes[i]);
        EXPECT_EQ(probes[i]->fires.load() + cancels[i], arms[i]);
        EXPECT_FALSE(probes[i]->wrong.load());
      }
      all.finish(mine);
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& wheel : all.wheels) {
    std::size_t linked = 1;
    EXPECT_TRUE(wheel.check_invariants(linked));
    EXPECT_EQ(linked, 0u);
  }
}

TEST(timer_wheel_stress, a_timer_that_others_cancel_is_not_lost) {
  const std::size_t rounds = testing::scaled(20'000);
  wheels_under_fire all;
  probe one;
  sync::atomic<std::size_t> cancels{0};
  sync::atomic<bool> stop{false};
  sync::thread canceller([&] {
    while (!stop.load())
      if (one.cancel()) cancels.fetch_add(1);
  });
  one.prepared = 1;
  for (std::size_t round = 0; round != rounds; ++round) {
    all.wheels[0].arm(one, at_tick(present.load() + round % 5));
    // Ends by itself: somebody cancels it or the wheel is ticked.
    while (one.state() == timer_state::armed || one.state() == timer_state::firing) os::relax();
  }
  stop.store(true);
  canceller.join();
  timer_wheel::disarm(one);
  EXPECT_EQ(one.fires.load() + cancels.load(), rounds);
  EXPECT_FALSE(one.wrong.load());
  all.finish(all.wheels[0]);
  all.finish(all.wheels[1]);
}

}  // namespace
}  // namespace foundation::sched
