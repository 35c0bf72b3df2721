// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class ReceiveWhen : public RuntimeTest {
 protected:
  template <typename F>
  void run(F&& body) {
    start({.schedulers = 1});
    wait_dead(fn::spawn(rt(), std::forward<F>(body)).value());
  }
};

constexpr auto is_even = [](int n) { return n % 2 == 0; };

TEST_F(ReceiveWhen, takes_the_oldest_message_its_guard_allows_and_leaves_the_rest_in_order) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    const auto note = [&](int n) { seen.push_back(n); };
    for (int i = 1; i <= 6; ++i) fn::send(self.id(), i);
    for (int i = 0; i < 3; ++i) self.receive(fn::when(is_even, note));
    for (int i = 0; i < 3; ++i) self.receive(note);
  });
  EXPECT_EQ(seen, (std::vector<int>{2, 4, 6, 1, 3, 5}));
}

TEST_F(ReceiveWhen, an_older_message_comes_before_an_earlier_clause) {
  std::vector<std::string> seen;
  run([&](fn::process& self) {
    fn::send(self.id(), 1);
    fn::send(self.id(), std::string("later"));
    fn::send(self.id(), 2);
    for (int i = 0; i < 3; ++i) {
      self.receive([&](const std::string& s) { seen.push_back(s); },
                   fn::when(is_even, [&](int) { seen.emplace_back("even"); }),
                   [&](int) { seen.emplace_back("odd"); });
    }
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"odd", "later", "even"}));
}

TEST_F(ReceiveWhen, a_guard_that_throws_leaves_the_message_where_it_was) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    for (int i = 1; i <= 3; ++i) fn::send(self.id(), i);
    const auto note = [&](int n) { seen.push_back(n); };
    const auto refuses_two = [](int n) { return n == 2 ? throw std::runtime_error("two") : n == 3; };
    try {
      self.receive(fn::when(refuses_two, note));
    } catch (const std::runtime_error&) {
      seen.push_back(-1);
    }
    for (int i = 0; i < 3; ++i) self.receive(note);
  });
  EXPECT_EQ(seen, (std::vector<int>{-1, 1, 2, 3}));
}

TEST_F(ReceiveWhen, a_guard_that_throws_while_the_process_waited_leaves_the_message_where_it_was) {
  start();
  std::atomic<bool> waiting{false};
  std::atomic<int> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      try {
                        waiting = true;
                        self.receive(fn::when([](int) -> bool { throw 1; }, [](int) {}), fn::after(24h));
                      } catch (int) {
                      }
                      self.receive([&](int n) { got = n; });
                    }).value();
  wait_until([&] { return waiting.load(); });
  fn::send(p, 42);
  wait_until([&] { return got != 0; });
  EXPECT_EQ(got, 42);
}

TEST_F(ReceiveWhen, asks_the_guard_once_for_each_message_however_long_it_waits) {
  start();
  std::atomic<int> asked{0};
  std::atomic<bool> done{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.receive(fn::when([&](int n) { return ++asked, n == 5; }, [](int) {}));
                      done = true;
                    }).value();
  for (int i = 1; i <= 5; ++i) {
    fn::send(p, i);
    wait_until([&] { return asked == i; });
  }
  wait_until([&] { return done.load(); });
  EXPECT_EQ(asked, 5);
}

TEST_F(ReceiveWhen, times_out_when_the_guard_allows_nothing_that_comes) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    for (int i = 1; i <= 3; i += 2) fn::send(self.id(), i);
    self.receive(fn::when(is_even, [&](int n) { seen.push_back(n); }), fn::after(1ms, [&] { seen.push_back(0); }));
    for (int i = 0; i < 2; ++i) self.receive([&](int n) { seen.push_back(n); });
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 3}));
}

TEST_F(ReceiveWhen, guards_any_message_too) {
  std::vector<std::string> seen;
  run([&](fn::process& self) {
    fn::send(self.id(), 1);
    fn::send(self.id(), std::string("text"));
    const auto is_text = [](const fn::any_message& m) { return m.type() == typeid(std::string); };
    self.receive(fn::when(is_text, [&](const fn::any_message& m) { seen.push_back(*m.get_if<std::string>()); }));
    self.receive(fn::when(is_text, [&](fn::any_message) { seen.emplace_back("wrong"); }),
                 [&](int n) { seen.push_back(std::to_string(n)); });
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"text", "1"}));
}

}  // namespace
}  // namespace foundation::testing
