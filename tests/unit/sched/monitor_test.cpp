// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "process/process.hpp"
#include "process/runtime_access.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Monitor : public RuntimeTest {
 protected:
  sched::scheduler_group& group() { return fn::detail::runtime_access::space(rt())->group(); }
};

TEST_F(Monitor, sleeps_when_all_schedulers_do_and_wakes_with_them) {
  start();
  for (int round = 0; round < 3; ++round) {
    wait_until([&] { return group().monitor().is_asleep(); });
    std::atomic<bool> release{false};
    const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                        while (!release) std::this_thread::yield();
                      }).value();
    wait_until([&] { return !group().monitor().is_asleep(); });
    release = true;
    wait_dead(p);
  }
}

TEST_F(Monitor, fires_the_timers_of_a_scheduler_that_a_foreign_call_holds_up) {
  start();
  std::atomic<bool> waiting{false};
  std::atomic<bool> fired{false};
  std::atomic<bool> ended{false};
  fn::spawn(rt(), [&](fn::process& self) {
    const unsigned here = sched::scheduler::current()->index();
    static_cast<void>(fn::spawn(self, [&](fn::process&) {  // holds up the scheduler on whose wheel the timer is
      while (!waiting) std::this_thread::yield();
      while (!fired) std::this_thread::yield();
      ended = true;
    }, {.scheduler = here}));
    waiting = true;
    self.sleep(1ms);
    fired = true;
  }).value();
  wait_until([&] { return ended.load(); });
}

TEST_F(Monitor, ends_a_slice_that_lasts_although_little_is_charged) {
  start({.schedulers = 1});
  std::atomic<bool> other{false};
  std::atomic<bool> ended{false};
  fn::spawn(rt(), [&](fn::process& self) {
    static_cast<void>(fn::spawn(self, [&](fn::process&) { other = true; }));
    while (!other) {  // a reduction a millisecond: four seconds to the end of the budget
      const auto until = std::chrono::steady_clock::now() + 1ms;
      while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
      self.consume(1);
    }
    ended = true;
  }).value();
  wait_until([&] { return ended.load(); });
}

TEST_F(Monitor, leaves_a_stuck_scheduler_its_processes_and_the_others_go_on) {
  start();
  std::atomic<bool> release{false};
  std::atomic<int> ended{0};
  fn::spawn(rt(), [&](fn::process& self) {
    for (int i = 0; i < 10; ++i) static_cast<void>(fn::spawn(self, [&](fn::process&) { ++ended; }));
    while (ended < 10) std::this_thread::yield();  // stolen one after the other
    while (!release) std::this_thread::yield();
    ++ended;
  }).value();
  wait_until([&] { return ended == 10; });
  release = true;
  wait_until([&] { return ended == 11; });
}

}  // namespace
}  // namespace foundation::testing
