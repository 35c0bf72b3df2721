// SPDX-License-Identifier: Apache-2.0
#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Monitors : public DeathTest {
 protected:
  template <typename Body>
  void as_process(Body&& body) {
    start();
    wait_dead(fn::spawn(rt(), std::forward<Body>(body)).value());
  }
  static fn::pid idle_process(fn::process& self) {
    return fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
  }
  static std::optional<fn::down> next_down(fn::process& self, std::chrono::milliseconds patience = 10s) {
    std::optional<fn::down> got;
    self.receive([&](fn::down d) { got = std::move(d); }, fn::after(patience, [] {}));
    return got;
  }
  static bool no_down_comes(fn::process& self) { return !next_down(self, 20ms); }
};

TEST_F(Monitors, tell_of_the_end_with_its_reason) {
  as_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    const fn::reference ref = self.monitor(other).value();
    fn::exit(other, fn::exit_reason::shutdown_with(5));
    const auto d = next_down(self).value();
    EXPECT_EQ(d.monitor, ref);
    EXPECT_EQ(d.from, other);
    EXPECT_TRUE(d.reason.is_shutdown());
    EXPECT_EQ(*d.reason.get_if<int>(), 5);
    EXPECT_EQ(d.name, "");
    EXPECT_TRUE(no_down_comes(self));
  });
}

TEST_F(Monitors, on_a_process_that_is_gone_tell_noproc_at_once) {
  as_process([](fn::process& self) {
    const fn::pid gone = fn::spawn(self, [](fn::process&) {}).value();
    while (fn::is_alive(gone)) self.sleep(1ms);
    const fn::reference ref = self.monitor(gone).value();
    const auto d = next_down(self).value();
    EXPECT_EQ(d.monitor, ref);
    EXPECT_EQ(d.reason.kind(), fn::exit_kind::noproc);
  });
}

TEST_F(Monitors, on_one_process_are_as_many_as_were_made) {
  as_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    std::vector<fn::reference> made;
    for (int i = 0; i != 5; ++i) made.push_back(self.monitor(other).value());
    EXPECT_TRUE(self.demonitor(made[2]));
    made.erase(made.begin() + 2);
    fn::exit(other, fn::exit_reason::kill);
    std::vector<fn::reference> told;
    for (int i = 0; i != 4; ++i) told.push_back(next_down(self).value().monitor);
    std::sort(told.begin(), told.end());
    std::sort(made.begin(), made.end());
    EXPECT_EQ(told, made);
    EXPECT_TRUE(no_down_comes(self));
  });
}

TEST_F(Monitors, of_oneself_are_none) {
  as_process([](fn::process& self) {
    const fn::reference ref = self.monitor(self.id()).value();
    EXPECT_TRUE(ref);
    EXPECT_FALSE(self.demonitor(ref));
  });
}

TEST_F(Monitors, that_are_removed_tell_nothing) {
  as_process([](fn::process& self) {
    const fn::pid other = idle_process(self);
    const fn::reference ref = self.monitor(other).value();
    EXPECT_TRUE(self.demonitor(ref));
    EXPECT_FALSE(self.demonitor(ref)) << "removed twice";
    fn::exit(other, fn::exit_reason::kill);
    EXPECT_TRUE(no_down_comes(self));
  });
}

TEST_F(Monitors, whose_end_has_come_can_be_flushed) {
  as_process([](fn::process& self) {
    for (const auto mode : {fn::demonitor_mode::keep, fn::demonitor_mode::flush}) {
      const auto [other, ref] = fn::spawn_monitor(self, [](fn::process&) {}).value();
      while (fn::is_alive(other)) self.sleep(1ms);
      self.sleep(1ms);
      EXPECT_FALSE(self.demonitor(ref, mode));
      EXPECT_EQ(no_down_comes(self), mode == fn::demonitor_mode::flush);
    }
  });
}

TEST_F(Monitors, flush_their_own_end_alone) {
  as_process([](fn::process& self) {
    const auto [first, one] = fn::spawn_monitor(self, [](fn::process&) {}).value();
    const auto [second, two] = fn::spawn_monitor(self, [](fn::process&) {}).value();
    while (fn::is_alive(first) || fn::is_alive(second)) self.sleep(1ms);
    self.sleep(1ms);
    self.demonitor(one, fn::demonitor_mode::flush);
    EXPECT_EQ(next_down(self).value().monitor, two);
    EXPECT_TRUE(no_down_comes(self));
  });
}

TEST_F(Monitors, are_there_before_anything_the_child_does) {
  as_process([](fn::process& self) {
    for (int i = 0; i != 200; ++i) {
      const auto [child, ref] = fn::spawn_monitor(self, [](fn::process& p) { p.exit(fn::exit_reason::user(1)); }).value();
      const auto d = next_down(self).value();
      EXPECT_EQ(d.from, child);
      EXPECT_EQ(d.monitor, ref);
    }
  });
}

TEST_F(Monitors, tell_after_what_the_process_has_sent) {
  as_process([](fn::process& self) {
    for (int i = 0; i != 200; ++i) {
      static_cast<void>(fn::spawn_monitor(self, [to = self.id()](fn::process&) { fn::send(to, 1); }).value());
      std::vector<int> order;
      for (int n = 0; n != 2; ++n) {
        self.receive([&](int) { order.push_back(1); }, [&](const fn::down&) { order.push_back(2); });
      }
      EXPECT_EQ(order, (std::vector<int>{1, 2}));
    }
  });
}

TEST_F(Monitors, give_a_reference_from_which_a_receive_may_start) {
  as_process([](fn::process& self) {
    for (int i = 0; i != 10; ++i) fn::send(self.id(), fn::down{});
    const fn::pid other = idle_process(self);
    const fn::reference ref = self.monitor(other).value();
    fn::exit(other, fn::exit_reason::kill);
    fn::reference seen;
    self.receive(fn::since(ref), [&](const fn::down& d) { seen = d.monitor; });
    EXPECT_EQ(seen, ref);
  });
}

TEST_F(Monitors, tell_of_a_process_that_was_given_up) {
  start({.schedulers = 2, .kill_grace = 10ms});
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  std::atomic<bool> told{false};
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process&) {
                          inside = true;
                          foreign_code(come_back);
                        }).value();
  wait_until([&] { return inside.load(); });
  const fn::pid watcher = fn::spawn(rt(), [&](fn::process& self) {
                            self.trap_exit(true);
                            self.link(stuck).value();
                            const fn::reference ref = self.monitor(stuck).value();
                            fn::exit(stuck, fn::exit_reason::kill);
                            int parts = 0;
                            for (int i = 0; i != 2; ++i) {
                              self.receive([&](const fn::down& d) { parts += d.monitor == ref ? 1 : 0; },
                                           [&](const fn::exited& e) { parts += e.from == stuck ? 1 : 0; });
                            }
                            told = parts == 2;
                          }).value();
  wait_dead(watcher);
  EXPECT_TRUE(told);
  come_back = true;
  wait_until([&] { return rt().abandoned_count() == 0; });
}

TEST_F(Monitors, on_a_process_that_was_told_to_die_before_tell_noproc_when_it_is_gone) {
  start({.schedulers = 1});
  fn::exit_kind got{};
  std::atomic<int> left{0};
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              const fn::pid other = fn::spawn(self, [&](fn::process& p) {
                                      const frame f(left);
                                      p.receive([](int) {});
                                    }).value();
              self.sleep(1ms);  // it waits
              fn::exit(other, fn::exit_reason::user(1));
              static_cast<void>(self.monitor(other).value());
              got = next_down(self).value().reason.kind();
              EXPECT_EQ(left, 1);
            }).value());
  EXPECT_EQ(got, fn::exit_kind::noproc);
}

TEST_F(Monitors, of_oneself_make_no_alias) {
  as_process([](fn::process& self) {
    const fn::reference ref = self.monitor(self.id(), {.alias = fn::alias_mode::explicit_unalias}).value();
    fn::send(fn::alias(self.id(), ref), 1);
    bool came = false;
    self.receive([&](int) { came = true; }, fn::after(0ms, [] {}));
    EXPECT_FALSE(came);
    EXPECT_FALSE(self.unalias(fn::alias(self.id(), ref)));
  });
}

TEST_F(Monitors, make_no_reply_alias) {
  as_process([](fn::process& self) {
    EXPECT_EQ(self.monitor(self.id(), {.alias = fn::alias_mode::reply}).error().code(), fn::errc::invalid_argument);
  });
}

}  // namespace
}  // namespace foundation::testing
