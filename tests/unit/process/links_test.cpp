// SPDX-License-Identifier: Apache-2.0
//
// Links, as one process sees them and as the other does.
#include "unit/process/death_fixture.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

class Links : public DeathTest {
 protected:
  /// Runs `body` as a process that traps exits, and waits for its end.
  template <typename Body>
  void as_trapping_process(Body&& body) {
    start();
    wait_dead(fn::spawn(rt(), [&](fn::process& self) {
                self.trap_exit(true);
                body(self);
              }).value());
  }

  /// A process that waits for ever.
  static fn::pid idle_process(fn::process& self) {
    return fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
  }

  /// The next exit that comes; none comes within a while: nothing.
  static std::optional<fn::exited> next_exit(fn::process& self, std::chrono::milliseconds patience = 10s) {
    std::optional<fn::exited> got;
    self.receive([&](fn::exited e) { got = std::move(e); }, fn::after(patience, [] {}));
    return got;
  }
  static bool no_exit_comes(fn::process& self) { return !next_exit(self, 20ms); }
};

TEST_F(Links, the_end_of_one_comes_to_the_other_as_a_message_if_it_traps_exits) {
  as_trapping_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    ASSERT_TRUE(self.link(other));
    fn::exit(other, fn::exit_reason::user(7));
    const auto e = next_exit(self);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->from, other);
    ASSERT_NE(e->reason.get_if<int>(), nullptr);
    EXPECT_EQ(*e->reason.get_if<int>(), 7);
    EXPECT_TRUE(no_exit_comes(self));
  });
}

TEST_F(Links, the_end_of_one_ends_the_other_that_does_not_trap_exits) {
  as_trapping_process([](fn::process& self) {
    const fn::pid first = idle_process(self);
    const fn::pid second = fn::spawn_link(self, [first, to = self.id()](fn::process& p) {
                             p.link(first).value();
                             fn::send(to, 1);
                             p.receive([](int) {});
                           }).value();
    self.receive([](int) {});  // they are linked
    fn::exit(first, fn::exit_reason::user(std::string("gone")));
    const auto e = next_exit(self);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->from, second);
    EXPECT_EQ(*e->reason.get_if<std::string>(), "gone");
  });
}

TEST_F(Links, a_normal_end_is_passed_on_as_a_message_and_ends_nobody) {
  as_trapping_process([](fn::process& self) {
    const fn::pid child = fn::spawn_link(self, [](fn::process&) {}).value();
    const auto e = next_exit(self);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->from, child);
    EXPECT_TRUE(e->reason.is_normal());
    std::atomic<bool> went_on{false};
    const fn::pid careless = fn::spawn(self, [&](fn::process& p) {
                               const fn::pid id = idle_process(p);
                               p.link(id).value();
                               fn::send(id, 1);  // it ends
                               while (!fn::process_info(p.id()).value().links.empty()) p.sleep(0ms);
                               went_on = true;
                             }).value();
    while (fn::is_alive(careless)) self.sleep(1ms);
    EXPECT_TRUE(went_on);
  });
}

TEST_F(Links, one_to_a_process_that_is_gone_comes_back_as_noproc) {
  as_trapping_process([](fn::process& self) {
    const fn::pid gone = fn::spawn(self, [](fn::process&) {}).value();
    while (fn::is_alive(gone)) self.sleep(1ms);
    ASSERT_TRUE(self.link(gone));
    const auto e = next_exit(self);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->from, gone);
    EXPECT_EQ(e->reason.kind(), fn::exit_kind::noproc);
  });
}

TEST_F(Links, one_to_a_process_of_no_runtime_comes_back_as_noproc) {
  as_trapping_process([](fn::process& self) {
    ASSERT_TRUE(self.link(fn::pid()));
    EXPECT_EQ(next_exit(self).value().reason.kind(), fn::exit_kind::noproc);
  });
}

TEST_F(Links, one_to_itself_is_none) {
  as_trapping_process([](fn::process& self) {
    ASSERT_TRUE(self.link(self.id()));
    EXPECT_TRUE(no_exit_comes(self));
  });
}

TEST_F(Links, made_twice_are_one) {
  as_trapping_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    self.link(other).value();
    self.link(other).value();
    fn::exit(other, fn::exit_reason::kill);
    EXPECT_EQ(next_exit(self).value().reason.kind(), fn::exit_kind::killed);
    EXPECT_TRUE(no_exit_comes(self));
  });
}

TEST_F(Links, that_are_removed_have_no_effect_any_more) {
  as_trapping_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    self.link(other).value();
    self.unlink(other).value();
    fn::exit(other, fn::exit_reason::kill);
    EXPECT_TRUE(no_exit_comes(self));
    self.unlink(other).value();  // not linked, and gone
  });
}

TEST_F(Links, may_be_removed_by_the_one_that_did_not_make_them) {
  as_trapping_process([](fn::process& self) {
    const fn::pid maker = fn::spawn(self, [to = self.id()](fn::process& p) {
                            p.link(to).value();
                            fn::send(to, 1);
                            p.receive([](int) {});
                          }).value();
    self.receive([](int) {});
    self.unlink(maker).value();
    fn::exit(maker, fn::exit_reason::kill);
    EXPECT_TRUE(no_exit_comes(self));
  });
}

TEST_F(Links, made_again_right_after_their_removal_hold) {
  as_trapping_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    for (int i = 0; i != 100; ++i) {
      self.link(other).value();
      self.unlink(other).value();
    }
    self.link(other).value();
    fn::exit(other, fn::exit_reason::kill);
    EXPECT_EQ(next_exit(self).value().from, other);
    EXPECT_TRUE(no_exit_comes(self));
  });
}

TEST_F(Links, pass_kill_on_as_an_ordinary_reason_that_can_be_trapped) {
  as_trapping_process([](fn::process& self) {
    fn::spawn_link(self, [](fn::process& p) { p.exit(fn::exit_reason::kill); }).value();
    EXPECT_EQ(next_exit(self).value().reason.kind(), fn::exit_kind::kill);
  });
}

TEST_F(Links, come_before_anything_the_child_does) {
  as_trapping_process([](fn::process& self) {
    for (int i = 0; i != 200; ++i) {
      const fn::pid child = fn::spawn_link(self, [](fn::process&) { throw std::runtime_error("at once"); }).value();
      const auto e = next_exit(self);
      ASSERT_TRUE(e);
      EXPECT_EQ(e->from, child);
      EXPECT_EQ(e->reason.kind(), fn::exit_kind::exception);
    }
  });
}

TEST_F(Links, hold_the_order_of_messages_and_the_end) {
  as_trapping_process([](fn::process& self) {
    for (int i = 0; i != 200; ++i) {
      fn::spawn_link(self, [to = self.id()](fn::process&) { fn::send(to, 1); }).value();
      std::vector<int> order;
      for (int n = 0; n != 2; ++n) {
        self.receive([&](int) { order.push_back(1); }, [&](const fn::exited&) { order.push_back(2); });
      }
      EXPECT_EQ(order, (std::vector<int>{1, 2}));
    }
  });
}

TEST_F(Links, are_heeded_by_one_that_waits_without_waking_it_for_nothing) {
  start();
  std::atomic<int> left{0};
  std::atomic<bool> parked{false};
  const fn::pid waiting = fn::spawn(rt(), [&](fn::process& self) {
                            const frame f(left);
                            parked = true;
                            self.receive([](int) {});
                          }, {.scheduler = 1}).value();
  wait_until([&] { return parked && is_asleep(rt(), waiting); });
  const std::uint64_t slices = rt().counters()[1].slices;
  std::atomic<bool> linked{false};
  const fn::pid other = fn::spawn(rt(), [&](fn::process& self) {
                          self.link(waiting).value();
                          linked = true;
                          self.receive([](int) {});
                          self.exit(fn::exit_reason::user(1));
                        }, {.scheduler = 0}).value();
  wait_until([&] { return linked && is_asleep(rt(), waiting); });
  EXPECT_EQ(fn::process_info(waiting).value().links, std::vector<fn::pid>{other}) << "it has looked at it";
  EXPECT_EQ(rt().counters()[1].slices, slices) << "and was not resumed for that";
  EXPECT_EQ(left, 0);
  fn::send(other, 1);
  wait_dead(other);
  wait_dead(waiting);
  wait_gone();
  EXPECT_EQ(left, 1);
}

struct counter {
  using messages = fn::messages<int, fn::exited>;
  std::atomic<int>* exits;
  void handle(fn::process& self, int) {
    self.trap_exit(true);
    fn::spawn_link(self, [](fn::process&) {}).value();
  }
  void handle(fn::process&, const fn::exited&) { ++*exits; }
};

TEST_F(Links, reach_handlers_as_messages_of_theirs) {
  start();
  std::atomic<int> exits{0};
  const fn::pid p = fn::spawn(rt(), counter{&exits}).value();
  fn::send(p, 1);
  wait_until([&] { return exits == 1; });
  fn::exit(p, fn::exit_reason::kill);
  wait_dead(p);
}

TEST_F(Links, to_a_process_that_was_told_to_die_before_find_nobody) {
  start({.schedulers = 1});
  fn::exit_kind got{};
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              self.trap_exit(true);
              const fn::pid other = idle_process(self);
              self.sleep(1ms);  // it waits
              fn::exit(other, fn::exit_reason::user(1));
              self.link(other).value();
              got = next_exit(self).value().reason.kind();
              EXPECT_TRUE(no_exit_comes(self));
            }).value());
  EXPECT_EQ(got, fn::exit_kind::noproc);
}

TEST_F(Links, join_processes_of_two_runtimes) {
  start();
  watched_runtime other({.schedulers = 1});
  std::atomic<bool> told{false};
  std::atomic<bool> linked{false};
  const fn::pid there = fn::spawn(other, [](fn::process& p) { p.receive([](int) {}); }).value();
  const fn::pid here = fn::spawn(rt(), [&](fn::process& self) {
                         self.trap_exit(true);
                         self.link(there).value();
                         linked = true;
                         self.receive([&](const fn::exited& e) { told = e.from == there; });
                       }).value();
  wait_until([&] { return linked.load(); });
  other = fn::runtime({.schedulers = 1});  // ends the first
  wait_dead(here);
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace foundation::testing
