// SPDX-License-Identifier: Apache-2.0
//
// Threads that are lent and leave while processes talk, sleep, block and end.
#include <atomic>
#include <chrono>
#include <foundation/fiber.hpp>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class RunHereStress : public RuntimeTest {};

/// Hands a number round a ring; each member now and then sleeps, or locks a mutex of Boost's.
void member(fn::process& self, fn::pid next, boost::fibers::mutex& mutex) {
  for (int n = 1; n > 0;) {
    n = self.receive([](int left) { return left; }).value();
    if (n % 7 == 0) self.sleep(10us);
    if (n % 5 == 0) {
      const std::lock_guard lock(mutex);
      boost::this_fiber::yield();
    }
    fn::send(next, n - 1);
  }
}

TEST_F(RunHereStress, threads_come_and_go_under_a_ring_and_nothing_is_lost) {
  start({.schedulers = 2});
  constexpr int members = 50;
  constexpr int numbers = 20;
  const int hops = static_cast<int>(scaled(20'000, 1'000));
  boost::fibers::mutex mutex;
  std::atomic<int> ended{0};

  std::vector<fn::pid> ring;
  for (int i = 0; i != numbers; ++i) {
    fn::pid first;
    fn::pid next;
    for (int k = 0; k != members; ++k) {
      next = fn::spawn(rt(), [&, next, k](fn::process& self) {
        // The last one of the ring learns from the first message whom to hand on to.
        const fn::pid to = k == 0 ? self.receive([](fn::pid p) { return p; }).value() : next;
        member(self, to, mutex);
        ++ended;
      }).value();
      if (k == 0) first = next;
    }
    fn::send(first, next);
    ring.push_back(next);
  }
  for (const fn::pid& each : ring) fn::send(each, hops);

  const auto lend = [&] {
    for (int round = 0; ended != members * numbers; ++round) {
      std::stop_source stop;
      std::thread asks([&stop, pause = round % 300 * 1us] {
        std::this_thread::sleep_for(pause);
        stop.request_stop();
      });
      const auto lent = rt().run_here(stop.get_token());
      EXPECT_TRUE(lent || lent.error().code() == fn::errc::system_limit);
      asks.join();
    }
  };
  std::thread other(lend);
  lend();
  other.join();
}

}  // namespace
}  // namespace foundation::testing
