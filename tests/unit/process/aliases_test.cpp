// SPDX-License-Identifier: Apache-2.0
#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Aliases : public DeathTest {
 protected:
  template <typename Body>
  void as_process(Body&& body) {
    start();
    wait_dead(fn::spawn(rt(), std::forward<Body>(body)).value());
  }
  /// All numbers in the mailbox, in order.
  static std::vector<int> numbers(fn::process& self) {
    std::vector<int> got;
    for (bool more = true; more;) {
      self.receive([&](int n) { got.push_back(n); }, fn::after(0ms, [&] { more = false; }));
    }
    return got;
  }
};

using ints = std::vector<int>;

TEST_F(Aliases, let_messages_in_until_they_are_taken_back) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    fn::send(a, 1);
    fn::send(a, 2);
    EXPECT_EQ(numbers(self), (ints{1, 2}));
    EXPECT_TRUE(self.unalias(a));
    EXPECT_FALSE(self.unalias(a)) << "taken back twice";
    fn::send(a, 3);
    EXPECT_EQ(numbers(self), ints{});
  });
  EXPECT_EQ(rt().dead_letters(), 1u);
}

TEST_F(Aliases, drop_what_was_sent_before_they_were_taken_back_but_has_not_arrived) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    std::atomic<bool> sent{false};
    fn::spawn(self, [&](fn::process&) {
      fn::send(a, 1);
      sent = true;
    }).value();
    while (!sent) std::this_thread::yield();  // nothing is taken over meanwhile
    EXPECT_TRUE(self.unalias(a));
    EXPECT_EQ(numbers(self), ints{});
  });
}

TEST_F(Aliases, for_a_reply_let_one_message_in) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias({.mode = fn::alias_mode::reply}).value();
    fn::send(a, 1);
    fn::send(a, 2);
    EXPECT_EQ(numbers(self), (ints{1}));
    EXPECT_FALSE(self.unalias(a));
  });
}

TEST_F(Aliases, of_a_monitor_end_with_it) {
  as_process([](fn::process& self) {
    const fn::pid other = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
    const fn::reference ref = self.monitor(other, {.alias = fn::alias_mode::demonitor}).value();
    const fn::alias a(self.id(), ref);
    fn::send(a, 1);
    fn::send(a, 2);
    EXPECT_EQ(numbers(self), (ints{1, 2}));
    EXPECT_TRUE(self.demonitor(ref));
    fn::send(a, 3);
    EXPECT_EQ(numbers(self), ints{});
  });
}

TEST_F(Aliases, of_a_monitor_end_with_its_message) {
  as_process([](fn::process& self) {
    for (const auto mode : {fn::alias_mode::demonitor, fn::alias_mode::reply_demonitor, fn::alias_mode::explicit_unalias}) {
      const fn::pid other = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
      const fn::reference ref = self.monitor(other, {.alias = mode}).value();
      fn::exit(other, fn::exit_reason::kill);
      self.receive([](const fn::down&) {});
      fn::send(fn::alias(self.id(), ref), 1);
      EXPECT_EQ(numbers(self).size(), mode == fn::alias_mode::explicit_unalias ? 1u : 0u);
    }
  });
}

TEST_F(Aliases, of_a_monitor_for_a_reply_take_the_monitor_with_them) {
  as_process([](fn::process& self) {
    const fn::pid other = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
    const fn::reference ref = self.monitor(other, {.alias = fn::alias_mode::reply_demonitor}).value();
    const fn::alias a(self.id(), ref);
    fn::send(a, 1);
    fn::send(a, 2);
    EXPECT_EQ(numbers(self), (ints{1}));
    EXPECT_FALSE(self.demonitor(ref));
    fn::exit(other, fn::exit_reason::kill);
    bool told = false;
    self.receive([&](const fn::down&) { told = true; }, fn::after(20ms, [] {}));
    EXPECT_FALSE(told);
  });
}

TEST_F(Aliases, that_outlive_their_monitor_are_ended_by_hand) {
  as_process([](fn::process& self) {
    const fn::pid other = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
    const fn::reference ref = self.monitor(other, {.alias = fn::alias_mode::explicit_unalias}).value();
    const fn::alias a(self.id(), ref);
    EXPECT_TRUE(self.demonitor(ref));
    fn::send(a, 1);
    EXPECT_EQ(numbers(self), (ints{1}));
    EXPECT_TRUE(self.unalias(a));
    fn::send(a, 2);
    EXPECT_EQ(numbers(self), ints{});
  });
}

TEST_F(Aliases, of_somebody_else_cannot_be_taken_back) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    std::atomic<bool> taken{true};
    const fn::pid thief = fn::spawn(self, [&](fn::process& p) { taken = p.unalias(a); }).value();
    while (fn::is_alive(thief)) self.sleep(1ms);
    EXPECT_FALSE(taken);
    fn::send(a, 1);
    EXPECT_EQ(numbers(self), (ints{1}));
  });
}

TEST_F(Aliases, that_were_never_made_let_nothing_in) {
  as_process([](fn::process& self) {
    fn::send(fn::alias(self.id(), {}), 1);
    fn::send(fn::alias(self.id(), self.make_reference()), 2);
    EXPECT_EQ(numbers(self), ints{});
    EXPECT_EQ(fn::send(fn::alias(), 3).error().code(), fn::errc::not_running);
  });
}

TEST_F(Aliases, of_the_wrong_mode_are_refused) {
  as_process([](fn::process& self) {
    for (const auto mode : {fn::alias_mode::demonitor, fn::alias_mode::reply_demonitor}) {
      EXPECT_EQ(self.make_alias({.mode = mode}).error().code(), fn::errc::invalid_argument);
    }
  });
}

TEST_F(Aliases, carry_messages_of_any_alignment) {
  struct alignas(256) wide {
    int n;
  };
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    fn::send(a, wide{5});
    self.receive([](const wide& w) {
      EXPECT_EQ(w.n, 5);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&w) % 256, 0u);
    });
  });
}

// -- priority messages ------------------------------------------------------------------------------------------------

TEST_F(Aliases, that_let_priority_in_queue_such_messages_first_and_in_order) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias({.priority = true}).value();
    fn::send(self.id(), 1);
    fn::send(a, 2);
    fn::send(a, 10, fn::priority_message);
    fn::send(self.id(), 3);
    fn::send(a, 11, fn::priority_message);
    EXPECT_EQ(numbers(self), (ints{10, 11, 1, 2, 3}));
  });
}

TEST_F(Aliases, that_do_not_let_priority_in_queue_such_messages_like_others) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias().value();
    fn::send(self.id(), 1);
    fn::send(a, 2, fn::priority_message);
    EXPECT_EQ(numbers(self), (ints{1, 2}));
  });
}

TEST_F(Aliases, let_priority_reach_a_receive_that_has_looked_at_the_others) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias({.priority = true}).value();
    for (int i = 0; i != 100; ++i) fn::send(self.id(), std::string("in the way"));
    fn::spawn(self, [&](fn::process& p) {
      p.sleep(5ms);
      fn::send(a, 7, fn::priority_message);
    }).value();
    int got = 0;
    self.receive([&](int n) { got = n; });
    EXPECT_EQ(got, 7);
  });
}

TEST_F(Aliases, let_priority_in_while_a_receive_looks_through_the_others) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias({.priority = true}).value();
    for (int i = 0; i != 3; ++i) fn::send(self.id(), i);
    const auto refuses = [&](const int& n) {
      if (n == 1) {
        fn::send(a, std::string("urgent"), fn::priority_message);
        static_cast<void>(self.make_reference());  // sorts it in, in front of where the receive is
      }
      return false;
    };
    std::string got;
    self.receive(fn::when(refuses, [](int) {}), [&](const std::string& s) { got = s; });
    EXPECT_EQ(got, "urgent");
    EXPECT_EQ(numbers(self), (ints{0, 1, 2}));
  });
}

TEST_F(Aliases, let_priority_past_the_mark_of_a_reference) {
  as_process([](fn::process& self) {
    const fn::alias a = self.make_alias({.priority = true}).value();
    fn::send(a, 7, fn::priority_message);
    fn::send(self.id(), 1);
    const fn::reference ref = self.make_reference();
    fn::send(self.id(), 2);
    int got = 0;
    self.receive(fn::since(ref), [&](int n) { got = n; });
    EXPECT_EQ(got, 7);
    self.receive(fn::since(ref), [&](int n) { got = n; });
    EXPECT_EQ(got, 2);
    EXPECT_EQ(numbers(self), (ints{1}));
  });
}

TEST_F(Aliases, let_the_end_of_a_monitored_process_overtake) {
  as_process([](fn::process& self) {
    const auto other = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
    static_cast<void>(self.monitor(other, {.priority = true}).value());
    fn::send(self.id(), 1);
    fn::exit(other, fn::exit_reason::kill);
    while (fn::is_alive(other)) self.sleep(1ms);
    self.sleep(1ms);
    std::vector<int> order;
    for (int i = 0; i != 2; ++i) {
      self.receive([&](int) { order.push_back(1); }, [&](const fn::down&) { order.push_back(2); });
    }
    EXPECT_EQ(order, (ints{2, 1}));
  });
}

struct ordered {
  using messages = fn::messages<int, fn::alias>;
  std::vector<int>* got;
  std::atomic<bool>* go;
  std::atomic<int>* count;
  fn::alias* made;
  void handle(fn::process& self, const fn::alias&) {
    *made = self.make_alias({.priority = true}).value();
    ++*count;
    while (!*go) std::this_thread::yield();
  }
  void handle(fn::process&, int n) {
    got->push_back(n);
    ++*count;
  }
};

TEST_F(Aliases, let_priority_overtake_in_a_handlers_mailbox) {
  start();
  std::vector<int> got;
  std::atomic<bool> go{false};
  std::atomic<int> count{0};
  fn::alias a;
  const fn::pid p = fn::spawn(rt(), ordered{&got, &go, &count, &a}).value();
  fn::send(p, fn::alias());
  wait_until([&] { return count == 1; });
  fn::send(p, 1);
  fn::send(p, 2);
  fn::send(a, 10, fn::priority_message);
  go = true;
  wait_until([&] { return count == 4; });
  EXPECT_EQ(got, (ints{10, 1, 2}));
}

}  // namespace
}  // namespace foundation::testing
