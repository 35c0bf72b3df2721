// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <foundation/fiber.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "unit/process/death_fixture.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

/// Says when it is destroyed, and may be made to take its time.
class owned {
 public:
  explicit owned(std::atomic<int>& gone, const std::atomic<bool>* hold = nullptr, std::atomic<bool>* inside = nullptr)
      : gone_(&gone), hold_(hold), inside_(inside) {}
  owned(owned&& other) noexcept
      : gone_(std::exchange(other.gone_, nullptr)), hold_(other.hold_), inside_(other.inside_) {}
  owned& operator=(owned&&) = delete;
  ~owned() {
    if (gone_ == nullptr) return;
    if (inside_ != nullptr) *inside_ = true;
    if (hold_ != nullptr) DeathTest::foreign_code(*hold_);
    ++*gone_;
  }

 private:
  std::atomic<int>* gone_;
  const std::atomic<bool>* hold_;
  std::atomic<bool>* inside_;
};

class WaitGone : public AbandonTest {
 protected:
  fn::pid spawn_waiting(fn::spawn_options options = {}) {
    return fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }, options).value();
  }
  fn::pid spawn_stuck() {
    const fn::pid p = fn::spawn(rt(), [this](fn::process&) {
                        const frame f(left);
                        inside = true;
                        foreign_code(come_back);
                      }).value();
    wait_until([&] { return inside.load(); });
    return p;
  }
  void wait_asleep(fn::pid p) {
    wait_until([&] { return is_asleep(rt(), p); });
  }
  std::atomic<int> gone{0};
};

// -- on a plain thread ------------------------------------------------------------------------------------------------

TEST_F(WaitGone, returns_when_frames_body_and_messages_are_destroyed) {
  start();
  const fn::pid p = fn::spawn(rt(), [body = owned(gone), this](fn::process& self) {
                      const frame f(left);
                      inside = true;
                      self.sleep(fn::infinity);
                    }).value();
  for (int i = 0; i != 100; ++i) fn::send(p, owned(gone));
  wait_until([&] { return inside.load(); });
  kill(p);
  ASSERT_TRUE(fn::wait_gone(p));
  EXPECT_EQ(left, 1);
  EXPECT_EQ(gone, 101);
}

TEST_F(WaitGone, returns_when_those_who_are_linked_to_it_and_monitor_it_have_been_told) {
  start({.schedulers = 1});
  const fn::pid p = spawn_waiting();
  std::atomic<int> told{0};
  fn::pid friends[2];
  friends[0] = fn::spawn(rt(), [&](fn::process& self) {
                 self.trap_exit(true);
                 self.link(p).value();
                 self.receive([](int) {});
                 self.receive([&](const fn::exited&) { ++told; }, fn::after(0ms));
               }).value();
  friends[1] = fn::spawn(rt(), [&](fn::process& self) {
                 self.monitor(p).value();
                 self.receive([](int) {});
                 self.receive([&](const fn::down&) { ++told; }, fn::after(0ms));
               }).value();
  for (const fn::pid each : friends) wait_asleep(each);
  kill(p);
  ASSERT_TRUE(fn::wait_gone(p));
  for (const fn::pid each : friends) fn::send(each, 1);
  for (const fn::pid each : friends) ASSERT_TRUE(fn::wait_gone(each));
  EXPECT_EQ(told, 2) << "what they were told was there before what was sent to them afterwards";
}

TEST_F(WaitGone, returns_when_its_place_is_free) {
  start({.schedulers = 2, .max_processes = 1});
  for (std::size_t i = 0; i != scaled(2000, 100); ++i) {
    const auto p = fn::spawn(rt(), [](fn::process&) {});
    ASSERT_TRUE(p) << p.error().message();
    ASSERT_TRUE(fn::wait_gone(*p));
    ASSERT_EQ(rt().process_count(), 0u);
  }
}

TEST_F(WaitGone, does_not_return_while_something_it_owned_is_being_destroyed) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process&) {}, {}).value();
  ASSERT_TRUE(fn::wait_gone(p));
  std::atomic<bool> let_go{false};
  const fn::pid slow = fn::spawn(rt(), [body = owned(gone, &let_go, &inside)](fn::process&) {}).value();
  wait_until([&] { return inside.load(); });
  ASSERT_FALSE(fn::is_alive(slow));
  const auto waited = fn::wait_gone(slow, 0ms);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error(), fn::errc::timeout);
  EXPECT_EQ(waited.error().message(), "process: ends, and has not destroyed all it owned");
  EXPECT_EQ(fn::wait_gone(slow, 2ms).error(), fn::errc::timeout);
  let_go = true;
  ASSERT_TRUE(fn::wait_gone(slow, 1h));
  EXPECT_EQ(gone, 1);
}

TEST_F(WaitGone, looks_once_for_zero_or_less) {
  start();
  const fn::pid p = spawn_waiting();
  for (const auto timeout : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
    const auto waited = fn::wait_gone(p, timeout);
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error(), fn::errc::timeout);
    EXPECT_EQ(waited.error().message(), "process: is alive");
  }
  kill(p);
  ASSERT_TRUE(fn::wait_gone(p));
  for (const auto timeout : {0ns, -1ns, std::chrono::nanoseconds::min()}) EXPECT_TRUE(fn::wait_gone(p, timeout));
}

TEST_F(WaitGone, ends_when_the_time_is_over_and_not_before) {
  start();
  const fn::pid p = spawn_waiting();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(fn::wait_gone(p, 5ms).error(), fn::errc::timeout);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
}

TEST_F(WaitGone, takes_times_beyond_the_clock_for_ever) {
  start();
  for (const auto wait : {+[](fn::pid p) { return fn::wait_gone(p, std::chrono::hours::max()); },
                          +[](fn::pid p) { return fn::wait_gone(p, fn::infinity); },
                          +[](fn::pid p) { return fn::wait_gone(p); }}) {
    const fn::pid p = spawn_waiting();
    std::thread ends([p] { fn::send(p, 1); });
    EXPECT_TRUE(wait(p));
    ends.join();
  }
}

TEST_F(WaitGone, many_threads_wait_for_one_process) {
  start();
  const fn::pid p = spawn_waiting();
  std::atomic<int> returned{0};
  std::vector<std::thread> waiting;
  for (int i = 0; i != 8; ++i) {
    waiting.emplace_back([&] {
      EXPECT_TRUE(fn::wait_gone(p));
      EXPECT_FALSE(fn::is_alive(p));
      ++returned;
    });
  }
  EXPECT_EQ(returned, 0);
  kill(p);
  for (auto& each : waiting) each.join();
}

TEST_F(WaitGone, one_that_was_given_up_is_gone_when_it_has_come_back_and_ended) {
  start_impatient();
  const fn::pid p = spawn_stuck();
  kill(p);
  wait_abandoned(1);
  const auto waited = fn::wait_gone(p, 0ms);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error(), fn::errc::timeout);
  EXPECT_EQ(waited.error().message(), "process: was given up, and has not come back and ended");
  std::thread later([&] { come_back = true; });
  EXPECT_TRUE(fn::wait_gone(p));
  EXPECT_EQ(left, 1);
  EXPECT_EQ(rt().abandoned_count(), 0u);
  later.join();
}

TEST_F(WaitGone, one_that_was_given_up_is_not_gone_when_the_next_one_in_its_slot_is) {
  start({.schedulers = 2, .max_processes = 1, .kill_grace = 20ms});
  const fn::pid stuck = spawn_stuck();
  kill(stuck);
  wait_abandoned(1);
  const fn::pid next = fn::spawn(rt(), [](fn::process&) {}).value();
  ASSERT_TRUE(fn::wait_gone(next));
  EXPECT_EQ(fn::wait_gone(stuck, 0ms).error(), fn::errc::timeout);
  come_back = true;
  EXPECT_TRUE(fn::wait_gone(stuck));
}

TEST_F(WaitGone, several_that_were_given_up_come_back_in_any_order) {
  start({.schedulers = 3, .kill_grace = 20ms});
  std::atomic<bool> back[3] = {};
  std::atomic<int> stuck{0};
  std::vector<fn::pid> all;
  for (int i = 0; i != 3; ++i) {
    all.push_back(fn::spawn(rt(), [&, i](fn::process&) {
                    ++stuck;
                    foreign_code(back[i]);
                  }).value());
  }
  wait_until([&] { return stuck == 3; });
  for (const fn::pid p : all) kill(p);
  wait_abandoned(3);
  for (const std::size_t i : {1u, 0u, 2u}) {
    EXPECT_EQ(fn::wait_gone(all[i], 0ms).error(), fn::errc::timeout);
    back[i] = true;
    EXPECT_TRUE(fn::wait_gone(all[i]));
  }
}

TEST_F(WaitGone, a_wait_outlives_the_runtime) {
  start();
  const fn::pid p = spawn_waiting();
  std::atomic<bool> begun{false};
  std::thread waiting([&] {
    begun = true;
    EXPECT_TRUE(fn::wait_gone(p));
  });
  wait_until([&] { return begun.load(); });
  std::this_thread::sleep_for(1ms);  // that it sleeps is likely, not needed
  stop();
  waiting.join();
}

TEST_F(WaitGone, a_pid_of_no_runtime_is_an_error) {
  start();
  const fn::pid p = spawn_waiting();
  EXPECT_EQ(fn::wait_gone(fn::pid()).error(), fn::errc::not_running);
  EXPECT_EQ(fn::wait_gone(fn::pid(), 0ms).error(), fn::errc::not_running);
  stop();
  EXPECT_EQ(fn::wait_gone(p).error(), fn::errc::not_running);
}

// -- in a process -----------------------------------------------------------------------------------------------------

TEST_F(WaitGone, a_process_that_waits_lets_others_run) {
  start({.schedulers = 1});
  std::atomic<bool> returned{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      self.receive([](int) {});
                    }).value();
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           fn::wait_gone(p).value();
                           EXPECT_EQ(left, 1);
                           returned = true;
                         }).value();
  wait_asleep(waiter);
  const fn::pid bystander = fn::spawn(rt(), [](fn::process&) {}).value();
  ASSERT_TRUE(fn::wait_gone(bystander));
  EXPECT_FALSE(returned);
  fn::send(p, 1);
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_TRUE(returned);
}

TEST_F(WaitGone, a_process_waits_until_the_place_is_free) {
  start({.schedulers = 2, .max_processes = 2});
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process& self) {
                           for (std::size_t i = 0; i != scaled(300, 50); ++i) {
                             const auto p = fn::spawn(self, [body = owned(gone)](fn::process&) {});
                             ASSERT_TRUE(p) << p.error().message();
                             fn::wait_gone(*p).value();
                             ASSERT_EQ(gone, static_cast<int>(i + 1));
                           }
                         }).value();
  ASSERT_TRUE(fn::wait_gone(waiter));
}

TEST_F(WaitGone, a_process_waits_until_what_a_dead_one_owned_is_destroyed) {
  start();
  std::atomic<bool> let_go{false};
  const fn::pid slow = fn::spawn(rt(), [body = owned(gone, &let_go, &inside)](fn::process&) {}).value();
  wait_until([&] { return inside.load(); });
  std::atomic<bool> timed_out{false};
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           EXPECT_EQ(fn::wait_gone(slow, 5ms).error(), fn::errc::timeout);
                           timed_out = true;
                           fn::wait_gone(slow).value();
                           EXPECT_EQ(gone, 1);
                         }).value();
  wait_until([&] { return timed_out.load(); });
  let_go = true;
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_EQ(gone, 1);
}

TEST_F(WaitGone, a_process_waits_for_one_that_was_given_up) {
  start_impatient(3);
  const fn::pid p = spawn_stuck();
  std::atomic<bool> timed_out{false};
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           EXPECT_EQ(fn::wait_gone(p, 1ms).error().message(), "process: is alive");
                           kill(p);
                           wait_abandoned(1);
                           EXPECT_EQ(fn::wait_gone(p, 1ms).error(), fn::errc::timeout);
                           timed_out = true;
                           fn::wait_gone(p).value();
                           EXPECT_EQ(left, 1);
                         }).value();
  wait_until([&] { return timed_out.load(); });
  come_back = true;
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_EQ(left, 1);
}

TEST_F(WaitGone, a_process_waits_for_one_of_another_runtime) {
  start();
  watched_runtime other({.schedulers = 1});
  const fn::pid p = fn::spawn(other, [](fn::process& self) { self.receive([](int) {}); }).value();
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) { fn::wait_gone(p).value(); }).value();
  wait_asleep(waiter);
  fn::send(p, 1);
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_EQ(other.process_count(), 0u);
}

TEST_F(WaitGone, a_process_finds_its_messages_as_they_were_and_none_more) {
  start();
  const fn::pid dies = spawn_waiting();
  const fn::pid stays = spawn_waiting();
  std::vector<std::string> found;
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process& self) {
                           fn::send(self.id(), 1);
                           fn::send(self.id(), std::string("2"));
                           fn::send(dies, 1);
                           fn::wait_gone(dies).value();
                           EXPECT_EQ(fn::wait_gone(stays, 1ms).error(), fn::errc::timeout);
                           fn::send(stays, 1);
                           wait_until([&] { return !fn::is_alive(stays); });
                           self.sleep(1ms);
                           for (bool more = true; more;) {
                             self.receive([&](int n) { found.push_back(std::to_string(n)); },
                                          [&](const std::string& text) { found.push_back(text); },
                                          [&](const fn::down&) { found.push_back("down"); },
                                          fn::after(0ms, [&] { more = false; }));
                           }
                         }).value();
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_EQ(found, (std::vector<std::string>{"1", "2"}));
}

TEST_F(WaitGone, a_process_looks_once_for_zero_or_less) {
  start();
  const fn::pid p = spawn_waiting();
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           EXPECT_EQ(fn::wait_gone(p, 0ms).error(), fn::errc::timeout);
                           EXPECT_EQ(fn::wait_gone(p, -1h).error(), fn::errc::timeout);
                           fn::send(p, 1);
                           wait_until([&] { return fn::wait_gone(p, 0ms).has_value(); });
                         }).value();
  ASSERT_TRUE(fn::wait_gone(waiter));
}

TEST_F(WaitGone, a_process_that_waits_is_unwound_when_it_is_told_to_exit) {
  start();
  const fn::pid p = spawn_waiting();
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           const frame f(left);
                           static_cast<void>(fn::wait_gone(p));
                           too_far = true;
                         }).value();
  wait_asleep(waiter);
  ASSERT_TRUE(fn::exit(waiter, fn::exit_reason::shutdown));
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
  EXPECT_TRUE(fn::is_alive(p));
}

TEST_F(WaitGone, a_process_that_waits_for_the_place_is_unwound_too) {
  start({.schedulers = 2, .kill_grace = 20ms});
  const fn::pid p = spawn_stuck();
  kill(p);
  wait_abandoned(1);
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           const frame f(left);
                           static_cast<void>(fn::wait_gone(p));
                           too_far = true;
                         }).value();
  wait_asleep(waiter);
  ASSERT_TRUE(fn::exit(waiter, fn::exit_reason::shutdown));
  ASSERT_TRUE(fn::wait_gone(waiter));
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
  come_back = true;
  ASSERT_TRUE(fn::wait_gone(p));
}

TEST_F(WaitGone, inside_a_shield_and_below_noexcept_the_wait_returns_killed) {
  start();
  const fn::pid p = spawn_waiting();
  std::atomic<int> killed{0};
  const fn::pid shielded = fn::spawn(rt(), [&](fn::process& self) {
                             const fn::shield here(self);
                             if (fn::wait_gone(p).error() == fn::errc::killed) ++killed;
                           }).value();
  const fn::pid below = fn::spawn(rt(), [&](fn::process&) {
                          [&]() noexcept {
                            if (fn::wait_gone(p).error() == fn::errc::killed) ++killed;
                          }();
                        }).value();
  for (const fn::pid each : {shielded, below}) {
    wait_asleep(each);
    ASSERT_TRUE(fn::exit(each, fn::exit_reason::shutdown));
    ASSERT_TRUE(fn::wait_gone(each));
  }
  EXPECT_EQ(killed, 2);
}

struct janitor {
  using messages = fn::messages<fn::pid>;
  std::atomic<int>* cleaned;
  void handle(fn::process&, fn::pid p) {
    fn::exit(p, fn::exit_reason::shutdown).value();
    fn::wait_gone(p).value();
    ++*cleaned;
  }
};

TEST_F(WaitGone, a_handler_may_wait_in_its_turn) {
  start({.schedulers = 1});
  std::atomic<int> cleaned{0};
  const fn::pid all = fn::spawn(rt(), janitor{&cleaned}).value();
  for (int i = 0; i != 3; ++i) fn::send(all, spawn_waiting());
  wait_until([&] { return cleaned == 3; });
}

// -- who would wait for ever --------------------------------------------------------------------------------------------

TEST_F(WaitGone, a_process_cannot_wait_for_itself) {
  start();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const auto waited = fn::wait_gone(self.id());
                      ASSERT_FALSE(waited);
                      EXPECT_EQ(waited.error(), fn::errc::would_deadlock);
                      EXPECT_EQ(waited.error().message(),
                                "process: the caller itself, which is gone only when it has ended");
                      EXPECT_EQ(fn::wait_gone(self.id(), 0ms).error(), fn::errc::would_deadlock);
                      inside = true;
                    }).value();
  ASSERT_TRUE(fn::wait_gone(p));
  EXPECT_TRUE(inside);
}

TEST_F(WaitGone, a_fiber_of_the_users_own_cannot_hold_up_its_scheduler) {
  start();
  const fn::pid p = spawn_waiting();
  const fn::pid host = fn::spawn(rt(), [&](fn::process&) {
                         boost::fibers::fiber([&] {
                           EXPECT_EQ(fn::wait_gone(p).error(), fn::errc::would_deadlock);
                           EXPECT_EQ(fn::wait_gone(p, 1h).error(), fn::errc::would_deadlock);
                           EXPECT_EQ(fn::wait_gone(p, 0ms).error(), fn::errc::timeout);
                           fn::send(p, 1);
                           while (!fn::wait_gone(p, 0ms)) boost::this_fiber::yield();
                         }).join();
                       }).value();
  ASSERT_TRUE(fn::wait_gone(host));
}

TEST_F(WaitGone, without_memory_for_its_monitor_a_process_says_so) {
  start({.schedulers = 1});
  const fn::pid p = spawn_waiting();
  const fn::pid waiter = fn::spawn(rt(), [&](fn::process&) {
                           probe.refuse_nth(1);
                           EXPECT_EQ(fn::wait_gone(p).error(), fn::errc::system_limit);
                         }).value();
  ASSERT_TRUE(fn::wait_gone(waiter));
}

}  // namespace
}  // namespace foundation::testing
