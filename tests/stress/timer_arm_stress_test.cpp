// SPDX-License-Identifier: Apache-2.0
//
// Timers that plain threads arm in the wheel of a scheduler that is just falling asleep.
#include <atomic>
#include <chrono>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class TimerArmStress : public RuntimeTest {};

TEST_F(TimerArmStress, a_timer_is_never_left_behind_by_a_scheduler_that_falls_asleep) {
  start({.schedulers = 1});
  std::atomic<int> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    for (;;) self.receive([&](int) { ++got; });
  }).value();
  const int rounds = static_cast<int>(scaled(10'000, 500));
  for (int round = 1; round <= rounds; ++round) {
    fn::send(p, 1);
    while (got != 2 * round - 1) {
    }
    for (std::atomic<int> pause{round * 37 % 12'000}; pause > 0;) pause.fetch_sub(8, std::memory_order_relaxed);
    fn::send_after(100us, p, 2).value();
    wait_until([&] { return got == 2 * round; });
  }
  fn::exit(p, fn::exit_reason::kill);
  wait_dead(p);
}

}  // namespace
}  // namespace foundation::testing
