// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <sstream>
#include <string>
#include <thread>

#include <foundation/fmt.hpp>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Dump : public RuntimeTest {
 protected:
  std::string dump() {
    std::ostringstream out;
    rt().dump(out);
    return out.str();
  }
  /// The line about one process, without its pid and label, which must be right; empty when there is none.
  std::string state_of(fn::pid p, const std::string& label) {
    const std::string begin = fmt::format("\n{} \"{}\" ", p, label);
    const std::string all = dump();
    const auto at = all.find(begin);
    if (at == std::string::npos) return "";
    return all.substr(at + begin.size(), all.find('\n', at + 1) - at - begin.size());
  }
  void expect_state(fn::pid p, const std::string& label, const std::string& state) {
    wait_until([&] { return state_of(p, label) == state; });
  }
};

struct quiet {
  using messages = fn::messages<int>;
  void handle(fn::process&, int) {}
};

TEST_F(Dump, begins_with_the_runtime_and_its_numbers) {
  start({.schedulers = 2, .name = "pictures"});
  EXPECT_EQ(dump(), "runtime \"pictures\": 2 schedulers, 0 processes, 0 abandoned, 0 dead letters\n");
  const fn::pid gone = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_until([&] { return rt().process_count() == 0; });
  fn::send(gone, 1);
  EXPECT_EQ(dump(), "runtime \"pictures\": 2 schedulers, 0 processes, 0 abandoned, 1 dead letters\n");
}

TEST_F(Dump, shows_each_process_with_pid_label_and_state) {
  start({.schedulers = 1});
  const fn::pid handler = fn::spawn(rt(), quiet{}, {.label = "handler"}).value();
  const fn::pid waits =
      fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }, {.label = "waits"}).value();
  const fn::pid sleeps = fn::spawn(rt(), [](fn::process& self) { self.sleep(1h); }).value();
  expect_state(handler, "handler", "idle");
  expect_state(waits, "waits", "waiting");
  expect_state(sleeps, "", "waiting");
}

TEST_F(Dump, shows_on_which_scheduler_a_process_hangs_and_who_waits_behind_it) {
  start({.schedulers = 2});
  std::atomic<bool> come_back{false};
  const auto hang = [&](fn::process&) {
    while (!come_back) std::this_thread::yield();
  };
  const fn::pid first = fn::spawn(rt(), hang, {.label = "first", .scheduler = 1}).value();
  expect_state(first, "first", "running on scheduler 1");
  const fn::pid second = fn::spawn(rt(), hang, {.label = "second", .scheduler = 0}).value();
  expect_state(second, "second", "running on scheduler 0");
  const fn::pid behind = fn::spawn(rt(), [](fn::process&) {}, {.label = "behind"}).value();
  expect_state(behind, "behind", "ready, or in a wait of Boost.Fiber's");
  come_back = true;
  wait_until([&] { return rt().process_count() == 0; });
}

TEST_F(Dump, shows_those_that_were_given_up_until_they_come_back) {
  start({.schedulers = 1, .kill_grace = 0ms});
  std::atomic<bool> come_back{false};
  const fn::pid stuck = fn::spawn(rt(),
                                  [&](fn::process&) {
                                    while (!come_back) std::this_thread::yield();
                                  },
                                  {.label = "stuck"})
                            .value();
  expect_state(stuck, "stuck", "running on scheduler 0");
  EXPECT_TRUE(fn::exit(stuck, fn::exit_reason::kill));
  expect_state(stuck, "stuck", "abandoned");
  come_back = true;
  expect_state(stuck, "stuck", "");
  wait_until([&] { return rt().abandoned_count() == 0; });
}

TEST_F(Dump, shows_one_line_for_each_process_while_they_come_and_go) {
  start({.schedulers = 2});
  std::atomic<bool> enough{false};
  const auto churn = [&](fn::process& self) {
    while (!enough) {
      static_cast<void>(fn::spawn(self, [](fn::process& child) { child.sleep(0ms); }, {.label = "short-lived"}));
      self.sleep(0ms);
    }
  };
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(fn::spawn(rt(), churn, {.label = "parent"}));
  for (std::size_t i = 0; i < scaled(500); ++i) {
    std::istringstream lines(dump());
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      ASSERT_EQ(line.front(), '<') << line;
      ASSERT_TRUE(line.find("\"parent\" ") != std::string::npos || line.find("\"short-lived\" ") != std::string::npos)
          << line;
    }
  }
  enough = true;
  wait_until([&] { return rt().process_count() == 0; });
}

TEST_F(Dump, can_be_asked_for_by_a_process_itself) {
  start({.schedulers = 1});
  std::string seen;
  std::atomic<bool> done{false};
  ASSERT_TRUE(fn::spawn(rt(),
                        [&](fn::process&) {
                          seen = dump();
                          done = true;
                        },
                        {.label = "curious"}));
  wait_until([&] { return done.load(); });
  EXPECT_NE(seen.find("\"curious\" running on scheduler 0\n"), std::string::npos) << seen;
}

}  // namespace
}  // namespace foundation::testing
