// SPDX-License-Identifier: Apache-2.0
//
// What processes say of themselves when they are asked.
#include <foundation/process_info.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "unit/process/death_fixture.hpp"

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
  std::atomic<bool> ready{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.trap_exit(true);
                      self.link(linked).value();
                      static_cast<void>(self.monitor("watched").value());
                      static_cast<void>(self.make_alias().value());
                      ready = true;
                      self.receive([](int) {});
                    }).value();
  wait_until([&] { return ready.load(); });
  const auto all = fn::process_info(p).value();
  EXPECT_TRUE(all.seen.traps_exits);
  EXPECT_THAT(all.links, ElementsAre(linked));
  ASSERT_EQ(all.monitors.size(), 1u);
  EXPECT_EQ(all.monitors[0].watched, watched);
  EXPECT_EQ(all.monitors[0].name, "watched");
  EXPECT_THAT(fn::process_info(watched).value().monitored_by, ElementsAre(p));
  EXPECT_THAT(fn::process_info(linked).value().links, ElementsAre(p));
  const auto few = fn::process_info(p, fn::info_items::basic, 5s).value();
  EXPECT_THAT(few.links, IsEmpty());
  EXPECT_THAT(few.monitors, IsEmpty());
  EXPECT_THAT(few.waits_for, IsEmpty());
  const auto some = fn::process_info(p, fn::info_items::links | fn::info_items::waits, 5s).value();
  EXPECT_THAT(some.links, ElementsAre(linked));
  EXPECT_THAT(some.monitors, IsEmpty());
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
