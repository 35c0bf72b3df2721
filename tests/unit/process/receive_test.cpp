// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Receive : public RuntimeTest {};

TEST_F(Receive, takes_messages_by_type_in_the_order_of_arrival_and_leaves_the_rest) {
  start({.schedulers = 1});
  std::vector<int> seen;
  std::string text;
  std::atomic<bool> done{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.receive([&](const std::string& s) { text = s; });
                      for (int i = 0; i < 3; ++i) self.receive([&](int n) { seen.push_back(n); });
                      done = true;
                    }).value();
  fn::send(p, 1);
  fn::send(p, 2);
  fn::send(p, std::string("hello"));
  fn::send(p, 3);
  wait_until([&] { return done.load(); });
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST_F(Receive, returns_what_the_handler_returns) {
  start();
  std::atomic<int> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      got = self.receive([](int n) { return n + 1; }, [](const std::string&) { return -1; }).value();
                    }).value();
  fn::send(p, 41);
  wait_until([&] { return got != 0; });
  EXPECT_EQ(got, 42);
}

TEST_F(Receive, calls_after_when_nothing_matched_in_time) {
  start();
  std::atomic<bool> timed_out{false};
  fn::spawn(rt(), [&](fn::process& self) {
    self.receive([](int) {}, fn::after(5ms, [&] { timed_out = true; }));
  }).value();
  wait_until([&] { return timed_out.load(); });
}

}  // namespace
}  // namespace foundation::testing
