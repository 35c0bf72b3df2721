// SPDX-License-Identifier: Apache-2.0
//
// Exit signals through aliases, and those that overtake messages (EEP 76).
#include <future>
#include <string>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class PrioritySignals : public AbandonTest {
 protected:
  template <typename Body>
  void as_trapping_process(Body&& body) {
    wait_dead(fn::spawn(rt(), [&](fn::process& self) {
                self.trap_exit(true);
                body(self);
              }).value());
  }
  /// The next `count` things in the mailbox: numbers, and the reasons of exits.
  static std::string next(fn::process& self, int count, std::chrono::nanoseconds patience = 0ms) {
    std::string order;
    for (int i = 0; i != count; ++i) {
      self.receive([&](int n) { order += std::to_string(n) + ' '; },
                   [&](const fn::exited& e) { order += e.reason.description() + ' '; },
                   fn::after(patience, [&] { order += "nothing "; }));
    }
    return order;
  }
};

TEST_F(PrioritySignals, come_through_an_alias_until_it_is_taken_back) {
  start();
  as_trapping_process([](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    ASSERT_TRUE(fn::exit(a, fn::exit_reason::shutdown));
    EXPECT_EQ(next(self, 1), "shutdown ");
    self.unalias(a);
    ASSERT_TRUE(fn::exit(a, fn::exit_reason::shutdown));
    EXPECT_EQ(next(self, 1), "nothing ");
    const fn::alias once = self.make_alias({.mode = fn::alias_mode::reply}).value();
    ASSERT_TRUE(fn::exit(once, fn::exit_reason::shutdown));
    ASSERT_TRUE(fn::exit(once, fn::exit_reason::shutdown));
    EXPECT_EQ(next(self, 2), "shutdown nothing ");
  });
}

TEST_F(PrioritySignals, end_who_does_not_trap_and_nobody_whose_alias_is_gone) {
  start();
  std::promise<fn::alias> promised;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    const fn::alias gone = self.make_alias().value();
    self.unalias(gone);
    ASSERT_TRUE(fn::exit(gone, fn::exit_reason::kill));
    self.sleep(1ms);  // looks at it
    promised.set_value(self.make_alias().value());
    self.receive([](int) {});
  }).value();
  const fn::alias a = promised.get_future().get();
  EXPECT_TRUE(fn::is_alive(p));
  ASSERT_TRUE(fn::exit(a, fn::exit_reason::kill));
  wait_dead(p);
}

TEST_F(PrioritySignals, overtake_where_the_alias_lets_priority_in_and_the_sender_asks_for_it) {
  start();
  as_trapping_process([](fn::process& self) {
    for (const bool lets_in : {true, false}) {
      const fn::alias a = self.make_alias({.priority = lets_in}).value();
      fn::send(self.id(), 1);
      ASSERT_TRUE(fn::exit(a, fn::exit_reason::shutdown));
      ASSERT_TRUE(fn::exit(a, fn::exit_reason::noproc, fn::priority_message));
      EXPECT_EQ(next(self, 3), lets_in ? "noproc 1 shutdown " : "1 shutdown noproc ");
    }
  });
}

TEST_F(PrioritySignals, of_links_overtake_where_this_side_asked_for_it) {
  start();
  as_trapping_process([](fn::process& self) {
    const auto end_one = [&](const fn::link_options& first, const fn::link_options& last) {
      const fn::pid other = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
      self.link(other, first).value();
      self.link(other, last).value();
      const fn::reference ref = self.monitor(other).value();
      fn::send(self.id(), 1);
      fn::exit(other, fn::exit_reason::shutdown);
      self.receive(fn::since(ref), [](const fn::down&) {});  // behind the link's
      return next(self, 2, 10s);
    };
    EXPECT_EQ(end_one({.priority = true}, {.priority = true}), "shutdown 1 ");
    EXPECT_EQ(end_one({}, {}), "1 shutdown ");
    EXPECT_EQ(end_one({}, {.priority = true}), "shutdown 1 ");
    EXPECT_EQ(end_one({.priority = true}, {}), "1 shutdown ");
  });
}

TEST_F(PrioritySignals, of_a_link_to_the_dead_overtake_too_and_of_the_other_side_alone_do_not) {
  start();
  as_trapping_process([&](fn::process& self) {
    const fn::pid dead = fn::spawn(self, [](fn::process&) {}).value();
    wait_dead(dead);
    fn::send(self.id(), 1);
    self.link(dead, {.priority = true}).value();
    EXPECT_EQ(next(self, 2), "noproc 1 ");

    const fn::pid me = self.id();
    const fn::pid other = fn::spawn(self, [me](fn::process& p) {
      p.link(me, {.priority = true}).value();
      fn::send(me, 2);
      p.exit(fn::exit_reason::shutdown);
    }).value();
    wait_dead(other);
    EXPECT_EQ(next(self, 2, 10s), "2 shutdown ");
  });
}

TEST_F(PrioritySignals, through_an_alias_give_one_up_that_is_stuck) {
  start_impatient();
  std::promise<fn::alias> promised;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    promised.set_value(self.make_alias().value());
    foreign_code(come_back);
  }).value();
  ASSERT_TRUE(fn::exit(promised.get_future().get(), fn::exit_reason::kill));
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  come_back = true;
  wait_abandoned(0);
}

TEST_F(PrioritySignals, through_an_alias_that_is_gone_give_nobody_up) {
  start_impatient();
  std::promise<fn::alias> promised;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    self.unalias(a);
    promised.set_value(a);
    foreign_code(come_back);
    self.sleep(1ms);
    too_far = true;
  }).value();
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process&) {
    inside = true;
    foreign_code(come_back);
  }).value();
  wait_until([&] { return inside.load(); });
  ASSERT_TRUE(fn::exit(promised.get_future().get(), fn::exit_reason::kill));
  kill(stuck);  // later: by the time it is given up, the other one has been judged
  wait_abandoned(1);
  EXPECT_TRUE(fn::is_alive(p));
  come_back = true;
  wait_dead(p);
  wait_abandoned(0);
  EXPECT_TRUE(too_far);
}

}  // namespace
}  // namespace foundation::testing
