// SPDX-License-Identifier: Apache-2.0
//
// What processes say of themselves when they are asked.
#include <foundation/process_info.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/fiber/future.hpp>
#include <string>

#include "unit/process/death_fixture.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ping {};

struct counter {
  using messages = fn::messages<int>;
  std::atomic<int>* turns;
  void handle(fn::process&, int) { ++*turns; }
};

class ProcessInfo : public DeathTest {
 protected:
  fn::pid idle_process() {
    return fn::spawn(rt(), [](fn::process& p) { p.receive([](int) {}); }).value();
  }
  /// Asks until it waits.
  fn::process_details when_it_waits(fn::pid p) {
    for (;;) {
      auto info = fn::process_info(p).value();
      if (info.seen.status == fn::process_status::waiting) return info;
    }
  }
};

TEST_F(ProcessInfo, of_one_that_waits_says_for_what_and_leaves_it_waiting) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([](ping) {}, [](const std::string&) {});
                    }, {.label = "waiter", .priority = fn::priority::high}).value();
  fn::register_name(rt(), "pinged", p).value();
  fn::send(p, 1);
  fn::send(p, 2);
  const auto info = when_it_waits(p);
  EXPECT_EQ(info.id, p);
  EXPECT_EQ(info.seen.label, "waiter");
  EXPECT_EQ(info.seen.name, "pinged");
  EXPECT_EQ(info.seen.priority, fn::priority::high);
  EXPECT_FALSE(info.seen.traps_exits);
  EXPECT_FALSE(info.seen.parent);
  EXPECT_EQ(info.messages, 2u);
  EXPECT_FALSE(info.has_more);
  EXPECT_GT(info.seen.reductions, 0u);
  EXPECT_GT(info.block_bytes, 0u);
  EXPECT_GE(info.stack_bytes, 16u * 1024);
  EXPECT_FALSE(info.seen.scheduler);
  ASSERT_EQ(info.waits_for.size(), 2u);
  EXPECT_THAT(info.waits_for[0], HasSubstr("ping"));
  EXPECT_THAT(info.waits_for[1], HasSubstr("string"));
  fn::send(p, ping{});
  wait_dead(p);
}

TEST_F(ProcessInfo, tells_waits_of_each_kind_apart) {
  start();
  const fn::pid sleeper = fn::spawn(rt(), [](fn::process& self) { static_cast<void>(self.sleep(fn::infinity)); }).value();
  const fn::pid eater = fn::spawn(rt(), [](fn::process& self) { self.receive([](fn::any_message) {}); }).value();
  const fn::pid asker = fn::spawn(rt(), [sleeper](fn::process&) {
                          static_cast<void>(fn::request<int>(sleeper, 1, fn::infinity));
                        }).value();
  EXPECT_THAT(when_it_waits(sleeper).waits_for, ElementsAre("a time"));
  EXPECT_THAT(when_it_waits(eater).waits_for, ElementsAre("any message"));
  EXPECT_THAT(when_it_waits(asker).waits_for, ElementsAre("a reply"));
}

TEST_F(ProcessInfo, of_an_idle_handler_wakes_nobody_up) {
  start();
  std::atomic<int> turns{0};
  const fn::pid p = fn::spawn(rt(), counter{&turns}).value();
  fn::send(p, 1);
  wait_until([&] { return turns == 1; });
  const auto info = fn::process_info(p).value();
  EXPECT_EQ(info.seen.status, fn::process_status::idle);
  EXPECT_EQ(info.messages, 0u);
  EXPECT_EQ(info.stack_bytes, 0u);
  EXPECT_EQ(turns, 1);
}

TEST_F(ProcessInfo, lists_links_and_monitors_if_asked_to) {
  start();
  const fn::pid linked = idle_process();
  const fn::pid watched = idle_process();
  fn::register_name(rt(), "watched", watched).value();
  fn::reference by_name;
  fn::reference by_pid;
  std::atomic<bool> ready{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.trap_exit(true);
                      self.link(linked).value();
                      by_name = self.monitor("watched").value();
                      by_pid = self.monitor(watched).value();
                      static_cast<void>(self.make_alias().value());
                      ready = true;
                      self.receive([](int) {});
                    }).value();
  wait_until([&] { return ready.load(); });
  const auto all = fn::process_info(p).value();
  EXPECT_TRUE(all.seen.traps_exits);
  EXPECT_THAT(all.links, ElementsAre(linked));
  ASSERT_EQ(all.monitors.size(), 2u);
  const bool in_order = all.monitors[0].monitor == by_name;
  const fn::monitor_info& named = all.monitors[in_order ? 0 : 1];
  const fn::monitor_info& unnamed = all.monitors[in_order ? 1 : 0];
  EXPECT_EQ(named.monitor, by_name);
  EXPECT_EQ(named.watched, watched);
  EXPECT_EQ(named.name, "watched");
  EXPECT_EQ(unnamed.monitor, by_pid);
  EXPECT_EQ(unnamed.watched, watched);
  EXPECT_EQ(unnamed.name, "");
  EXPECT_THAT(fn::process_info(watched).value().monitored_by, ElementsAre(p, p)) << "once for each";
  EXPECT_THAT(fn::process_info(linked).value().links, ElementsAre(p));
  const auto few = fn::process_info(p, fn::info_items::basic, 5s).value();
  EXPECT_THAT(few.links, IsEmpty());
  EXPECT_THAT(few.monitors, IsEmpty());
  EXPECT_THAT(few.waits_for, IsEmpty());
  const auto some = fn::process_info(p, fn::info_items::links | fn::info_items::waits, 5s).value();
  EXPECT_THAT(some.links, ElementsAre(linked));
  EXPECT_THAT(some.monitors, IsEmpty());
  fn::send(p, 1);
  wait_dead(p);
}

TEST_F(ProcessInfo, of_one_that_runs_comes_at_its_next_checkpoint) {
  start();
  std::atomic<bool> over{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      while (!over) static_cast<void>(self.checkpoint());
                    }).value();
  const auto info = fn::process_info(p).value();
  EXPECT_EQ(info.seen.status, fn::process_status::running);
  EXPECT_TRUE(info.seen.scheduler);
  EXPECT_THAT(info.waits_for, IsEmpty());
  over = true;
  wait_dead(p);
}

TEST_F(ProcessInfo, names_the_parent) {
  start();
  fn::pid child;
  std::atomic<bool> known{false};
  const fn::pid parent = fn::spawn(rt(), [&](fn::process& self) {
                           child = fn::spawn(self, [](fn::process& c) { c.receive([](int) {}); }).value();
                           known = true;
                           self.receive([](int) {});
                         }).value();
  wait_until([&] { return known.load(); });
  EXPECT_EQ(fn::process_info(child).value().seen.parent, parent);
  fn::send(parent, 1);
  wait_dead(parent);
  EXPECT_EQ(fn::process_info(child).value().seen.parent, parent) << "alive or not";
}

TEST_F(ProcessInfo, counts_the_reductions_of_the_slice_that_goes_on) {
  start();
  std::atomic<std::uint64_t> spent{0};
  std::atomic<bool> over{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      EXPECT_TRUE(self.consume(100));
                      const auto mine = fn::process_info(self.id()).value();
                      EXPECT_GE(mine.seen.reductions, 100u);
                      EXPECT_LE(mine.seen.reductions, self.reductions());
                      while (!over) {
                        spent = self.reductions();
                        static_cast<void>(self.checkpoint());
                      }
                    }).value();
  wait_until([&] { return spent != 0; });
  const std::uint64_t before = spent;
  EXPECT_GE(fn::process_info(p).value().seen.reductions, before);
  over = true;
  wait_dead(p);
}

TEST_F(ProcessInfo, says_when_more_has_arrived_behind_the_question) {
  start();
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      inside = true;
                      foreign_code(come_back);
                      self.receive([](const std::string&) {});
                    }, {.scheduler = 0}).value();
  wait_until([&] { return inside.load(); });
  fn::send(p, 1);
  std::optional<fn::process_details> info;
  const fn::pid asks = fn::spawn(rt(), [&](fn::process&) {
                         info = fn::process_info(p).value();
                       }, {.scheduler = 1}).value();
  wait_until([&] { return is_asleep(rt(), asks); });  // it has asked
  fn::send(p, 2);
  come_back = true;
  wait_dead(asks);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->messages, 1u);
  EXPECT_TRUE(info->has_more);
  const auto later = when_it_waits(p);
  EXPECT_EQ(later.messages, 2u);
  EXPECT_FALSE(later.has_more);
  fn::send(p, std::string());
  wait_dead(p);
}

TEST_F(ProcessInfo, of_one_in_a_wait_of_boosts_comes_when_that_is_over) {
  start();
  boost::fibers::promise<void> go_on;
  std::atomic<bool> inside{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      inside = true;
                      go_on.get_future().wait();
                      self.receive([](int) {});
                    }).value();
  wait_until([&] { return inside && is_off_the_schedulers(rt(), p); });
  EXPECT_EQ(fn::process_info(p, fn::info_items::all, 5ms).error().code(), fn::errc::timeout);
  EXPECT_EQ(fn::process_counters(p).value().status, fn::process_status::ready);
  go_on.set_value();
  EXPECT_EQ(when_it_waits(p).waits_for.size(), 1u);
  fn::send(p, 1);
  wait_dead(p);
}

TEST_F(ProcessInfo, of_one_in_foreign_code_does_not_come) {
  start();
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  EXPECT_EQ(fn::process_info(p, fn::info_items::all, 5ms).error().code(), fn::errc::timeout);
  EXPECT_EQ(fn::process_counters(p).value().status, fn::process_status::running);
  come_back = true;
  wait_dead(p);
}

class InfoOfTheAbandoned : public AbandonTest {};

TEST_F(InfoOfTheAbandoned, is_an_error_as_soon_as_it_is_given_up) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  std::thread asks([&] {
    EXPECT_EQ(fn::process_info(p, fn::info_items::all, fn::infinity).error(), fn::errc::noproc);
  });
  wait_until([&] { return fn::processes(rt()).size() == 2; });
  kill(p);
  asks.join();
  come_back = true;
  wait_abandoned(0);
}

TEST_F(ProcessInfo, of_the_dead_is_an_error) {
  start();
  const fn::pid p = idle_process();
  kill(p);
  wait_dead(p);
  EXPECT_EQ(fn::process_info(p).error().code(), fn::errc::noproc);
  EXPECT_EQ(fn::process_info(fn::pid()).error().code(), fn::errc::not_running);
}

TEST_F(ProcessInfo, of_oneself_needs_nobody) {
  start({.schedulers = 1});
  wait_dead(fn::spawn(rt(), [](fn::process& self) {
              fn::send(self.id(), 1);
              const auto info = fn::process_info(self.id()).value();
              EXPECT_EQ(info.id, self.id());
              EXPECT_EQ(info.messages, 1u);
              EXPECT_EQ(info.seen.status, fn::process_status::running);
            }).value());
}

TEST_F(ProcessInfo, of_a_thread_is_told_while_it_waits) {
  start();
  fn::thread_process self(rt(), "main");
  const fn::pid me = self->id();
  fn::spawn(rt(), [this, me](fn::process&) {
    const auto info = when_it_waits(me);
    EXPECT_EQ(info.seen.label, "main");
    EXPECT_EQ(info.waits_for.size(), 1u);
    EXPECT_EQ(info.stack_bytes, 0u);
    fn::send(me, 1);
  }).value();
  self->receive([](int) {});
}

TEST_F(ProcessInfo, is_asked_of_many_while_they_come_and_go) {
  start({.schedulers = 4});
  std::atomic<bool> over{false};
  std::vector<fn::pid> makers;
  for (int m = 0; m != 2; ++m) {
    makers.push_back(fn::spawn(rt(), [&](fn::process& self) {
                       while (!over) {
                         const fn::pid child = fn::spawn_link(self, [](fn::process& c) {
                                                 static_cast<void>(c.sleep(20us));
                                               }).value();
                         static_cast<void>(fn::process_info(child, fn::info_items::all, 1ms));
                       }
                     }).value());
  }
  for (std::size_t i = 0; i != scaled(3'000, 200); ++i) {
    for (const fn::pid p : fn::processes(rt())) {
      const auto info = fn::process_info(p, fn::info_items::all, 1ms);
      if (info) {
        EXPECT_EQ(info->id, p);
      }
    }
  }
  over = true;
  for (const fn::pid p : makers) wait_dead(p);
  wait_gone();
}

}  // namespace
}  // namespace foundation::testing
