// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Receive : public RuntimeTest {
 protected:
  /// Runs `body` as a process of a runtime with one scheduler, to its end.
  template <typename F>
  void run(F&& body) {
    start({.schedulers = 1});
    wait_dead(fn::spawn(rt(), std::forward<F>(body)).value());
  }
};

/// Sends itself everything, in this order.
template <typename... Messages>
void send_self(fn::process& self, Messages&&... messages) {
  (fn::send(self.id(), std::forward<Messages>(messages)), ...);
}

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

TEST_F(Receive, takes_any_mix_of_types_as_a_list_searched_from_the_front_would) {
  struct item {
    std::size_t type = 0;  // 1: int, 2: long, 3: text; 0: nothing
    std::string text;
    bool operator==(const item&) const = default;
  };
  const std::size_t steps = scaled(20'000, 500);
  std::size_t wrong = 0;
  run([&](fn::process& self) {
    std::mt19937 random(7);
    std::deque<item> model;
    const auto take_front = [&](auto wanted) {  // the oldest of one of these types, or nothing
      for (auto at = model.begin(); at != model.end(); ++at) {
        if (!wanted(at->type)) continue;
        item found = *at;
        model.erase(at);
        return found;
      }
      return item();
    };
    for (std::size_t i = 0; i < steps; ++i) {
      const int value = static_cast<int>(i);
      const std::string text = std::to_string(i);
      item got;
      item expected;
      const auto take_int = [&](int n) { got = {1, std::to_string(n)}; };
      const auto take_long = [&](long n) { got = {2, std::to_string(n)}; };
      const auto take_text = [&](const std::string& s) { got = {3, s}; };
      switch (random() % 6) {
        case 0: send_self(self, value), model.push_back({1, text}); break;
        case 1: send_self(self, long{value}), model.push_back({2, text}); break;
        case 2: send_self(self, text), model.push_back({3, text}); break;
        case 3:
          self.receive(take_int, fn::after(0s));
          expected = take_front([](std::size_t type) { return type == 1; });
          break;
        case 4:
          self.receive(take_text, take_long, fn::after(0s));
          expected = take_front([](std::size_t type) { return type != 1; });
          break;
        default:
          self.receive([&](fn::any_message& m) {
            if (auto* n = m.get_if<int>()) take_int(*n);
            if (auto* n = m.get_if<long>()) take_long(*n);
            if (auto* s = m.get_if<std::string>()) take_text(*s);
          }, fn::after(0s));
          expected = take_front([](std::size_t) { return true; });
      }
      if (!(got == expected)) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0u);
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

TEST_F(Receive, returns_a_move_only_value_and_outlives_the_message_it_came_from) {
  std::string got;
  run([&](fn::process& self) {
    send_self(self, std::make_unique<std::string>("kept"));
    auto taken = self.receive([](std::unique_ptr<std::string> s) { return s; });
    got = **taken;
  });
  EXPECT_EQ(got, "kept");
}

/// Counts what happens to it.
struct counts {
  int copies = 0;
  int moves = 0;
  int destroyed = 0;
};
struct tracked {
  counts* of;
  explicit tracked(counts& c) : of(&c) {}
  tracked(const tracked& other) : of(other.of) { ++of->copies; }
  tracked(tracked&& other) noexcept : of(other.of) { ++of->moves; }
  ~tracked() { ++of->destroyed; }
};

TEST_F(Receive, binds_a_message_to_references_in_place_and_moves_it_into_a_value) {
  counts by_const, by_reference, by_rvalue, by_value;
  run([&](fn::process& self) {
    const auto send_one = [&](counts& c) {
      send_self(self, tracked(c));
      c = {};
    };
    send_one(by_const);
    self.receive([](const tracked&) {});
    send_one(by_reference);
    self.receive([](tracked& m) { m.of->copies += 0; });
    send_one(by_rvalue);
    self.receive([](tracked&&) {});
    send_one(by_value);
    self.receive([](tracked) {});
  });
  for (const counts* c : {&by_const, &by_reference, &by_rvalue}) {
    EXPECT_EQ(c->copies, 0);
    EXPECT_EQ(c->moves, 0);
    EXPECT_EQ(c->destroyed, 1);
  }
  EXPECT_EQ(by_value.copies, 0);
  EXPECT_EQ(by_value.moves, 1);
  EXPECT_EQ(by_value.destroyed, 2) << "the argument and the message";
}

TEST_F(Receive, shows_any_message_with_its_type_to_a_clause_that_names_none) {
  std::vector<std::string> seen;
  run([&](fn::process& self) {
    send_self(self, 1.5, 7, std::string("text"));
    for (int i = 0; i < 3; ++i) {
      self.receive([&](int) { seen.emplace_back("int"); },
                   [&](const fn::any_message& m) {
                     seen.emplace_back(m.type() == typeid(double) ? "double" : "other");
                     if (m.get_if<float>() != nullptr) seen.emplace_back("wrong");
                     if (auto* text = m.get_if<std::string>()) seen.push_back(std::move(*text));
                   });
    }
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"double", "int", "other", "text"}));
}

TEST_F(Receive, looks_once_at_what_is_there_when_the_time_is_zero_or_less) {
  int timed_out = 0;
  int got = 0;
  run([&](fn::process& self) {
    const auto count = [&] { ++timed_out; };
    for (const auto time : {0ns, std::chrono::nanoseconds(-1), std::chrono::nanoseconds::min()}) {
      self.receive([&](int) { ++got; }, fn::after(time, count));
      send_self(self, 1);
      self.receive([&](int) { ++got; }, fn::after(time, count));
    }
    send_self(self, std::string("of another type"));
    self.receive([&](int) { ++got; }, fn::after(std::chrono::hours::min(), count));
  });
  EXPECT_EQ(timed_out, 4);
  EXPECT_EQ(got, 3);
}

TEST_F(Receive, calls_after_when_nothing_matched_in_time_and_not_earlier) {
  std::chrono::nanoseconds waited{};
  int called = 0;
  run([&](fn::process& self) {
    send_self(self, std::string("of another type"));
    const auto begin = std::chrono::steady_clock::now();
    self.receive([](int) {}, fn::after(5ms, [&] { ++called; }));
    waited = std::chrono::steady_clock::now() - begin;
  });
  EXPECT_EQ(called, 1);
  EXPECT_GE(waited, 5ms);
}

TEST_F(Receive, takes_a_message_that_comes_before_the_time_is_over) {
  int called = 0;
  std::atomic<bool> waiting{false};
  std::atomic<bool> done{false};
  start();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      waiting = true;
                      self.receive([&](int) { done = true; }, fn::after(24h, [&] { ++called; }));
                    }).value();
  wait_until([&] { return waiting.load(); });
  fn::send(p, 1);
  wait_until([&] { return done.load(); });
  wait_dead(p);
  EXPECT_EQ(called, 0);
}

TEST_F(Receive, waits_for_ever_when_the_time_is_infinite_or_too_long_for_the_clock) {
  start();
  std::atomic<int> called{0};
  std::atomic<int> waiting{0};
  std::vector<fn::pid> waiters;
  const auto spawn_waiter = [&](auto time) {
    waiters.push_back(fn::spawn(rt(), [&, time](fn::process& self) {
                        ++waiting;
                        self.receive([](int) {}, fn::after(time, [&] { ++called; }));
                      }).value());
  };
  spawn_waiter(fn::infinity);
  spawn_waiter(std::chrono::hours::max());
  spawn_waiter(std::chrono::nanoseconds::max() - 1ns);
  wait_until([&] { return waiting == 3; });
  for (const fn::pid p : waiters) {
    EXPECT_TRUE(fn::is_alive(p));
    fn::exit(p, fn::exit_reason::kill);
    wait_dead(p);
  }
  EXPECT_EQ(called, 0);
}

TEST_F(Receive, loses_the_message_whose_handler_throws_and_no_other) {
  std::vector<int> seen;
  counts c;
  run([&](fn::process& self) {
    send_self(self, tracked(c), 1, 2);
    c = {};
    for (int i = 0; i < 2; ++i) {
      try {
        self.receive([](const tracked&) { throw std::runtime_error("first"); },
                     [](int n) { throw n; });
      } catch (const std::runtime_error&) {
        seen.push_back(c.destroyed);
      } catch (int n) {
        seen.push_back(10 * n);
      }
    }
    self.receive([&](int n) { seen.push_back(n); });
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 10, 2}));
}

TEST_F(Receive, may_be_called_by_its_own_handlers_which_then_see_what_is_left) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    send_self(self, std::string("outer"), 1, 2);
    self.receive([&](const std::string& outer) {
      self.receive([&](int n) { seen.push_back(n); });
      seen.push_back(static_cast<int>(outer.size()));  // still there
    });
    self.receive([&](int n) { seen.push_back(n); });
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 5, 2}));
}

TEST_F(Receive, destroys_what_was_never_taken_when_the_process_ends) {
  counts taken, left;
  run([&](fn::process& self) {
    send_self(self, tracked(left), tracked(taken), tracked(left));
    taken = left = {};
    self.receive(fn::when([&](const tracked& m) { return m.of == &taken; }, [](const tracked&) {}));
  });
  stop();
  EXPECT_EQ(taken.destroyed, 1);
  EXPECT_EQ(left.destroyed, 2);
}

}  // namespace
}  // namespace foundation::testing
