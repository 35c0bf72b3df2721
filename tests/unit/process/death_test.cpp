// SPDX-License-Identifier: Apache-2.0
//
// Killed while it runs, while it is ready, and before it ever ran.
#include <gmock/gmock.h>

#include <memory>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Death : public DeathTest {
 protected:
  /// Kills a process whose body is `loop(self)` for ever, once it has been round, and checks that it was unwound.
  template <typename Loop>
  void kill_in(Loop&& loop) {
    start();
    std::atomic<long> rounds{0};
    std::atomic<int> left{0};
    const auto life = std::make_shared<int>(0);
    const fn::pid p = fn::spawn(rt(), [&, life](fn::process& self) {
                        const frame outer(left);
                        const auto in_the_frame = life;
                        [&] {
                          const frame inner(left);
                          for (;; ++rounds) loop(self);
                        }();
                      }).value();
    wait_until([&] { return rounds > 1000; });
    kill(p);
    wait_dead(p);
    wait_gone();
    EXPECT_EQ(left, 2);
    EXPECT_EQ(life.use_count(), 1);
    EXPECT_THAT(log_at_the_end(), ::testing::IsEmpty());
  }
};

TEST_F(Death, a_kill_unwinds_a_loop_of_checkpoints) {
  kill_in([](fn::process& self) { static_cast<void>(self.checkpoint()); });
}

TEST_F(Death, a_kill_unwinds_a_loop_that_consumes) {
  kill_in([](fn::process& self) { static_cast<void>(self.consume(100)); });
}

TEST_F(Death, a_kill_unwinds_a_loop_of_receives_that_never_wait) {
  kill_in([](fn::process& self) { self.receive(fn::after(0ms)); });
}

TEST_F(Death, a_kill_unwinds_a_loop_that_gives_way) {
  kill_in([](fn::process& self) { static_cast<void>(self.sleep(0ms)); });
}

TEST_F(Death, a_kill_unwinds_a_loop_that_eats_its_own_messages) {
  kill_in([](fn::process& self) {
    fn::send(self.id(), 1);
    self.receive([](int) {});
  });
}

// A send never throws the exit: the loop goes on until it meets something that does.
TEST_F(Death, a_kill_lets_a_loop_of_sends_go_on_to_its_next_checkpoint) {
  start();
  std::atomic<bool> killed{false};
  std::atomic<long> sent{0};
  std::atomic<int> left{0};
  const fn::pid sink = fn::spawn(rt(), [](fn::process& self) {
                         for (;;) self.receive([](int) {});
                       }).value();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      while (!killed) {
                        fn::send(sink, 1);
                        ++sent;
                      }
                      for (int i = 0; i != 1000; ++i) EXPECT_TRUE(fn::send(sink, 1));
                      left = 10;
                      static_cast<void>(self.checkpoint());
                      left = 20;
                    }).value();
  wait_until([&] { return sent > 100; });
  kill(p);
  killed = true;
  wait_dead(p);
  wait_until([&] { return rt().process_count() == 1; });
  EXPECT_EQ(left, 11);
}

TEST_F(Death, a_process_can_kill_itself_and_ends_at_its_next_checkpoint) {
  start();
  std::atomic<int> step{0};
  fn::spawn(rt(), [&](fn::process& self) {
    EXPECT_TRUE(fn::exit(self.id(), fn::exit_reason::kill));
    step = 1;
    static_cast<void>(self.checkpoint());
    step = 2;
  }).value();
  wait_gone();
  EXPECT_EQ(step, 1);
}

TEST_F(Death, one_process_kills_another) {
  start();
  std::atomic<bool> begun{false};
  std::atomic<int> left{0};
  const fn::pid victim = fn::spawn(rt(), [&](fn::process& self) {
                           const frame f(left);
                           begun = true;
                           static_cast<void>(self.sleep(fn::infinity));
                         }).value();
  wait_until([&] { return begun.load(); });
  fn::spawn(rt(), [victim](fn::process&) { EXPECT_TRUE(fn::exit(victim, fn::exit_reason::kill)); }).value();
  wait_gone();
  EXPECT_EQ(left, 1);
}

// -- ready ------------------------------------------------------------------------------------------------------------

TEST_F(Death, killed_while_it_is_ready_it_does_nothing_more) {
  start({.schedulers = 1});
  std::atomic<bool> hog_runs{false};
  std::atomic<bool> come_back{false};
  std::atomic<bool> killed{false};
  std::atomic<long> rounds{0};
  std::atomic<long> rounds_after{0};
  std::atomic<int> left{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      for (;;) {
                        static_cast<void>(self.sleep(0ms));
                        ++(killed ? rounds_after : rounds);
                      }
                    }).value();
  wait_until([&] { return rounds > 0; });
  fn::spawn(rt(), [&](fn::process&) {
    hog_runs = true;
    foreign_code(come_back);
  }).value();
  wait_until([&] { return hog_runs.load(); });
  kill(p);  // it stands in the queue behind the hog, on the only scheduler
  killed = true;
  come_back = true;
  wait_gone();
  EXPECT_EQ(rounds_after, 0);
  EXPECT_EQ(left, 1);
}

TEST_F(Death, killed_before_it_first_ran_it_never_begins_and_its_captures_are_destroyed) {
  start({.schedulers = 1});
  std::atomic<bool> hog_runs{false};
  std::atomic<bool> come_back{false};
  std::atomic<int> begun{0};
  const auto life = std::make_shared<int>(0);
  fn::spawn(rt(), [&](fn::process&) {
    hog_runs = true;
    foreign_code(come_back);
  }).value();
  wait_until([&] { return hog_runs.load(); });
  const fn::pid p = fn::spawn(rt(), [&begun, life](fn::process&) { ++begun; }).value();
  fn::send(p, life);
  kill(p);
  fn::send(p, life);
  EXPECT_TRUE(fn::is_alive(p)) << "it ends when it is its turn";
  come_back = true;
  wait_gone();
  EXPECT_EQ(begun, 0);
  EXPECT_EQ(life.use_count(), 1);
}

TEST_F(Death, told_anything_but_normal_before_it_first_ran_it_never_begins) {
  start({.schedulers = 1});
  std::atomic<bool> hog_runs{false};
  std::atomic<bool> come_back{false};
  std::atomic<int> begun{0};
  fn::spawn(rt(), [&](fn::process&) {
    hog_runs = true;
    foreign_code(come_back);
  }).value();
  wait_until([&] { return hog_runs.load(); });
  for (const auto& reason : {fn::exit_reason(fn::exit_reason::normal), fn::exit_reason(fn::exit_reason::shutdown),
                             fn::exit_reason::user(1)}) {
    const fn::pid p = fn::spawn(rt(), [&](fn::process&) { ++begun; }).value();
    ASSERT_TRUE(fn::exit(p, reason));
  }
  come_back = true;
  wait_gone();
  EXPECT_EQ(begun, 1) << "normal is ignored";
}

}  // namespace
}  // namespace foundation::testing
