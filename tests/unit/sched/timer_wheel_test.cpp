// SPDX-License-Identifier: Apache-2.0
#include "sched/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "support/scale.hpp"

namespace foundation::sched {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
constexpr auto one_tick = std::chrono::nanoseconds(1 << timer_tick_shift);

/// The begin of tick `tick`.
os::time_point at_tick(timer_tick tick) { return os::time_point(static_cast<std::int64_t>(tick) * one_tick); }

struct probe : timer {
  probe() : timer([](timer& self) noexcept { static_cast<probe&>(self).on_fire(); }) {}
  probe(int number, std::vector<int>& log) : probe() {
    number_ = number;
    log_ = &log;
  }
  ~probe() { timer_wheel::disarm(*this); }

  int fired = 0;

 private:
  void on_fire() noexcept {
    ++fired;
    EXPECT_EQ(state(), timer_state::firing);
    if (log_ != nullptr) log_->push_back(number_);
  }
  int number_ = 0;
  std::vector<int>* log_ = nullptr;
};

class timer_wheel_test : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(sound());
    EXPECT_EQ(linked_, 0u);
    EXPECT_EQ(wheel.next_expiry(), os::time_point::max());
  }
  bool sound() { return wheel.check_invariants(linked_); }
  std::size_t linked() {
    EXPECT_TRUE(sound());
    return linked_;
  }

  const os::time_point start = at_tick(1'000'000);
  timer_wheel wheel{start};

 private:
  std::size_t linked_ = 0;
};

TEST_F(timer_wheel_test, a_timer_fires_at_its_deadline_and_not_earlier) {
  probe one;
  wheel.arm(one, start + 10ms);
  EXPECT_EQ(wheel.tick(start + 10ms - 1ns, no_limit), 0u);
  EXPECT_EQ(one.fired, 0);
  EXPECT_EQ(one.state(), timer_state::armed);
  EXPECT_EQ(wheel.tick(start + 10ms + one_tick, no_limit), 1u);
  EXPECT_EQ(one.fired, 1);
  EXPECT_EQ(one.state(), timer_state::fired);
  EXPECT_EQ(wheel.tick(start + 1h, no_limit), 0u);
}

TEST_F(timer_wheel_test, a_deadline_is_rounded_up_to_a_tick) {
  probe one;
  wheel.arm(one, start + 1ns);
  EXPECT_EQ(wheel.tick(start + one_tick - 1ns, no_limit), 0u);
  EXPECT_EQ(wheel.tick(start + one_tick, no_limit), 1u);
}

TEST_F(timer_wheel_test, a_deadline_on_a_tick_is_not_rounded) {
  probe one;
  wheel.arm(one, start + 3 * one_tick);
  EXPECT_EQ(wheel.tick(start + 3 * one_tick, no_limit), 1u);
}

TEST_F(timer_wheel_test, a_deadline_that_has_passed_fires_at_the_next_tick) {
  probe one;
  probe ancient;
  wheel.arm(one, start - 1s);
  wheel.arm(ancient, os::time_point::min());
  EXPECT_LE(wheel.next_expiry(), start);
  EXPECT_EQ(wheel.tick(start, no_limit), 2u);
}

TEST_F(timer_wheel_test, a_deadline_in_every_level_is_met_exactly) {
  for (int level = 0; level <= 7; ++level) {
    SCOPED_TRACE(level);
    for (const timer_tick distance : {timer_tick{1} << (6 * level), (timer_tick{1} << (6 * level)) + 12345}) {
      if (distance + 1'000'000 >= timer_tick{1} << 47) continue;
      timer_wheel fresh(start);
      probe one;
      fresh.arm(one, at_tick(1'000'000 + distance));
      EXPECT_EQ(fresh.tick(at_tick(1'000'000 + distance) - 1ns, no_limit), 0u);
      EXPECT_EQ(fresh.tick(at_tick(1'000'000 + distance), no_limit), 1u);
    }
  }
}

TEST_F(timer_wheel_test, the_end_of_time_is_a_deadline) {
  probe one;
  wheel.arm(one, os::time_point::max());
  EXPECT_EQ(wheel.tick(start + 24h * 365 * 100, no_limit), 0u);
  EXPECT_EQ(linked(), 1u);
  timer_wheel::disarm(one);
}

TEST_F(timer_wheel_test, a_cancelled_timer_does_not_fire_and_stays_linked_until_its_time) {
  probe one;
  wheel.arm(one, start + 10ms);
  EXPECT_TRUE(one.cancel());
  EXPECT_FALSE(one.cancel());
  EXPECT_EQ(one.state(), timer_state::cancelled);
  EXPECT_EQ(linked(), 1u);
  EXPECT_EQ(wheel.tick(start + 11ms, no_limit), 0u);
  EXPECT_EQ(one.state(), timer_state::idle);
  EXPECT_EQ(linked(), 0u);
}

TEST_F(timer_wheel_test, cancelling_what_is_idle_or_has_fired_is_told) {
  probe one;
  EXPECT_FALSE(one.cancel());
  wheel.arm(one, start);
  EXPECT_EQ(wheel.tick(start, no_limit), 1u);
  EXPECT_FALSE(one.cancel());
}

TEST_F(timer_wheel_test, an_armed_timer_moves_to_a_later_deadline) {
  probe one;
  wheel.arm(one, start + 10ms);
  wheel.arm(one, start + 20ms);
  EXPECT_EQ(wheel.tick(start + 15ms, no_limit), 0u);
  EXPECT_EQ(linked(), 1u);
  EXPECT_EQ(wheel.tick(start + 21ms, no_limit), 1u);
  EXPECT_EQ(one.fired, 1);
}

TEST_F(timer_wheel_test, an_armed_timer_moves_to_an_earlier_deadline) {
  probe one;
  EXPECT_TRUE(wheel.arm(one, start + 20s));
  EXPECT_TRUE(wheel.arm(one, start + 10ms));
  EXPECT_EQ(wheel.tick(start + 11ms, no_limit), 1u);
  EXPECT_EQ(wheel.tick(start + 30s, no_limit), 0u);
  EXPECT_EQ(one.fired, 1);
}

TEST_F(timer_wheel_test, a_cancelled_timer_is_armed_again_in_place) {
  probe one;
  wheel.arm(one, start + 10ms);
  ASSERT_TRUE(one.cancel());
  EXPECT_FALSE(wheel.arm(one, start + 30ms));
  EXPECT_EQ(linked(), 1u);
  EXPECT_EQ(wheel.tick(start + 29ms, no_limit), 0u);
  EXPECT_EQ(wheel.tick(start + 31ms, no_limit), 1u);
}

TEST_F(timer_wheel_test, a_timer_can_be_armed_again_after_it_has_fired) {
  probe one;
  for (int round = 1; round <= 5; ++round) {
    wheel.arm(one, start + round * 10ms);
    EXPECT_EQ(wheel.tick(start + round * 10ms + one_tick, no_limit), 1u);
    EXPECT_EQ(one.fired, round);
  }
}

TEST_F(timer_wheel_test, a_disarmed_timer_is_out_of_the_wheel) {
  probe one;
  timer_wheel::disarm(one);
  wheel.arm(one, start + 10ms);
  timer_wheel::disarm(one);
  EXPECT_EQ(linked(), 0u);
  EXPECT_EQ(one.state(), timer_state::idle);
  wheel.arm(one, start + 10ms);
  one.cancel();
  timer_wheel::disarm(one);
  EXPECT_EQ(linked(), 0u);
}

TEST_F(timer_wheel_test, disarming_one_of_a_slot_leaves_its_neighbours) {
  std::vector<int> order;
  probe a(1, order);
  probe b(2, order);
  probe c(3, order);
  for (probe* each : {&a, &b, &c}) wheel.arm(*each, start + 10ms);
  timer_wheel::disarm(b);
  EXPECT_EQ(linked(), 2u);
  EXPECT_EQ(wheel.tick(start + 11ms, no_limit), 2u);
  EXPECT_EQ(order, (std::vector<int>{1, 3}));
}

TEST_F(timer_wheel_test, timers_fire_in_the_order_of_their_deadlines) {
  std::vector<int> order;
  std::vector<std::unique_ptr<probe>> probes;
  std::vector<int> milliseconds{500, 3, 7000, 70, 4, 100'000, 1, 65};
  for (const int each : milliseconds) {
    probes.push_back(std::make_unique<probe>(each, order));
    wheel.arm(*probes.back(), start + std::chrono::milliseconds(each));
  }
  EXPECT_EQ(wheel.tick(start + 101s, no_limit), milliseconds.size());
  std::sort(milliseconds.begin(), milliseconds.end());
  EXPECT_EQ(order, milliseconds);
}

TEST_F(timer_wheel_test, a_budget_bounds_a_tick_and_the_rest_stays_due) {
  std::vector<int> order;
  std::vector<std::unique_ptr<probe>> probes;
  for (int i = 0; i != 10; ++i) {
    probes.push_back(std::make_unique<probe>(i, order));
    wheel.arm(*probes.back(), start + 2ms);
  }
  const os::time_point later = start + 2ms + one_tick;
  EXPECT_EQ(wheel.tick(later, 0), 0u);
  EXPECT_EQ(wheel.tick(later, 4), 4u);
  EXPECT_LE(wheel.next_expiry(), later);
  EXPECT_EQ(wheel.try_tick(later, 4), 4u);
  EXPECT_EQ(wheel.tick(later, 4), 2u);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(timer_wheel_test, a_timer_armed_after_a_long_quiet_time_needs_no_more_ticks_than_levels) {
  EXPECT_EQ(wheel.tick(start + 24h, no_limit), 0u);
  probe one;
  wheel.arm(one, start + 24h + 10ms);
  EXPECT_GT(wheel.next_expiry(), start + 24h);
  EXPECT_EQ(wheel.tick(start + 24h + 11ms, no_limit), 1u);
}

TEST_F(timer_wheel_test, following_its_own_hint_a_sleeper_is_never_late_and_wakes_at_most_once_per_level) {
  for (const auto distance : {1ns, 100'000ns, 5'000'000ns, 3'000'000'000ns, 90'000'000'000'000ns}) {
    probe one;
    const os::time_point deadline = start + distance;
    wheel.arm(one, deadline);
    int wakes = 0;
    while (one.fired == 0) {
      const os::time_point now = wheel.next_expiry();
      ASSERT_LT(now - deadline, one_tick);
      wheel.tick(now, no_limit);
      ++wakes;
    }
    EXPECT_LE(wakes, 8);
  }
}

TEST_F(timer_wheel_test, a_timer_linked_elsewhere_stays_there_for_a_later_deadline_and_comes_for_an_earlier_one) {
  timer_wheel other(start);
  probe one;
  other.arm(one, start + 10ms);
  EXPECT_FALSE(wheel.arm(one, start + 20ms));
  EXPECT_EQ(linked(), 0u);
  EXPECT_TRUE(wheel.arm(one, start + 5ms));
  EXPECT_EQ(linked(), 1u);
  EXPECT_EQ(other.tick(start + 1s, no_limit), 0u);
  EXPECT_EQ(wheel.tick(start + 6ms, no_limit), 1u);
}

TEST_F(timer_wheel_test, a_callback_may_cancel_other_timers) {
  struct killer : timer {
    explicit killer(probe& v)
        : timer([](timer& self) noexcept { static_cast<killer&>(self).victim.cancel(); }), victim(v) {}
    probe& victim;
  };
  probe victim;
  killer first(victim);
  wheel.arm(first, start + 1ms);
  wheel.arm(victim, start + 1ms);
  EXPECT_EQ(wheel.tick(start + 2ms, no_limit), 1u);
  EXPECT_EQ(victim.fired, 0);
}

TEST_F(timer_wheel_test, disarming_waits_for_a_callback_that_runs) {
  struct slow : timer {
    slow() : timer([](timer& self) noexcept { static_cast<slow&>(self).on_fire(); }) {}
    void on_fire() noexcept {
      running.store(true);
      while (!may_end.load()) os::relax();
      ended.store(true);
    }
    sync::atomic<bool> running{false};
    sync::atomic<bool> may_end{false};
    sync::atomic<bool> ended{false};
  };
  slow one;
  wheel.arm(one, start);
  sync::thread ticker([&] { EXPECT_EQ(wheel.tick(start, no_limit), 1u); });
  while (!one.running.load()) os::relax();
  sync::atomic<bool> returned{false};
  sync::thread owner([&] {
    timer_wheel::disarm(one);
    EXPECT_TRUE(one.ended.load());
    returned.store(true);
  });
  // A chance for a wrong disarm to return; the right one cannot.
  for (int i = 0; i != 1'000'000 && !returned.load(); ++i) os::relax();
  one.may_end.store(true);
  owner.join();
  ticker.join();
}

// Two wheels against a list of deadlines: each timer fires once, in the first tick that is not before its deadline.
TEST(timer_wheel_property, behaves_like_a_list_of_deadlines_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(60); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    timer_tick now = random() >> 24;
    timer_wheel wheels[2] = {timer_wheel(at_tick(now)), timer_wheel(at_tick(now))};
    struct modelled {
      probe real;
      std::optional<timer_tick> due;  // by the model
      int fired = 0;
    };
    std::vector<modelled> timers(20);
    const auto distance = [&] { return random() % (timer_tick{1} << (random() % 30)); };
    for (int step = 0; step != 1500; ++step) {
      modelled& one = timers[random() % timers.size()];
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {
          const timer_tick deadline = now + distance() - std::min<timer_tick>(now, random() % 3);
          wheels[random() % 2].arm(one.real, at_tick(deadline) - std::chrono::nanoseconds(random() % 65536));
          one.due = deadline;
          break;
        }
        case 3:
        case 4:
          ASSERT_EQ(one.real.cancel(), one.due.has_value());
          one.due.reset();
          break;
        case 5:
          timer_wheel::disarm(one.real);
          ASSERT_EQ(one.real.state() == timer_state::armed, false);
          one.due.reset();
          break;
        default: {
          now += distance();
          const os::time_point time = at_tick(now) + std::chrono::nanoseconds(random() % 65536);
          for (auto& wheel : wheels) {
            while (wheel.next_expiry() <= time) wheel.tick(time, random() % 4 == 0 ? no_limit : 1 + random() % 5);
          }
          for (auto& each : timers) {
            if (!each.due || *each.due > now) continue;
            each.due.reset();
            each.fired += 1;
          }
        }
      }
      timer_tick first = ~timer_tick{0};
      for (auto& each : timers) {
        ASSERT_EQ(each.real.fired, each.fired);
        ASSERT_EQ(each.real.state() == timer_state::armed, each.due.has_value());
        if (each.due) first = std::min(first, *each.due);
      }
      for (auto& wheel : wheels) {
        std::size_t linked = 0;
        ASSERT_TRUE(wheel.check_invariants(linked));
        ASSERT_LE(linked, timers.size());
      }
      if (first != ~timer_tick{0}) {
        ASSERT_LE(std::min(wheels[0].next_expiry(), wheels[1].next_expiry()), at_tick(std::max(first, now)));
      }
    }
  }
}

}  // namespace
}  // namespace foundation::sched
