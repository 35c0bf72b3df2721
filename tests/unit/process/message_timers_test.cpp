// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <random>
#include <thread>

#include "unit/process/death_fixture.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

class MessageTimers : public DeathTest {
 protected:
  template <typename Body>
  void as_process(Body&& body) {
    start();
    wait_dead(fn::spawn(rt(), std::forward<Body>(body)).value());
  }
  fn::pid idle_process() {
    return fn::spawn(rt(), [](fn::process& p) { p.receive([](const std::string&) {}); }).value();
  }
};

TEST_F(MessageTimers, send_their_message_not_earlier_than_told) {
  as_process([](fn::process& self) {
    const auto begun = std::chrono::steady_clock::now();
    fn::send_after(20ms, self.id(), 7).value();
    int got = 0;
    self.receive([&](int n) { got = n; });
    EXPECT_EQ(got, 7);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 20ms);
  });
}

TEST_F(MessageTimers, fire_in_the_order_of_their_times) {
  as_process([](fn::process& self) {
    fn::send_after(30ms, self.id(), 3).value();
    fn::send_after(10ms, self.id(), 1).value();
    fn::send_after(20ms, self.id(), 2).value();
    std::vector<int> got;
    for (int i = 0; i != 3; ++i) self.receive([&](int n) { got.push_back(n); });
    EXPECT_EQ(got, (std::vector<int>{1, 2, 3}));
  });
}

TEST_F(MessageTimers, for_no_time_or_less_fire_at_once) {
  as_process([](fn::process& self) {
    fn::send_after(0ms, self.id(), 1).value();
    fn::send_after(-5s, self.id(), 2).value();
    int got = 0;
    for (int i = 0; i != 2; ++i) self.receive([&](int n) { got += n; });
    EXPECT_EQ(got, 3);
  });
}

TEST_F(MessageTimers, say_which_of_them_it_was) {
  as_process([](fn::process& self) {
    const fn::timer first = fn::start_timer(20ms, self.id(), std::string("first")).value();
    const fn::timer second = fn::start_timer(10ms, self.id(), std::string("second")).value();
    EXPECT_NE(first, second);
    std::vector<fn::timer> order;
    for (int i = 0; i != 2; ++i) {
      self.receive([&](const fn::timer_expired<std::string>& e) {
        order.push_back(e.timer);
        EXPECT_EQ(e.value, e.timer == first ? "first" : "second");
      });
    }
    EXPECT_EQ(order, (std::vector<fn::timer>{second, first}));
  });
}

TEST_F(MessageTimers, that_are_cancelled_tell_what_was_left_and_send_nothing) {
  const auto life = std::make_shared<int>(0);
  as_process([&](fn::process& self) {
    const fn::timer t = fn::send_after(10s, self.id(), life).value();
    const auto read = t.read();
    ASSERT_TRUE(read);
    EXPECT_LE(*read, 10s + 1ms);
    EXPECT_GT(*read, 5s);
    EXPECT_EQ(life.use_count(), 2);
    const auto left = t.cancel();
    ASSERT_TRUE(left);
    EXPECT_LE(*left, *read);
    EXPECT_GT(*left, 5s);
    EXPECT_EQ(life.use_count(), 1);
    EXPECT_FALSE(t.cancel()) << "cancelled twice";
    EXPECT_FALSE(t.read());
  });
}

TEST_F(MessageTimers, that_have_fired_cannot_be_cancelled) {
  as_process([](fn::process& self) {
    const fn::timer t = fn::send_after(1ms, self.id(), 1).value();
    self.receive([](int) {});
    EXPECT_FALSE(t.cancel());
    EXPECT_FALSE(t.read());
  });
}

TEST_F(MessageTimers, whose_place_is_used_again_are_not_mistaken_for_the_next) {
  as_process([](fn::process& self) {
    const fn::timer first = fn::send_after(10s, self.id(), 1).value();
    EXPECT_TRUE(first.cancel());
    const fn::timer second = fn::send_after(10s, self.id(), 2).value();
    EXPECT_FALSE(first.cancel());
    EXPECT_TRUE(second.read());
    EXPECT_TRUE(second.cancel());
  });
}

TEST_F(MessageTimers, end_with_their_receiver) {
  start();
  const auto life = std::make_shared<int>(0);
  const fn::pid p = idle_process();
  std::vector<fn::timer> timers;
  for (int i = 0; i != 1000; ++i) timers.push_back(fn::send_after(1h, p, life).value());
  EXPECT_EQ(life.use_count(), 1001);
  kill(p);
  wait_dead(p);
  wait_gone();
  EXPECT_EQ(life.use_count(), 1);
  for (const fn::timer t : timers) EXPECT_FALSE(t.cancel());
}

TEST_F(MessageTimers, to_a_dead_process_are_none_and_counted) {
  start();
  const fn::pid p = idle_process();
  kill(p);
  wait_dead(p);
  wait_gone();
  const auto life = std::make_shared<int>(0);
  const fn::timer t = fn::send_after(1h, p, life).value();
  EXPECT_EQ(life.use_count(), 1);
  EXPECT_FALSE(t.read());
  EXPECT_EQ(rt().dead_letters(), 1u);
  EXPECT_EQ(fn::send_after(1s, fn::pid(), 1).error().code(), fn::errc::not_running);
}

TEST_F(MessageTimers, of_a_process_that_is_given_up_end) {
  start({.schedulers = 2, .kill_grace = 10ms});
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process&) {
                          inside = true;
                          foreign_code(come_back);
                        }).value();
  wait_until([&] { return inside.load(); });
  std::vector<fn::timer> timers;
  for (int i = 0; i != 10'000; ++i) timers.push_back(fn::send_after(1h, stuck, std::string(100, 'x')).value());
  kill(stuck);
  wait_until([&] { return rt().abandoned_count() == 1; });
  for (const fn::timer t : timers) EXPECT_FALSE(t.read());
  come_back = true;
  wait_until([&] { return rt().abandoned_count() == 0; });
}

TEST_F(MessageTimers, that_were_never_started_are_no_timers) {
  start();
  EXPECT_FALSE(fn::timer().cancel());
  EXPECT_FALSE(fn::timer().read());
}

TEST_F(MessageTimers, outlive_who_started_them_and_end_with_the_runtime) {
  const auto life = std::make_shared<int>(0);
  fn::timer t;
  {
    start();
    const fn::pid p = idle_process();
    wait_dead(fn::spawn(rt(), [&](fn::process&) { t = fn::send_after(1h, p, life).value(); }).value());
    EXPECT_TRUE(t.read());
    stop();
  }
  EXPECT_EQ(life.use_count(), 1);
  EXPECT_FALSE(t.cancel());
}

TEST_F(MessageTimers, need_memory_to_start) {
  start();
  const fn::pid p = idle_process();
  wait_until([&] { return is_asleep(rt(), p); });  // nobody else allocates
  for (long nth = 1;; ++nth) {
    const long before = probe.refused();
    probe.refuse_nth(nth);
    const auto made = fn::send_after(1h, p, 1);
    probe.refuse_nth(0);
    EXPECT_EQ(made.has_value(), probe.refused() == before);
    if (made) {
      EXPECT_TRUE(made->cancel());
      break;
    }
    EXPECT_EQ(made.error().code(), fn::errc::system_limit);
  }
  EXPECT_GE(probe.refused(), 1) << "the message at least, and places where there are none";
}

TEST_F(MessageTimers, may_be_a_million_at_once_and_end_with_their_receiver_or_one_by_one) {
  start();
  const std::size_t count = scaled(1'000'000, 20'000);
  const auto life = std::make_shared<int>(0);
  const fn::pid killed = idle_process();
  const fn::pid kept = idle_process();
  std::vector<fn::timer> to_killed;
  std::vector<fn::timer> to_kept;
  for (std::size_t i = 0; i != count; ++i) {
    const bool even = i % 2 == 0;
    (even ? to_killed : to_kept).push_back(fn::send_after(1h, even ? killed : kept, life).value());
  }
  EXPECT_EQ(life.use_count(), static_cast<long>(count) + 1);
  const auto left = to_kept.back().read();
  ASSERT_TRUE(left);
  EXPECT_LE(*left, 1h + 1ms);
  EXPECT_GT(*left, 30min);

  kill(killed);
  wait_until([&] { return rt().process_count() == 1; });
  EXPECT_EQ(life.use_count(), static_cast<long>(to_kept.size()) + 1);
  EXPECT_FALSE(to_killed.back().read());
  std::size_t cancelled = 0;
  for (const fn::timer t : to_kept) cancelled += t.cancel() ? 1 : 0;
  EXPECT_EQ(cancelled, to_kept.size());
  EXPECT_EQ(life.use_count(), 1);
}

TEST_F(MessageTimers, are_many_at_once) {
  start();
  const std::size_t count = scaled(1'000'000, 20'000);
  std::atomic<std::size_t> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      while (got != count) self.receive([&](std::size_t) { ++got; });
                    }).value();
  const fn::pid other = idle_process();
  std::vector<fn::timer> cancelled;
  for (std::size_t i = 0; i != count; ++i) {
    fn::send_after(std::chrono::microseconds(i % 1000), p, i).value();
    if (i % 2 == 0) cancelled.push_back(fn::send_after(1h, other, i).value());
  }
  for (const fn::timer t : cancelled) EXPECT_TRUE(t.cancel());
  wait_dead(p);
  EXPECT_EQ(got, count);
}

// Timers are started, cancelled, fire and lose their receivers all at once: each message comes once, or is destroyed.
TEST_F(MessageTimers, race_with_everything_and_lose_nothing) {
  start();
  std::atomic<long> alive{0};
  std::atomic<long> seen{0};
  struct counted {
    std::atomic<long>* alive;
    explicit counted(std::atomic<long>& a) : alive(&a) { ++*alive; }
    counted(counted&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
    ~counted() {
      if (alive != nullptr) --*alive;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned t = 0; t != 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (std::size_t round = 0; round != scaled(300, 20); ++round) {
        const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                            for (;;) self.receive([&](const counted&) { ++seen; });
                          }).value();
        std::vector<fn::timer> timers;
        for (int i = 0; i != 50; ++i) {
          timers.push_back(fn::send_after(std::chrono::microseconds(random() % 400), p, counted(alive)).value());
          if (random() % 3 == 0) timers[random() % timers.size()].cancel();
          if (i == 40) fn::exit(p, fn::exit_reason::kill);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  wait_gone();
  stop();
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace foundation::testing
