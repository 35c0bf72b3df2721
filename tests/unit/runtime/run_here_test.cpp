// SPDX-License-Identifier: Apache-2.0
//
// A thread of the host's that is lent to the runtime.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <foundation/fiber.hpp>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class RunHere : public RuntimeTest {
 protected:
  /// Keeps the runtime's own scheduler (it has but one) from everybody else until `let_go`.
  void hold_the_scheduler() {
    let_go_ = false;
    std::atomic<bool> holds{false};
    holder_ = fn::spawn(rt(), [this, &holds](fn::process&) {
      holds = true;
      while (!let_go_) std::this_thread::yield();
    }, {.scheduler = 0}).value();
    wait_until([&] { return holds.load(); });
  }
  void let_go() {
    let_go_ = true;
    wait_dead(holder_);
  }

  /// Lends the calling thread as soon as it can: `is_taken` of another one may be in the way.
  static void lend(fn::runtime& rt, const std::stop_token& until) {
    wait_until([&] { return rt.run_here(until).has_value(); });
  }
  /// True while another thread is lent.
  static bool is_taken(fn::runtime& rt) {
    std::stop_source at_once;
    at_once.request_stop();
    const auto tried = rt.run_here(at_once.get_token());
    return !tried && tried.error().code() == fn::errc::system_limit;
  }

 private:
  std::atomic<bool> let_go_{false};
  fn::pid holder_;
};

TEST_F(RunHere, runs_processes_on_the_calling_thread_until_it_is_told_to_stop) {
  start({.schedulers = 1});
  hold_the_scheduler();
  std::stop_source stop;
  std::thread::id ran_on;
  fn::spawn(rt(), [&](fn::process& self) {
    self.consume(1 << 20);
    ran_on = std::this_thread::get_id();
    stop.request_stop();
  }).value();
  EXPECT_TRUE(rt().run_here(stop.get_token()));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  EXPECT_EQ(fn::current_process(), nullptr);
  let_go();
}

TEST_F(RunHere, returns_at_once_when_it_was_told_before) {
  start();
  std::stop_source stop;
  stop.request_stop();
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(rt().run_here(stop.get_token()));
}

TEST_F(RunHere, gives_away_what_is_ready_when_it_leaves) {
  start({.schedulers = 1});
  hold_the_scheduler();
  constexpr int count = 100;
  std::atomic<int> ended{0};
  std::atomic<int> too_late{0};
  std::stop_source stop;
  const auto end = [&, me = std::this_thread::get_id()] {
    if (stop.stop_requested() && std::this_thread::get_id() == me) ++too_late;
    ++ended;
  };
  fn::spawn(rt(), [&](fn::process& self) {
    for (int i = 0; i != count; ++i) fn::spawn(self, [&](fn::process&) { end(); }).value();
    stop.request_stop();
    self.consume(1 << 20);
    end();
  }).value();
  ASSERT_TRUE(rt().run_here(stop.get_token()));
  let_go();
  wait_until([&] { return ended == count + 1; });
  EXPECT_EQ(too_late, 0);
}

TEST_F(RunHere, timers_that_were_armed_there_fire_when_it_has_left) {
  start({.schedulers = 1});
  for (int round = 0; round != 20; ++round) {
    hold_the_scheduler();
    std::stop_source stop;
    std::atomic<bool> woken{false};
    fn::spawn(rt(), [&](fn::process& self) {
      fn::send_after(5ms, self.id(), 1).value();
      stop.request_stop();
      self.sleep(round % 2 == 0 ? 5ms : 1ms);
      self.receive([](int) {});
      woken = true;
    }).value();
    ASSERT_TRUE(rt().run_here(stop.get_token()));
    let_go();
    wait_until([&] { return woken.load(); });
  }
}

TEST_F(RunHere, timers_that_it_left_fire_while_every_scheduler_is_kept_busy) {
  start({.schedulers = 1});
  hold_the_scheduler();
  std::stop_source stop;
  std::atomic<bool> woken{false};
  fn::spawn(rt(), [&](fn::process& self) {
    stop.request_stop();
    self.sleep(2ms);
    woken = true;
  }).value();
  ASSERT_TRUE(rt().run_here(stop.get_token()));
  std::atomic<bool> enough{false};
  std::atomic<int> busy{0};
  for (int i = 0; i != 2; ++i) {
    fn::spawn(rt(), [&](fn::process& self) {
      while (!enough) self.consume(1 << 20);
      ++busy;
    }).value();
  }
  let_go();
  wait_until([&] { return woken.load(); });
  enough = true;
  wait_until([&] { return busy == 2; });
}

TEST_F(RunHere, returns_when_a_wait_of_boost_that_began_there_has_ended) {
  start({.schedulers = 1});
  for (int round = 0; round != 10; ++round) {
    hold_the_scheduler();
    std::stop_source stop;
    boost::fibers::mutex mutex;
    std::atomic<bool> is_locked{false};
    std::atomic<bool> waits{false};
    std::atomic<bool> may_end{false};
    std::atomic<bool> passed{false};
    std::thread other([&] {
      const std::lock_guard lock(mutex);
      is_locked = true;
      wait_until([&] { return waits.load(); });
      stop.request_stop();
      std::this_thread::sleep_for(1ms);  // time to return too early
      may_end = true;
    });
    wait_until([&] { return is_locked.load(); });
    fn::spawn(rt(), [&](fn::process&) {
      waits = true;
      { const std::lock_guard lock(mutex); }
      passed = true;  // and the mutex may go
    }).value();
    ASSERT_TRUE(rt().run_here(stop.get_token()));
    EXPECT_TRUE(may_end);
    other.join();
    let_go();
    wait_until([&] { return passed.load(); });
  }
}

TEST_F(RunHere, the_thread_can_use_boost_fibers_before_between_and_after) {
  start({.schedulers = 1});
  const auto use = [] {
    int sum = 0;
    boost::fibers::fiber a([&] { boost::this_fiber::yield(); sum += 1; });
    boost::fibers::fiber b([&] { boost::this_fiber::sleep_for(1ms); sum += 2; });
    a.join();
    b.join();
    return sum;
  };
  EXPECT_EQ(use(), 3);
  for (int round = 0; round != 5; ++round) {
    hold_the_scheduler();
    std::stop_source stop;
    fn::spawn(rt(), [&](fn::process& self) {
      EXPECT_EQ(use(), 3);
      self.sleep(1ms);
      stop.request_stop();
    }).value();
    ASSERT_TRUE(rt().run_here(stop.get_token()));
    EXPECT_EQ(use(), 3);
    let_go();
  }
}

TEST_F(RunHere, a_fiber_of_a_processs_own_is_waited_for) {
  start({.schedulers = 1});
  hold_the_scheduler();
  std::stop_source stop;
  bool done = false;
  fn::spawn(rt(), [&](fn::process&) {
    boost::fibers::fiber([&] {
      stop.request_stop();
      boost::this_fiber::sleep_for(1ms);
      done = true;
    }).detach();
  }).value();
  ASSERT_TRUE(rt().run_here(stop.get_token()));
  EXPECT_TRUE(done);
  let_go();
}

TEST_F(RunHere, one_thread_at_a_time) {
  start();
  std::stop_source stop;
  std::thread first([&] { lend(rt(), stop.get_token()); });
  wait_until([&] { return is_taken(rt()); });
  const auto second = rt().run_here(stop.get_token());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("run_here: another thread is lent already"));
  stop.request_stop();
  first.join();
  EXPECT_TRUE(rt().run_here(stop.get_token()));
}

TEST_F(RunHere, is_refused_to_a_process) {
  start();
  std::atomic<bool> refused{false};
  fn::spawn(rt(), [&](fn::process&) {
    const auto tried = rt().run_here({});
    EXPECT_EQ(tried.error().code(), fn::errc::invalid_argument);
    EXPECT_THAT(tried.error().message(), HasSubstr("called by a process"));
    refused = true;
  }).value();
  wait_until([&] { return refused.load(); });
}

TEST_F(RunHere, is_refused_to_a_fiber_that_is_not_the_threads_own) {
  start();
  boost::fibers::fiber([&] {
    const auto tried = rt().run_here({});
    EXPECT_EQ(tried.error().code(), fn::errc::invalid_argument);
    EXPECT_THAT(tried.error().message(), HasSubstr("called by a fiber"));
  }).join();
}

TEST_F(RunHere, the_end_of_the_runtime_ends_it_and_a_later_request_to_stop_meets_nobody) {
  start();
  std::stop_source stop;
  std::thread lent([&] { lend(rt(), stop.get_token()); });
  wait_until([&] { return is_taken(rt()); });
  this->stop();
  lent.join();
  stop.request_stop();
}

TEST_F(RunHere, the_end_of_the_runtime_and_a_request_to_stop_may_meet) {
  for (int round = 0; round != static_cast<int>(scaled(200, 20)); ++round) {
    std::optional<watched_runtime> made(std::in_place, fn::runtime_options{.schedulers = 1});
    std::stop_source stop;
    std::thread lent([&] { lend(*made, stop.get_token()); });
    wait_until([&] { return is_taken(*made); });
    std::thread asks([&] { stop.request_stop(); });
    made.reset();
    lent.join();
    asks.join();
  }
}

TEST_F(RunHere, a_process_of_the_threads_own_is_the_same_afterwards) {
  start({.schedulers = 1});
  hold_the_scheduler();
  fn::thread_process self(rt(), "main");
  std::stop_source stop;
  const fn::pid me = self->id();
  fn::spawn(rt(), [&](fn::process& p) {
    EXPECT_EQ(fn::current_process(), &p);
    fn::send(me, 7);
    stop.request_stop();
  }).value();
  ASSERT_TRUE(rt().run_here(stop.get_token()));
  EXPECT_EQ(fn::current_process(), &*self);
  EXPECT_EQ(self->receive([](int n) { return n; }).value(), 7);
  let_go();
}

}  // namespace
}  // namespace foundation::testing
