// SPDX-License-Identifier: Apache-2.0
//
// What a watcher is told, whatever it does while the other one ends: for each reason one `down`, and no more.
#include <boost/fiber/future.hpp>
#include <ostream>

#include "unit/process/death_fixture.hpp"
#include "unit/process/reasons.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

enum class state { idle_handler, running, ready, receiving, sleeping, waiting_for_boost };
constexpr const char* state_names[] = {"idle_as_a_handler", "running",  "ready",
                                       "receiving",         "sleeping", "waiting_for_boost"};

struct row {
  reason_kind reason;
  state watcher;
};

std::string name_of(const row& r) {
  return std::string(reason_names[static_cast<int>(r.reason)]) + "_to_one_" + state_names[static_cast<int>(r.watcher)];
}
void PrintTo(const row& r, std::ostream* out) { *out << name_of(r); }

std::vector<row> all_rows() {
  std::vector<row> rows;
  for (unsigned watcher = 0; watcher != std::size(state_names); ++watcher) {
    for (unsigned reason = 0; reason != std::size(reason_names); ++reason) {
      rows.push_back({static_cast<reason_kind>(reason), static_cast<state>(watcher)});
    }
  }
  return rows;
}

struct release {};
struct fence {};
struct begin {};

class MonitorTable : public DeathTest, public ::testing::WithParamInterface<row> {
 protected:
  static constexpr unsigned watchers_scheduler = 1;  // the one that ends runs on 0

  void watch(fn::process& self) {
    monitor = self.monitor(target).value();
    watches = true;
  }

  /// The watcher, as a function: watches, enters its state, leaves it when it is let go, then looks at what has come.
  void watcher(fn::process& self) {
    watch(self);
    switch (GetParam().watcher) {
      case state::running:
        while (!released) static_cast<void>(self.checkpoint());
        break;
      case state::ready:  // once it has let another one run that keeps the scheduler
        while (!released) static_cast<void>(self.sleep(0ms));
        break;
      case state::receiving: self.receive([](release) {}); break;
      case state::sleeping:
        while (!released) static_cast<void>(self.sleep(1ms));
        break;
      case state::waiting_for_boost: boost_release.get_future().wait(); break;
      case state::idle_handler: break;
    }
    for (bool more = true; more;) {
      self.receive([&](fn::down d) { got.push_back(std::move(d)); }, [&](fence) { more = false; });
    }
  }

  struct handler_watcher {
    using messages = fn::messages<begin, fn::down, fence>;
    MonitorTable* test;
    void handle(fn::process& self, begin) { test->watch(self); }
    void handle(fn::process&, fn::down d) { test->got.push_back(std::move(d)); }
    void handle(fn::process& self, fence) { self.exit(fn::exit_reason::normal); }
  };

  void start_target() {
    target = fn::spawn(rt(), [](fn::process& self) {
               self.receive([](release) {});
               if (GetParam().reason == reason_kind::exception) crash();
               self.exit(planned_reason(GetParam().reason));
             }, {.scheduler = 0}).value();
  }

  void start_watcher() {
    const fn::spawn_options there{.scheduler = watchers_scheduler};
    if (GetParam().watcher == state::idle_handler) {
      p = fn::spawn(rt(), handler_watcher{this}, there).value();
      fn::send(p, begin{});
    } else {
      p = fn::spawn(rt(), [this](fn::process& self) { watcher(self); }, there).value();
    }
    wait_until([&] { return watches.load(); });
    if (GetParam().watcher == state::ready) keep_its_scheduler();
    wait_in_state();
  }

  void keep_its_scheduler() {
    std::atomic<bool> runs{false};
    fn::spawn(rt(), [this, &runs](fn::process&) {
      runs = true;
      foreign_code(released);
    }, {.scheduler = watchers_scheduler}).value();
    wait_until([&] { return runs.load(); });
  }

  /// Until the watcher is in its state as far as that can be seen, and has looked at what it looks at there.
  void wait_in_state() {
    switch (GetParam().watcher) {
      case state::idle_handler:
      case state::receiving: wait_until([&] { return is_asleep(rt(), p); }); break;
      case state::waiting_for_boost: wait_until([&] { return is_off_the_schedulers(rt(), p); }); break;
      case state::ready: EXPECT_EQ(fn::process_counters(p).value().status, fn::process_status::ready); break;
      case state::running:
      case state::sleeping: break;
    }
  }

  /// Returns when the target has told all.
  void end_target() {
    const std::size_t before = rt().process_count();
    fn::send(target, release{});
    wait_until([&] { return rt().process_count() < before; });
  }

  void release_watcher() {
    released = true;
    boost_release.set_value();
    if (GetParam().watcher == state::receiving) fn::send(p, release{});
    fn::send(p, fence{});
  }

  fn::pid target;
  fn::pid p;
  fn::reference monitor;
  std::vector<fn::down> got;
  boost::fibers::promise<void> boost_release;
  std::atomic<bool> watches{false};
  std::atomic<bool> released{false};
};

TEST_P(MonitorTable, has_one_down_in_each_row) {
  start();
  start_target();
  start_watcher();
  end_target();
  wait_in_state();
  release_watcher();
  wait_gone();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].monitor, monitor);
  EXPECT_EQ(got[0].from, target);
  EXPECT_EQ(got[0].name, "");
  EXPECT_EQ(without_where(got[0].reason), planned_reason(GetParam().reason)) << got[0].reason.description();
}

INSTANTIATE_TEST_SUITE_P(each_row, MonitorTable, ::testing::ValuesIn(all_rows()),
                         [](const auto& instance) { return name_of(instance.param); });

}  // namespace
}  // namespace foundation::testing
