// SPDX-License-Identifier: Apache-2.0
//
// What can be seen of processes without asking them: which there are, and what each does.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Inspect : public AbandonTest {
 protected:
  static fn::process_status status_of(fn::pid p) { return fn::process_counters(p).value().status; }
  void expect_status(fn::pid p, fn::process_status wanted) {
    wait_until([&] { return status_of(p) == wanted; });
  }
  std::vector<fn::pid> everybody() {
    auto all = fn::processes(rt());
    std::sort(all.begin(), all.end());
    return all;
  }
  static std::vector<fn::pid> sorted(std::vector<fn::pid> all) {
    std::sort(all.begin(), all.end());
    return all;
  }
  fn::pid spawn_waiting(fn::spawn_options options = {}) {
    return fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }, options).value();
  }
  fn::pid spawn_stuck(fn::spawn_options options = {}) {
    const fn::pid p = fn::spawn(rt(), [this](fn::process&) {
                        inside = true;
                        foreign_code(come_back);
                      }, options).value();
    wait_until([&] { return inside.load(); });
    return p;
  }
};

/// Does not come back from its destructor until told.
struct slow_to_destroy {
  std::atomic<bool>* inside;
  std::atomic<bool>* come_back;
  slow_to_destroy(std::atomic<bool>& i, std::atomic<bool>& c) : inside(&i), come_back(&c) {}
  slow_to_destroy(slow_to_destroy&& other) noexcept
      : inside(std::exchange(other.inside, nullptr)), come_back(other.come_back) {}
  slow_to_destroy& operator=(slow_to_destroy&&) = delete;
  ~slow_to_destroy() {
    if (inside == nullptr) return;
    *inside = true;
    DeathTest::foreign_code(*come_back);
  }
};

// -- processes --------------------------------------------------------------------------------------------------------

TEST_F(Inspect, lists_every_process_once) {
  start();
  EXPECT_TRUE(fn::processes(rt()).empty());
  std::vector<fn::pid> made;
  for (int i = 0; i != 2000; ++i) made.push_back(spawn_waiting());
  EXPECT_EQ(everybody(), sorted(made));
  kill(made.front());
  ASSERT_TRUE(fn::wait_gone(made.front()));
  made.erase(made.begin());
  EXPECT_EQ(everybody(), sorted(made));
}

TEST_F(Inspect, lists_one_that_has_begun_to_end) {
  start();
  const fn::pid p = fn::spawn(rt(), [held = slow_to_destroy(inside, come_back)](fn::process&) {}).value();
  wait_until([&] { return inside.load(); });
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_EQ(fn::processes(rt()), std::vector{p});
  come_back = true;
  ASSERT_TRUE(fn::wait_gone(p));
  EXPECT_TRUE(fn::processes(rt()).empty());
}

TEST_F(Inspect, does_not_list_those_that_were_given_up) {
  start_impatient();
  const fn::pid stuck = spawn_stuck();
  const fn::pid sound = spawn_waiting();
  kill(stuck);
  wait_abandoned(1);
  EXPECT_EQ(fn::processes(rt()), std::vector{sound});
  come_back = true;
  wait_abandoned(0);
}

TEST_F(Inspect, lists_those_that_live_all_the_time_while_others_come_and_go) {
  start();
  std::vector<fn::pid> settled;
  for (int i = 0; i != 50; ++i) settled.push_back(spawn_waiting());
  std::sort(settled.begin(), settled.end());
  std::atomic<bool> enough{false};
  std::vector<fn::pid> parents;
  for (int i = 0; i != 2; ++i) {
    parents.push_back(fn::spawn(rt(), [&](fn::process& self) {
                        while (!enough) {
                          static_cast<void>(fn::spawn(self, [](fn::process&) {}));
                          self.sleep(0ms);
                        }
                      }).value());
  }
  for (std::size_t i = 0; i != scaled(1000, 50); ++i) {
    const auto seen = everybody();
    ASSERT_TRUE(std::includes(seen.begin(), seen.end(), settled.begin(), settled.end()));
    ASSERT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  }
  enough = true;
  for (const fn::pid p : parents) wait_dead(p);
}

TEST_F(Inspect, lists_nobody_in_a_runtime_that_was_moved_from) {
  watched_runtime first({.schedulers = 1});
  const watched_runtime second = std::move(first);
  EXPECT_TRUE(fn::processes(first).empty());
  EXPECT_TRUE(fn::process_tree(first).empty());
}

TEST_F(Inspect, can_be_asked_for_by_a_process_itself) {
  start();
  std::vector<fn::pid> seen;
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) { seen = fn::processes(rt()); }).value();
  ASSERT_TRUE(fn::wait_gone(p));
  EXPECT_EQ(seen, std::vector{p});
}

// -- process_counters -------------------------------------------------------------------------------------------------

struct quiet {
  using messages = fn::messages<int>;
  void handle(fn::process&, int) {}
};

TEST_F(Inspect, tells_what_a_process_does) {
  start({.schedulers = 2});
  const fn::pid handler = fn::spawn(rt(), quiet{}).value();
  const fn::pid waits = spawn_waiting();
  expect_status(handler, fn::process_status::idle);
  expect_status(waits, fn::process_status::waiting);
  EXPECT_EQ(fn::process_counters(waits)->scheduler, std::nullopt);

  const fn::pid runs = spawn_stuck({.scheduler = 1});
  const fn::pid behind = fn::spawn(rt(), [](fn::process&) {}, {.scheduler = 1}).value();
  expect_status(runs, fn::process_status::running);
  EXPECT_EQ(fn::process_counters(runs)->scheduler, 1u);
  EXPECT_EQ(status_of(behind), fn::process_status::ready);
  EXPECT_EQ(fn::process_counters(behind)->scheduler, std::nullopt);
  come_back = true;
  ASSERT_TRUE(fn::wait_gone(behind));
}

TEST_F(Inspect, tells_that_a_process_has_begun_to_end_and_where) {
  start({.schedulers = 2});
  const fn::pid p =
      fn::spawn(rt(), [held = slow_to_destroy(inside, come_back)](fn::process&) {}, {.scheduler = 1}).value();
  wait_until([&] { return inside.load(); });
  const auto seen = fn::process_counters(p);
  EXPECT_EQ(seen->status, fn::process_status::exiting);
  EXPECT_EQ(seen->scheduler, 1u);
  come_back = true;
}

TEST_F(Inspect, tells_what_a_process_was_made_with_and_what_it_has_become) {
  start();
  std::atomic<fn::pid*> shown{nullptr};
  fn::pid child;
  const fn::pid parent = fn::spawn(rt(), [&](fn::process& self) {
                           child = fn::spawn(self, [](fn::process& me) {
                                     me.receive([&](int) { me.trap_exit(true); });
                                     me.receive([](int) {});
                                   }, {.label = "child", .priority = fn::priority::high}).value();
                           shown = &child;
                           self.receive([](int) {});
                         }, {.label = "parent"}).value();
  wait_until([&] { return shown.load() != nullptr; });
  const auto before = fn::process_counters(child).value();
  EXPECT_EQ(before.label, "child");
  EXPECT_EQ(before.name, "");
  EXPECT_EQ(before.parent, parent);
  EXPECT_EQ(before.priority, fn::priority::high);
  EXPECT_FALSE(before.traps_exits);
  EXPECT_FALSE(fn::process_counters(parent)->parent);
  EXPECT_EQ(fn::process_counters(parent)->priority, fn::priority::normal);

  fn::register_name(rt(), "heir", child).value();
  fn::send(child, 1);
  wait_until([&] { return fn::process_counters(child)->traps_exits; });
  EXPECT_EQ(fn::process_counters(child)->name, "heir");
  fn::unregister_name(rt(), "heir").value();
  EXPECT_EQ(fn::process_counters(child)->name, "");
  fn::send(child, 1);  // it would not end by itself
}

TEST_F(Inspect, counts_the_reductions_of_slices_that_are_over) {
  start({.schedulers = 1});
  std::atomic<std::uint64_t> told{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (int i = 0; i != 20; ++i) self.consume(999);
                      told = self.reductions();
                      self.receive([](int) {});
                    }).value();
  expect_status(p, fn::process_status::waiting);
  EXPECT_GE(told, 20u * 999u);
  EXPECT_GE(fn::process_counters(p)->reductions, told);
  EXPECT_LE(fn::process_counters(p)->reductions, told + 10) << "a receive that finds nothing costs next to nothing";
}

TEST_F(Inspect, sees_reductions_grow_while_a_process_never_waits) {
  start({.schedulers = 2});
  std::atomic<bool> enough{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      while (!enough) self.consume(100);
                    }).value();
  for (std::uint64_t last = 0, i = 0; i != 5; ++i) {
    std::uint64_t now = 0;
    wait_until([&] { return (now = fn::process_counters(p)->reductions) > last; });
    last = now;
  }
  enough = true;
  wait_dead(p);
}

TEST_F(Inspect, an_error_says_why_there_is_nothing_to_see) {
  start_impatient();
  const fn::pid gone = fn::spawn(rt(), [](fn::process&) {}).value();
  ASSERT_TRUE(fn::wait_gone(gone));
  EXPECT_EQ(fn::process_counters(gone).error(), fn::errc::noproc);
  EXPECT_EQ(fn::process_counters(fn::pid()).error(), fn::errc::not_running);

  const fn::pid stuck = spawn_stuck();
  kill(stuck);
  wait_abandoned(1);
  EXPECT_EQ(fn::process_counters(stuck).error(), fn::errc::noproc);
  come_back = true;
  wait_abandoned(0);
  stop();
  EXPECT_EQ(fn::process_counters(gone).error(), fn::errc::not_running);
}

}  // namespace
}  // namespace foundation::testing
