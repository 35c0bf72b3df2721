// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct job {
  int number;
};
struct forwarded {
  int number;
};

class Shutdown : public RuntimeTest {
 protected:
  /// Code the library knows nothing of: does not come back, and calls nothing of ours, until told.
  static void foreign_code(const std::atomic<bool>& come_back) {
    while (!come_back) std::this_thread::yield();
  }
  fn::pid stuck_process(const std::atomic<bool>& come_back, std::atomic<bool>& inside) {
    return fn::spawn(rt(),
                     [&](fn::process&) {
                       inside = true;
                       foreign_code(come_back);
                     },
                     {.label = "stuck"})
        .value();
  }
  fn::errc spawn_refusal() {
    const auto spawned = fn::spawn(rt(), [](fn::process&) {});
    return spawned ? fn::errc{} : spawned.error().code();
  }
};

TEST_F(Shutdown, of_an_empty_runtime_returns_nobody) {
  start();
  EXPECT_TRUE(rt().shutdown(1h).empty());
  EXPECT_TRUE(rt().shutdown(0s, fn::shutdown_mode::drop).empty());
}

/// Handles nothing until told, and then counts.
struct gated {
  using messages = fn::messages<job>;
  void handle(fn::process& self, const job&) {
    // The first turn ends when it has been told to exit (drop), or when the test says so (drain).
    const fn::shield not_here(self);
    *inside = true;
    while (!*open && self.checkpoint()) std::this_thread::yield();
    ++*handled;
  }
  std::atomic<bool>* inside;
  std::atomic<bool>* open;
  std::atomic<int>* handled;
};

TEST_F(Shutdown, with_drain_a_handler_handles_what_has_arrived) {
  start({.schedulers = 1});
  std::atomic<bool> inside{false};
  std::atomic<bool> open{false};
  std::atomic<int> handled{0};
  const fn::pid p = fn::spawn(rt(), gated{&inside, &open, &handled}).value();
  for (int i = 0; i < 1000; ++i) fn::send(p, job{i});
  wait_until([&] { return inside.load(); });
  std::thread opener([&] {
    wait_until([&] { return spawn_refusal() == fn::errc::not_running; });  // the shutdown has begun
    open = true;
  });
  EXPECT_TRUE(rt().shutdown(1h).empty());
  opener.join();
  EXPECT_EQ(handled, 1000);
}

TEST_F(Shutdown, with_drop_a_handler_finishes_its_turn_and_handles_nothing_more) {
  start({.schedulers = 1});
  std::atomic<bool> inside{false};
  std::atomic<bool> open{false};
  std::atomic<int> handled{0};
  const fn::pid p = fn::spawn(rt(), gated{&inside, &open, &handled}).value();
  for (int i = 0; i < 1000; ++i) fn::send(p, job{i});
  wait_until([&] { return inside.load(); });
  EXPECT_TRUE(rt().shutdown(1h, fn::shutdown_mode::drop).empty());
  EXPECT_EQ(handled, 1);
}

TEST_F(Shutdown, with_drain_a_function_goes_on_until_it_would_wait_with_nothing_to_do) {
  start({.schedulers = 1});
  std::atomic<bool> inside{false};
  std::atomic<bool> open{false};
  std::atomic<int> handled{0};
  std::atomic<bool> unwound{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const std::shared_ptr<void> at_the_end(nullptr, [&](void*) { unwound = true; });
                      inside = true;
                      foreign_code(open);
                      for (;;) self.receive([&](job) { ++handled; });
                    }).value();
  for (int i = 0; i < 100; ++i) fn::send(p, job{i});
  wait_until([&] { return inside.load(); });
  std::thread opener([&] {
    wait_until([&] { return spawn_refusal() == fn::errc::not_running; });
    open = true;
  });
  EXPECT_TRUE(rt().shutdown(1h).empty());
  opener.join();
  EXPECT_EQ(handled, 100);
  EXPECT_TRUE(unwound);
}

TEST_F(Shutdown, ends_processes_that_wait_whatever_they_wait_for) {
  start();
  std::atomic<int> unwound{0};
  struct count_unwinding {
    std::atomic<int>& count;
    ~count_unwinding() { ++count; }
  };
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(fn::spawn(rt(), [&](fn::process& self) {
      const count_unwinding c{unwound};
      self.receive([](job) {});
    }));
    ASSERT_TRUE(fn::spawn(rt(), [&](fn::process& self) {
      const count_unwinding c{unwound};
      self.receive([](job) {}, fn::after(24h, [] {}));
    }));
    ASSERT_TRUE(fn::spawn(rt(), [&](fn::process& self) {
      const count_unwinding c{unwound};
      self.sleep(fn::infinity);
    }));
  }
  EXPECT_TRUE(rt().shutdown(1h).empty());
  EXPECT_EQ(rt().process_count(), 0u);
  EXPECT_LE(unwound, 150);  // one that had not begun yet never begins
}

TEST_F(Shutdown, ends_a_process_that_only_computes_if_it_checks_now_and_then) {
  start();
  ASSERT_TRUE(fn::spawn(rt(), [](fn::process& self) {
    for (;;) self.consume(1000);
  }));
  EXPECT_TRUE(rt().shutdown(1h, fn::shutdown_mode::drop).empty());
}

TEST_F(Shutdown, kills_at_the_deadline_who_goes_on_for_ever) {
  start();
  std::atomic<bool> unwound{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const std::shared_ptr<void> at_the_end(nullptr, [&](void*) { unwound = true; });
                      for (;;) fn::send(self.id(), job{1}), self.receive([](job) {});  // never without work
                    }).value();
  EXPECT_TRUE(rt().shutdown(20ms, fn::shutdown_mode::drain).empty());
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_TRUE(unwound);
}

TEST_F(Shutdown, takes_a_deadline_of_the_past_as_now) {
  start();
  ASSERT_TRUE(fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); }));
  EXPECT_TRUE(rt().shutdown(-1h).empty());
}

TEST_F(Shutdown, refuses_every_spawn_from_its_beginning_on_and_after_its_end) {
  start();
  EXPECT_TRUE(rt().shutdown(1s).empty());
  EXPECT_EQ(spawn_refusal(), fn::errc::not_running);
  EXPECT_EQ(rt().process_count(), 0u);
}

TEST_F(Shutdown, refuses_a_spawn_by_a_process_that_it_lets_finish) {
  start();
  std::atomic<bool> inside{false};
  std::atomic<bool> refused{false};
  ASSERT_TRUE(fn::spawn(rt(), [&](fn::process& self) {
    inside = true;
    for (;;) {
      const auto child = fn::spawn(self, [](fn::process&) {});
      if (child) continue;
      refused = child.error() == fn::errc::not_running;
      return;
    }
  }));
  wait_until([&] { return inside.load(); });
  EXPECT_TRUE(rt().shutdown(1h).empty());
  EXPECT_TRUE(refused);
}

TEST_F(Shutdown, lets_those_who_finish_still_send_to_each_other) {
  start({.schedulers = 2});
  std::atomic<bool> inside{false};
  std::atomic<bool> open{false};
  std::atomic<int> arrived{0};
  // Has work until the forwarder is done, so it is still there.
  const fn::pid last = fn::spawn(rt(), [&](fn::process& self) {
                         for (int left = 100; left > 0;) {
                           self.receive([&](forwarded) { ++arrived, --left; }, fn::after(0s, [] {}));
                           self.checkpoint();
                         }
                       }).value();
  const fn::pid first = fn::spawn(rt(), [&, last](fn::process& self) {
                          inside = true;
                          foreign_code(open);
                          for (;;) self.receive([&](job j) { fn::send(last, forwarded{j.number}); });
                        }).value();
  for (int i = 0; i < 100; ++i) fn::send(first, job{i});
  wait_until([&] { return inside.load(); });
  std::thread opener([&] {
    wait_until([&] { return spawn_refusal() == fn::errc::not_running; });
    open = true;
  });
  EXPECT_TRUE(rt().shutdown(1h).empty());
  opener.join();
  EXPECT_EQ(arrived, 100);
}

TEST_F(Shutdown, without_any_time_kills) {
  for (const auto mode : {fn::shutdown_mode::drain, fn::shutdown_mode::drop}) {
    start();
    watched_runtime elsewhere({.schedulers = 1});
    fn::thread_process self(elsewhere);
    const fn::pid p = fn::spawn(rt(), [](fn::process& traps) {
      traps.trap_exit(true);
      for (;;) traps.receive([](const fn::exited&) {});
    }).value();
    self->monitor(p).value();
    EXPECT_TRUE(rt().shutdown(0ms, mode).empty());
    self->receive([](const fn::down& d) { EXPECT_EQ(d.reason.kind(), fn::exit_kind::killed); });
    stop();
  }
}

TEST_F(Shutdown, names_a_survivor_and_a_second_call_waits_for_it_again) {
  start({.schedulers = 2, .kill_grace = 10ms});
  std::atomic<bool> come_back{false};
  std::atomic<bool> inside{false};
  const fn::pid p = stuck_process(come_back, inside);
  wait_until([&] { return inside.load(); });
  for (int call = 0; call < 2; ++call) {
    const auto survivors = rt().shutdown(10ms);
    ASSERT_EQ(survivors.size(), 1u);
    EXPECT_EQ(survivors[0].id, p);
    EXPECT_EQ(survivors[0].label, "stuck");
    EXPECT_EQ(survivors[0].reason, "abandoned: it did not return from code that the library cannot unwind");
  }
  EXPECT_EQ(rt().abandoned_count(), 1u);
  std::thread opener([&] { come_back = true; });
  EXPECT_TRUE(rt().shutdown(1h).empty());  // ends as soon as it has come back
  opener.join();
  EXPECT_EQ(rt().abandoned_count(), 0u);
}

TEST_F(Shutdown, may_be_called_by_several_threads_at_once) {
  start();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); }));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { EXPECT_TRUE(rt().shutdown(1h).empty()); });
  for (auto& t : threads) t.join();
}

TEST_F(Shutdown, ends_what_a_racing_thread_could_still_spawn) {
  for (std::size_t round = 0; round < scaled(50); ++round) {
    start();
    std::atomic<bool> refused{false};
    std::thread spawner([&] {
      while (fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); })) {
      }
      refused = true;
    });
    EXPECT_TRUE(rt().shutdown(1h).empty());
    spawner.join();
    EXPECT_TRUE(rt().shutdown(1h).empty());  // one that came in at the very end
    EXPECT_EQ(rt().process_count(), 0u);
    stop();
  }
}

TEST_F(Shutdown, messages_to_a_runtime_that_is_shut_down_go_to_the_dead_letters) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); }).value();
  EXPECT_TRUE(rt().shutdown(1h).empty());
  EXPECT_TRUE(fn::send(p, job{1}));
  EXPECT_EQ(rt().dead_letters(), 1u);
}

/// Counts the ends of what it belongs to, not those of the shells that moves leave.
class count_end {
 public:
  explicit count_end(std::atomic<int>* count) : count_(count) {}
  count_end(count_end&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  count_end& operator=(count_end&&) = delete;
  ~count_end() {
    if (count_ != nullptr) ++*count_;
  }

 private:
  std::atomic<int>* count_;
};

struct idle {
  using messages = fn::messages<job>;
  void handle(fn::process&, job) {}
  count_end end;
};

TEST_F(Shutdown, the_destructor_ends_live_processes_of_every_kind) {
  start();
  std::atomic<int> left{0};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(fn::spawn(rt(), idle{count_end(&left)}));
    ASSERT_TRUE(fn::spawn(rt(), [end = count_end(&left)](fn::process& self) { self.sleep(fn::infinity); }));
    ASSERT_TRUE(fn::spawn(rt(), [end = count_end(&left)](fn::process& self) {
      for (;;) self.checkpoint();
    }));
  }
  stop();
  EXPECT_EQ(left, 60);
}

/// In a program of its own, since what it leaves behind stays. Ends with 0 when all was as it should be.
[[noreturn]] void destroy_a_runtime_with_a_survivor() {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  std::atomic<bool> ended{false};
  const auto count = [&](std::string_view part) {
    const std::lock_guard lock(mutex);
    return std::count_if(lines.begin(), lines.end(), [part](const auto& l) { return l.find(part) != l.npos; });
  };
  const auto check = [](bool holds, int status) {
    if (!holds) std::_Exit(status);
  };
  {
    watched_runtime rt({.schedulers = 2,
                        .log = {.sink =
                                    [&](fn::log_level, std::string_view line) {
                                      const std::lock_guard lock(mutex);
                                      lines.emplace_back(line);
                                    }},
                        .kill_grace = std::chrono::milliseconds(10),
                        .shutdown_timeout = std::chrono::milliseconds(10)});
    auto body = [&, owned = std::make_unique<int>(7)](fn::process& self) {
      const std::shared_ptr<void> at_the_end(nullptr, [&](void*) { ended = true; });
      inside = true;
      while (!come_back) std::this_thread::yield();
      check(*owned == 7 && self.label() == "stuck", 1);  // what it may touch is still there
      self.checkpoint();
      check(false, 2);  // it was told to exit
    };
    check(fn::spawn(rt, std::move(body), {.label = "stuck"}).has_value(), 3);
    while (!inside) std::this_thread::yield();
  }
  check(count("runtime destroyed while \"stuck\" survives") == 1, 4);
  const auto before = count("");
  come_back = true;
  while (!ended) std::this_thread::yield();
  check(count("") == before, 5);  // the sink is the host's again
  watched_runtime another({.schedulers = 1});
  check(fn::spawn(another, [](fn::process&) {}).has_value(), 6);
  std::_Exit(0);
}

TEST(ShutdownDeathTest, the_destructor_logs_a_survivor_and_leaves_it_what_it_may_touch) {
  EXPECT_EXIT(destroy_a_runtime_with_a_survivor(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace foundation::testing
