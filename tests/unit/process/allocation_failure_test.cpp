// SPDX-License-Identifier: Apache-2.0
//
// Memory refused at each step: an error value or the documented fallback, nothing leaked (the fixture looks), all else
// running. What happens when the stacks run out is carrier_failure_test.cpp.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "support/runtime_fixture.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

  /// The same for one that has to fail for want of memory each time, and do nothing, at which `untouched` looks.
  /// Ends with the try that succeeds. @returns how many did not
  template <typename Operation, typename Untouched>
  int refuse_each_in_vain(Operation&& operation, Untouched&& untouched) {
    for (int n = 1;; ++n) {
      probe.refuse_nth(n);
      const auto made = operation();
      probe.refuse_nth(0);
      if (made) return n - 1;
      EXPECT_EQ(made.error().code(), fn::errc::system_limit);
      if (made.error().code() != fn::errc::system_limit) return -1;
      untouched();
    }
  }

  /// With one scheduler, so that nobody allocates beside the process that `body` is, once the idle process sleeps.
  template <typename Body>
  void run_beside_an_idle_process(Body&& body) {
    start({.schedulers = 1});
    const fn::pid idle = fn::spawn(rt(), [](fn::process& p) { p.receive([](int) {}); }).value();
    wait_until([&] { return is_asleep(rt(), idle); });
    run([&](fn::process& self) { body(self, idle); });
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
    ASSERT_TRUE(fn::wait_gone(fn::spawn(rt(), std::forward<F>(body)).value()));  // and counted no more
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

TEST_F(AllocationFailure, of_a_link_or_an_unlink_is_its_error_and_changes_neither_end) {
  run_beside_an_idle_process([&](fn::process& self, fn::pid other) {
    const auto links_of = [](fn::pid p) { return fn::process_info(p).value().links; };
    const int to_link = refuse_each_in_vain([&] { return self.link(other); }, [&] {
      EXPECT_THAT(links_of(self.id()), IsEmpty());
      EXPECT_THAT(links_of(other), IsEmpty());
    });
    EXPECT_EQ(to_link, 2) << "a half for each";
    EXPECT_THAT(links_of(self.id()), ElementsAre(other));
    EXPECT_THAT(links_of(other), ElementsAre(self.id()));
    const int to_unlink = refuse_each_in_vain([&] { return self.unlink(other); }, [&] {
      EXPECT_THAT(links_of(self.id()), ElementsAre(other));
      EXPECT_THAT(links_of(other), ElementsAre(self.id()));
    });
    EXPECT_EQ(to_unlink, 2) << "the question and its answer";
    EXPECT_THAT(links_of(self.id()), IsEmpty());
    EXPECT_THAT(links_of(other), IsEmpty());
  });
}

TEST_F(AllocationFailure, of_a_monitor_is_its_error_and_changes_neither_end) {
  run_beside_an_idle_process([&](fn::process& self, fn::pid other) {
    static_cast<void>(self.make_reference());          // room for marks, which are done without
    static_cast<void>(fn::process_info(other).value());  // room for answers
    const auto monitor = [&] { return self.monitor(other, {.alias = fn::alias_mode::demonitor}); };
    // The other one has answered before it has given back what the question came in.
    const auto settled = [&](long expected) {
      long least = probe.live();
      for (int i = 0; i != 1'000 && least != expected; ++i) {
        static_cast<void>(self.sleep(0ms));
        least = std::min(least, probe.live());
      }
      return least;
    };
    const long before = settled(0);
    const int allocations = refuse_each_in_vain(monitor, [&] {
      EXPECT_EQ(settled(before), before) << "nor is there an alias";
      EXPECT_THAT(fn::process_info(self.id()).value().monitors, IsEmpty());
      EXPECT_THAT(fn::process_info(other).value().monitored_by, IsEmpty());
    });
    EXPECT_EQ(allocations, 3) << "a half for each, and the alias";
    EXPECT_EQ(fn::process_info(self.id()).value().monitors.size(), 1u);
    EXPECT_THAT(fn::process_info(other).value().monitored_by, ElementsAre(self.id()));
  });
}

TEST_F(AllocationFailure, of_an_alias_is_its_error_and_makes_none) {
  run_beside_an_idle_process([&](fn::process& self, fn::pid) {
    const long before = probe.live();
    fn::alias made;
    const auto make = [&] {
      auto result = self.make_alias();
      if (result) made = *result;
      return result;
    };
    EXPECT_EQ(refuse_each_in_vain(make, [&] { EXPECT_EQ(probe.live(), before); }), 1);
    fn::send(made, 7).value();
    EXPECT_EQ(self.receive([](int n) { return n; }).value(), 7);
    EXPECT_TRUE(self.unalias(made));
  });
}

TEST_F(AllocationFailure, of_a_spawn_with_a_bond_leaves_neither_a_process_nor_a_bond) {
  run_beside_an_idle_process([&](fn::process& self, fn::pid) {
    const auto body = [kept = counted()](fn::process& child) { child.receive([](int) {}); };
    const std::size_t before = rt().process_count();
    const auto untouched = [&] {
      EXPECT_EQ(counted::live, static_cast<int>(rt().process_count() - before) + 1) << "the body was not made";
      const auto mine = fn::process_info(self.id()).value();
      EXPECT_EQ(fn::processes(rt()).size(), before + mine.links.size() + mine.monitors.size());
    };
    const int to_link = refuse_each_in_vain([&] { return fn::spawn_link(self, body); }, untouched);
    EXPECT_EQ(to_link, 3) << "it, and a half for each";
    const auto links = fn::process_info(self.id()).value().links;
    ASSERT_EQ(links.size(), 1u);
    static_cast<void>(fn::process_info(links[0]).value());  // it has what it needs to run
    EXPECT_EQ(refuse_each_in_vain([&] { return fn::spawn_monitor(self, body); }, untouched), 3);
    EXPECT_EQ(fn::process_info(self.id()).value().monitors.size(), 1u);
    EXPECT_EQ(rt().process_count(), before + 2);
  });
}

TEST_F(AllocationFailure, of_a_name_is_its_error_and_leaves_it_free) {
  run_beside_an_idle_process([&](fn::process& self, fn::pid other) {
    const int allocations = refuse_each_in_vain([&] { return fn::register_name(self, "worker", other); }, [&] {
      EXPECT_FALSE(fn::whereis(self, "worker"));
      EXPECT_EQ(fn::process_counters(other).value().name, "");
      EXPECT_TRUE(fn::register_name(self, "worker", self.id()) && fn::unregister_name(self, "worker"));
    });
    EXPECT_EQ(allocations, 1);
    EXPECT_EQ(fn::whereis(self, "worker"), other);
  });
}

/// Answers, and counts what it is asked.
struct doubler {
  using messages = fn::messages<int>;
  std::atomic<int>* asked;
  void handle(fn::process& self, int n) {
    ++*asked;
    EXPECT_TRUE(self.reply(2 * n));
  }
};

TEST_F(AllocationFailure, of_a_request_is_its_error_and_asks_nobody) {
  std::atomic<int> asked{0};
  fn::pid answers;
  run_beside_an_idle_process([&](fn::process& self, fn::pid) {
    answers = fn::spawn(self, doubler{&asked}).value();
    const auto ask = [&] { return fn::request<int>(answers, 1, fn::infinity); };
    EXPECT_EQ(refuse_each_in_vain(ask, [&] { EXPECT_EQ(asked, 0); }), 2) << "room for answers, which stays; this one's";
    EXPECT_EQ(refuse_each_in_vain(ask, [&] { EXPECT_EQ(asked, 1); }), 2) << "this one's, the message";
    EXPECT_EQ(asked, 2);
  });
  run([&](fn::process&) {
    std::optional<fn::future<int>> answer;
    const auto send = [&] {
      auto sent = fn::send_request<int>(answers, 2);
      if (sent) answer = std::move(*sent);
      return sent ? fn::result<void>() : fn::result<void>(sent.error());
    };
    for (int round = 0; round != 2; ++round) {
      EXPECT_EQ(refuse_each_in_vain(send, [&] { EXPECT_EQ(asked, 2 + round); }), 2);
      EXPECT_EQ(answer->get().value(), 4);
    }
  });
  const std::size_t before = rt().process_count();
  const int by_a_thread = refuse_each_in_vain([&] { return fn::request<int>(answers, 3, fn::infinity); }, [&] {
    EXPECT_EQ(asked, 4);
    EXPECT_EQ(rt().process_count(), before);
    EXPECT_EQ(fn::current_process(), nullptr);
  });
  EXPECT_EQ(by_a_thread, 4) << "the thread's process besides";
  EXPECT_EQ(asked, 5);
  EXPECT_TRUE(fn::exit(answers, fn::exit_reason::kill));
  wait_dead(answers);
}

TEST_F(AllocationFailure, of_a_timer_is_its_error_and_leaves_no_message) {
  run_beside_an_idle_process([&](fn::process&, fn::pid other) {
    const auto life = std::make_shared<int>(0);
    fn::timer made;
    const auto start_one = [&] {
      const auto started = fn::send_after(1h, other, life);
      if (started) made = *started;
      return started;
    };
    const int allocations = refuse_each_in_vain(start_one, [&] { EXPECT_EQ(life.use_count(), 1); });
    EXPECT_EQ(allocations, 2) << "places for timers, the message";
    EXPECT_EQ(life.use_count(), 2);
    EXPECT_TRUE(made.cancel());
    EXPECT_EQ(life.use_count(), 1);
  });
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
