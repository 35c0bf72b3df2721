// SPDX-License-Identifier: Apache-2.0
//
// How handler processes die: idle, in a turn, blocked inside a turn, and by a turn of their own.
#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

struct note {
  int number;
};
struct work {};
struct wait_inside {};
struct foreign {};
struct crash {};
struct leave {};

/// What a handler tells the test, which outlives it.
struct diary {
  std::atomic<int> notes{0};
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  std::atomic<int> left{0};
  std::atomic<int> destroyed{0};
  std::atomic<bool> too_far{false};
};

class victim {
 public:
  using messages = fn::messages<note, work, wait_inside, foreign, crash, leave>;

  explicit victim(diary& d) : diary_(&d) {}
  victim(victim&& other) noexcept : diary_(std::exchange(other.diary_, nullptr)) {}
  ~victim() {
    if (diary_ != nullptr) ++diary_->destroyed;
  }

  void handle(fn::process&, const note&) { ++diary_->notes; }
  void handle(fn::process& self, work) {
    const frame f(diary_->left);
    diary_->inside = true;
    for (;;) static_cast<void>(self.checkpoint());
  }
  void handle(fn::process& self, wait_inside) {
    const frame f(diary_->left);
    diary_->inside = true;
    self.receive([](const std::string&) {});
    diary_->too_far = true;
  }
  void handle(fn::process& self, foreign) {
    const frame f(diary_->left);
    diary_->inside = true;
    DeathTest::foreign_code(diary_->come_back);
    static_cast<void>(self.checkpoint());
    diary_->too_far = true;
  }
  void handle(fn::process&, crash) {
    const frame f(diary_->left);
    throw std::runtime_error("bad turn");
  }
  void handle(fn::process& self, leave) {
    const frame f(diary_->left);
    self.exit(fn::exit_reason::shutdown);
    diary_->too_far = true;
  }

 private:
  diary* diary_;
};

class HandlerDeath : public DeathTest {
 protected:
  fn::pid start_victim(fn::runtime_options options = {.schedulers = 2}) {
    start(std::move(options));
    return fn::spawn(rt(), victim(d), {.label = "victim"}).value();
  }
  void expect_end(int frames) {
    wait_gone();
    EXPECT_EQ(d.destroyed, 1);
    EXPECT_EQ(d.left, frames);
    EXPECT_FALSE(d.too_far);
  }

  diary d;
};

TEST_F(HandlerDeath, killed_before_its_first_message) {
  const fn::pid p = start_victim();
  kill(p);
  expect_end(0);
}

TEST_F(HandlerDeath, killed_while_idle) {
  const fn::pid p = start_victim();
  fn::send(p, note{1});
  wait_until([&] { return d.notes == 1; });
  kill(p);
  expect_end(0);
  fn::send(p, note{2});
  EXPECT_EQ(rt().dead_letters(), 1u);
  EXPECT_EQ(d.notes, 1);
}

TEST_F(HandlerDeath, killed_inside_a_turn) {
  const fn::pid p = start_victim();
  fn::send(p, work{});
  wait_until([&] { return d.inside.load(); });
  fn::send(p, note{1});
  kill(p);
  expect_end(1);
  EXPECT_EQ(d.notes, 0);
}

TEST_F(HandlerDeath, killed_while_it_waits_inside_a_turn) {
  const fn::pid p = start_victim();
  fn::send(p, wait_inside{});
  wait_until([&] { return d.inside.load(); });
  fn::send(p, note{1});
  kill(p);
  expect_end(1);
  EXPECT_EQ(d.notes, 0);
}

TEST_F(HandlerDeath, killed_while_ready_it_begins_no_turn) {
  const fn::pid p = start_victim({.schedulers = 1});
  std::atomic<bool> hog_runs{false};
  fn::spawn(rt(), [&](fn::process&) {
    hog_runs = true;
    foreign_code(d.come_back);
  }).value();
  wait_until([&] { return hog_runs.load(); });
  for (int i = 0; i != 500; ++i) fn::send(p, note{i});
  kill(p);
  d.come_back = true;
  wait_gone();
  EXPECT_EQ(d.destroyed, 1);
  EXPECT_EQ(d.notes, 0);
}

TEST_F(HandlerDeath, killed_in_foreign_code_it_ends_at_its_next_checkpoint) {
  const fn::pid p = start_victim();
  fn::send(p, foreign{});
  wait_until([&] { return d.inside.load(); });
  kill(p);
  EXPECT_TRUE(fn::is_alive(p));
  d.come_back = true;
  expect_end(1);
}

TEST_F(HandlerDeath, a_turn_that_throws_ends_it_with_one_report) {
  const fn::pid p = start_victim();
  fn::send(p, note{1});
  fn::send(p, crash{});
  fn::send(p, note{2});
  expect_end(1);
  EXPECT_EQ(d.notes, 1);
  const auto lines = log_at_the_end();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], ::testing::HasSubstr("\"victim\""));
  EXPECT_THAT(lines[0], ::testing::HasSubstr("std::runtime_error"));
  EXPECT_THAT(lines[0], ::testing::HasSubstr("bad turn"));
}

TEST_F(HandlerDeath, a_turn_may_end_it) {
  const fn::pid p = start_victim();
  fn::send(p, leave{});
  fn::send(p, note{1});
  expect_end(1);
  EXPECT_EQ(d.notes, 0);
  EXPECT_THAT(log_at_the_end(), ::testing::IsEmpty());
}

/// Says that it is done, and then does what is left of its turn.
struct stopper {
  using messages = fn::messages<note>;
  std::atomic<int>* turns;
  void handle(fn::process& self, const note&) {
    self.stop(fn::exit_reason::shutdown);
    self.stop(fn::exit_reason::user(2));  // the first reason stays
    ++*turns;
  }
};

TEST_F(HandlerDeath, stopped_by_itself_ends_after_its_turn_with_the_first_reason) {
  start();
  std::atomic<int> turns{0};
  std::atomic<fn::exit_kind> kind{fn::exit_kind::normal};
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              const fn::pid p = fn::spawn(self, stopper{&turns}).value();
              const fn::reference ref = self.monitor(p).value();
              fn::send(p, note{1});
              fn::send(p, note{2});
              self.receive(fn::when([&](const fn::down& gone) { return gone.monitor == ref; },
                                    [&](const fn::down& gone) { kind = gone.reason.kind(); }));
            }).value());
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(kind, fn::exit_kind::shutdown);
}

struct sleeps_over_it {
  using messages = fn::messages<std::shared_ptr<int>>;
  std::atomic<bool>* inside;
  void handle(fn::process& self, const std::shared_ptr<int>&) {
    *inside = true;
    static_cast<void>(self.sleep(24h));
  }
};

TEST_F(HandlerDeath, the_message_of_the_turn_it_died_in_is_destroyed_like_those_that_wait) {
  start();
  const auto life = std::make_shared<int>(0);
  const fn::pid p = fn::spawn(rt(), sleeps_over_it{&d.inside}).value();
  for (int i = 0; i != 300; ++i) fn::send(p, life);
  wait_until([&] { return d.inside.load(); });
  kill(p);
  wait_gone();
  EXPECT_EQ(life.use_count(), 1);
}

TEST_F(HandlerDeath, normal_from_somebody_else_is_ignored) {
  const fn::pid p = start_victim();
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::normal));
  fn::send(p, note{1});
  wait_until([&] { return d.notes == 1; });
  EXPECT_TRUE(fn::is_alive(p));
}

}  // namespace
}  // namespace foundation::testing
