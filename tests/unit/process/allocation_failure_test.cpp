// SPDX-License-Identifier: Apache-2.0
//
// Memory refused at each step: an error value or the documented fallback, nothing leaked (the fixture looks), all else
// running. What happens when the stacks run out is carrier_failure_test.cpp.
#include <atomic>
#include <memory>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class AllocationFailure : public RuntimeTest {
 protected:
  /// Calls `operation` with its first allocation refused, then with its second, and so on until all were made; returns
  /// how many there are to refuse.
  template <typename Operation>
  int refuse_each(Operation&& operation) {
    for (int n = 1;; ++n) {
      const long before = probe.refused();
      probe.refuse_nth(n);
      operation(n);
      probe.refuse_nth(0);
      if (probe.refused() == before) return n - 1;
    }
  }

  /// A process that does not allocate and goes on while the test runs.
  void start_ticker() {
    ticker_ = fn::spawn(rt(), [this](fn::process& self) {
                for (;;) {
                  ++ticks_;
                  self.sleep(0s);
                }
              }).value();
  }
  void expect_others_run() {
    const auto before = ticks_.load();
    wait_until([&] { return ticks_ > before; });
  }

  /// Runs `body` as a process, to its end.
  template <typename F>
  void run(F&& body) {
    wait_dead(fn::spawn(rt(), std::forward<F>(body)).value());
  }

 private:
  std::atomic<std::uint64_t> ticks_{0};
  fn::pid ticker_;
};

struct counted {
  static inline std::atomic<int> live{0};
  counted() { ++live; }
  counted(const counted&) { ++live; }
  ~counted() { --live; }
};

TEST_F(AllocationFailure, of_a_spawn_is_its_error_and_takes_no_place_in_the_table) {
  start({.schedulers = 1, .max_processes = 3});
  const auto body = [kept = counted()](fn::process& self) { self.receive([](int) {}); };
  std::vector<fn::pid> made;
  std::vector<int> refused;
  const int allocations = refuse_each([&](int n) {
    const auto p = fn::spawn(rt(), body, {.label = "one of three"});
    if (p) return made.push_back(*p);
    EXPECT_EQ(p.error().code(), fn::errc::system_limit);
    EXPECT_EQ(rt().process_count(), 0u);
    EXPECT_EQ(counted::live, 1) << "the body was not made";
    refused.push_back(n);
  });
  EXPECT_EQ(allocations, 2) << "a piece of the table, the process";
  EXPECT_EQ(refused, (std::vector<int>{1, 2}));

  while (made.size() < 3) made.push_back(fn::spawn(rt(), body).value());
  for (const fn::pid p : made) fn::send(p, 1);
  for (const fn::pid p : made) wait_dead(p);
}

TEST_F(AllocationFailure, of_a_spawn_by_a_process_is_its_error_too) {
  start();
  start_ticker();
  std::atomic<int> errors{0};
  std::atomic<int> ran{0};
  run([&](fn::process& self) {
    refuse_each([&](int) {
      const auto p = fn::spawn(self, [&](fn::process&) { ++ran; });
      if (!p && p.error() == fn::errc::system_limit) ++errors;
    });
  });
  wait_until([&] { return ran == 1; });
  EXPECT_EQ(errors, 1);
  expect_others_run();
}

TEST_F(AllocationFailure, of_a_send_is_its_error_and_leaves_the_message_with_the_sender) {
  start();
  std::atomic<int> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](const std::unique_ptr<int>& n) { got += *n; });
                    }).value();
  start_ticker();
  auto message = std::make_unique<int>(1);
  const auto send_one = [&](int n) {
    const auto sent = fn::send(p, std::move(message));
    EXPECT_EQ(sent.has_value(), n == 2);
    EXPECT_EQ(message == nullptr, n == 2);
    if (!sent) {
      EXPECT_EQ(sent.error().code(), fn::errc::system_limit);
    }
  };
  EXPECT_EQ(refuse_each(send_one), 1);
  wait_until([&] { return got == 1; });

  run([&](fn::process&) {
    message = std::make_unique<int>(1);
    refuse_each(send_one);
  });
  wait_until([&] { return got == 2; });
  EXPECT_EQ(rt().dead_letters(), 0u);
  expect_others_run();
}

TEST_F(AllocationFailure, of_an_exit_is_its_error_and_the_process_lives_on) {
  start();
  std::atomic<int> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](int n) { got = n; });
                    }).value();
  start_ticker();
  const int allocations = refuse_each([&](int n) {
    const auto told = fn::exit(p, fn::exit_reason::kill);
    if (told) return;
    EXPECT_EQ(told.error().code(), fn::errc::system_limit);
    probe.refuse_nth(0);
    fn::send(p, n);
    wait_until([&] { return got == n; });
    EXPECT_TRUE(fn::is_alive(p));
  });
  EXPECT_EQ(allocations, 2) << "the signal, and the watch on the process's end";
  wait_dead(p);
  expect_others_run();
}

TEST_F(AllocationFailure, of_a_timed_wait_is_its_error_and_costs_no_message) {
  start();
  start_ticker();
  std::vector<std::string> seen;
  const auto note = [&](const fn::result<void>& r) { seen.emplace_back(r ? "ok" : fn::name(r.error().code())); };
  run([&](fn::process& self) {
    refuse_each([&](int) { note(self.sleep(1us)); });
  });
  run([&](fn::process& self) {
    fn::send(self.id(), 7);
    refuse_each([&](int) {
      note(self.receive([](const std::string&) {}, fn::after(1us, [&] { seen.emplace_back("after"); })));
    });
    self.receive([&](int n) { seen.push_back(std::to_string(n)); });
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"system_limit", "ok", "system_limit", "after", "ok", "7"}));
  expect_others_run();
}

TEST_F(AllocationFailure, of_a_mark_gives_a_reference_all_the_same_whose_receive_looks_at_everything) {
  start();
  std::vector<int> seen;
  std::vector<fn::reference> made;
  run([&](fn::process& self) {
    fn::send(self.id(), 1);
    refuse_each([&](int) { made.push_back(self.make_reference()); });
    for (const fn::reference ref : {made.at(1), made.at(0)}) {  // the second has its mark, the first has none
      seen.push_back(
          self.receive(fn::since(ref), [](int n) { return n; }, fn::after(0s, [] { return 0; })).value());
    }
  });
  EXPECT_EQ(made.size(), 2u);
  EXPECT_NE(made.at(0), made.at(1));
  EXPECT_TRUE(made.at(0));
  EXPECT_EQ(seen, (std::vector<int>{0, 1}));
}

TEST_F(AllocationFailure, of_a_request_to_end_is_made_good_by_the_next) {
  start();
  for (int i = 0; i < 3; ++i) fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  probe.refuse_nth(2);
  EXPECT_TRUE(rt().shutdown(60s, fn::shutdown_mode::drain).empty());
  EXPECT_EQ(probe.refused(), 1);
}

TEST_F(AllocationFailure, of_everything_makes_a_shutdown_say_who_is_left_and_the_next_one_end_them) {
  start({.schedulers = 2, .kill_grace = 20ms});
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }, {.label = "left"}).value();
  probe.refuse_all();
  const auto left = rt().shutdown(20ms, fn::shutdown_mode::drop);
  probe.refuse_all(false);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].label, "left");
  EXPECT_TRUE(fn::is_alive(p));
  EXPECT_TRUE(rt().shutdown(60s, fn::shutdown_mode::drop).empty());
}

}  // namespace
}  // namespace foundation::testing
