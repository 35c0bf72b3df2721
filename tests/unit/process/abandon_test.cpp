// SPDX-License-Identifier: Apache-2.0
//
// Processes that are told to die and do not come back in time: given up, dead to everybody else, and what becomes of them.
#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/fiber/mutex.hpp>
#include <cstdlib>
#include <foundation/fmt.hpp>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Abandon : public DeathTest {
 protected:
  void start_impatient(unsigned schedulers = 2) { start({.schedulers = schedulers, .kill_grace = 20ms}); }
  void wait_abandoned(std::uint64_t count) {
    wait_until([&] { return rt().abandoned_count() == count; });
  }

  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  std::atomic<int> left{0};
  std::atomic<bool> too_far{false};
};

TEST_F(Abandon, a_process_stuck_in_foreign_code_is_dead_to_everybody_else) {
  start_impatient();
  const auto life = std::make_shared<int>(0);
  const fn::pid p = fn::spawn(
                        rt(),
                        [&](fn::process& self) {
                          const frame f(left);
                          inside = true;
                          foreign_code(come_back);
                          static_cast<void>(self.checkpoint());
                          too_far = true;
                        },
                        {.label = "stuck"})
                        .value();
  fn::send(p, life);
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_EQ(rt().process_count(), 0u);
  const auto before = rt().dead_letters();
  EXPECT_TRUE(fn::send(p, life));
  EXPECT_EQ(rt().dead_letters(), before + 1);
  EXPECT_TRUE(fn::exit(p, fn::exit_reason::kill));
  EXPECT_EQ(left, 0) << "nobody has touched its frames";

  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
  EXPECT_EQ(life.use_count(), 1);
  stop();
  EXPECT_TRUE(logged(fmt::format("{}", p)));
  EXPECT_TRUE(logged("\"stuck\""));
  EXPECT_TRUE(logged("abandoned"));
}

TEST_F(Abandon, one_that_comes_back_and_returns_is_counted_no_more) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(Abandon, one_that_comes_back_and_throws_ends_like_any_other) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      const frame f(left);
                      inside = true;
                      foreign_code(come_back);
                      throw std::runtime_error("late");
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
}

TEST_F(Abandon, one_that_comes_back_and_calls_the_library_many_times_is_counted_once) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      inside = true;
                      foreign_code(come_back);
                      const fn::shield shield(self);
                      for (int i = 0; i != 100; ++i) {
                        EXPECT_EQ(self.checkpoint().error(), fn::errc::killed);
                        EXPECT_EQ(self.sleep(24h).error(), fn::errc::killed);
                        EXPECT_EQ(self.receive([](int) {}).error(), fn::errc::killed);
                      }
                      EXPECT_EQ(reason_of(self).kind(), fn::exit_kind::killed);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_until([&] { return left == 1; });
  wait_abandoned(0);
  EXPECT_LE(rt().abandoned_count(), 1u);
}

TEST_F(Abandon, one_that_comes_back_and_is_stuck_again_is_still_a_survivor) {
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

TEST_F(Abandon, one_that_comes_back_still_sends) {
  start_impatient();
  std::atomic<int> got{0};
  const fn::pid other = fn::spawn(rt(), [&](fn::process& self) { self.receive([&](int n) { got = n; }); }).value();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      inside = true;
                      foreign_code(come_back);
                      fn::send(other, 9);
                      static_cast<void>(self.sleep(24h));
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_until([&] { return got == 9; });
  wait_abandoned(0);
}

TEST_F(Abandon, its_scheduler_goes_on_when_it_comes_back) {
  start_impatient(1);
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  std::atomic<bool> ran{false};
  fn::spawn(rt(), [&](fn::process&) { ran = true; }).value();
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(ran);
  come_back = true;
  wait_until([&] { return ran.load(); });
  wait_abandoned(0);
}

TEST_F(Abandon, a_slot_it_had_is_used_again_under_another_pid) {
  start({.schedulers = 2, .max_processes = 1, .kill_grace = 20ms});
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  std::atomic<int> got{0};
  const fn::pid next = fn::spawn(rt(), [&](fn::process& self) { self.receive([&](int n) { got = n; }); }).value();
  EXPECT_NE(next, p);
  come_back = true;
  wait_abandoned(0);
  EXPECT_TRUE(fn::is_alive(next)) << "the end of the one before it took it away";
  fn::send(next, 3);
  wait_until([&] { return got == 3; });
}

// -- other places to be stuck in -------------------------------------------------------------------------------------------

TEST_F(Abandon, one_that_is_stuck_in_a_wait_of_boosts) {
  start_impatient();
  boost::fibers::mutex mutex;
  std::atomic<bool> holds{false};
  const fn::pid holder = fn::spawn(rt(), [&](fn::process& self) {
                           const std::lock_guard lock(mutex);
                           holds = true;
                           self.receive([](int) {});
                         }).value();
  wait_until([&] { return holds.load(); });
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      inside = true;
                      const std::lock_guard lock(mutex);
                      static_cast<void>(self.checkpoint());
                      too_far = true;
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  fn::send(holder, 1);
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

/// Does not come back from its destructor until told.
struct stuck_destructor {
  std::atomic<bool>* inside;
  std::atomic<bool>* come_back;
  stuck_destructor(std::atomic<bool>& i, std::atomic<bool>& c) : inside(&i), come_back(&c) {}
  stuck_destructor(stuck_destructor&& other) noexcept
      : inside(std::exchange(other.inside, nullptr)), come_back(other.come_back) {}
  ~stuck_destructor() {
    if (inside == nullptr) return;
    *inside = true;
    DeathTest::foreign_code(*come_back);
  }
};

TEST_F(Abandon, one_that_is_stuck_in_the_destructor_of_a_capture) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [guard = stuck_destructor(inside, come_back)](fn::process& self) {
                      static_cast<void>(self.sleep(24h));
                    }).value();
  kill(p);
  wait_until([&] { return inside.load(); });
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(Abandon, one_that_is_stuck_in_the_destructor_of_a_message) {
  start_impatient();
  std::atomic<int> seen{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](const stuck_destructor&) { ++seen; });
                    }).value();
  fn::send(p, stuck_destructor(inside, come_back));
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(seen, 1);
}

TEST_F(Abandon, one_that_is_stuck_in_the_destructor_of_a_message_it_never_took) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) { self.receive([](int) {}); }).value();
  fn::send(p, stuck_destructor(inside, come_back));
  kill(p);
  wait_until([&] { return inside.load(); });
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

struct blocks {};

class stuck_handler {
 public:
  using messages = fn::messages<blocks, std::shared_ptr<int>>;
  stuck_handler(std::atomic<bool>& inside, std::atomic<bool>& come_back) : inside_(&inside), come_back_(&come_back) {}
  void handle(fn::process&, blocks) {
    *inside_ = true;
    DeathTest::foreign_code(*come_back_);
  }
  void handle(fn::process&, const std::shared_ptr<int>&) {}

 private:
  std::atomic<bool>* inside_;
  std::atomic<bool>* come_back_;
};

TEST_F(Abandon, a_handler_stuck_in_a_turn_with_messages_in_every_place) {
  start_impatient();
  const auto life = std::make_shared<int>(0);
  const fn::pid p = fn::spawn(rt(), stuck_handler(inside, come_back)).value();
  fn::send(p, life);
  fn::send(p, blocks{});
  for (int i = 0; i != 300; ++i) fn::send(p, life);
  wait_until([&] { return inside.load(); });
  for (int i = 0; i != 300; ++i) fn::send(p, life);
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(life.use_count(), 1);
}

// -- who is not given up ---------------------------------------------------------------------------------------------------

TEST_F(Abandon, one_that_only_waits_for_its_turn_is_not_given_up) {
  start_impatient(1);
  const fn::pid hog = fn::spawn(rt(), [&](fn::process&) {
                        inside = true;
                        foreign_code(come_back);
                      }).value();
  wait_until([&] { return inside.load(); });
  std::atomic<bool> begun{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) { begun = true; }).value();
  kill(p);
  kill(hog);  // later, so when it is given up the other's time has been over for longer
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(hog));
  EXPECT_TRUE(fn::is_alive(p));
  come_back = true;
  wait_gone();
  wait_abandoned(0);
  EXPECT_FALSE(begun);
}

TEST_F(Abandon, one_that_nobody_told_to_die_may_stay_away_for_ever) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::normal));  // which is ignored
  std::atomic<bool> other_inside{false};
  const fn::pid other = fn::spawn(rt(), [&](fn::process&) {
                          other_inside = true;
                          foreign_code(come_back);
                        }).value();
  wait_until([&] { return other_inside.load(); });
  kill(other);
  wait_abandoned(1);
  EXPECT_TRUE(fn::is_alive(p));
  come_back = true;
  wait_gone();
  wait_abandoned(0);
}

// -- shutdown ----------------------------------------------------------------------------------------------------------------

TEST_F(Abandon, shutdown_names_the_survivor_and_a_later_one_finds_it_gone) {
  start_impatient();
  const fn::pid p = fn::spawn(
                        rt(),
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

// In a program of its own: a process that never comes back, and what it can reach, is left behind for ever.
TEST(AbandonForEver, the_destructor_of_the_runtime_names_the_survivor_and_returns) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        {
          fn::runtime rt({.schedulers = 2,
                          .log = {.sink = [](fn::log_level, std::string_view line) { std::cerr << line << '\n'; }},
                          .kill_grace = 20ms,
                          .shutdown_timeout = 0ms});
          std::atomic<bool> inside{false};
          fn::spawn(
              rt,
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
