// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <atomic>
#include <cstdint>

#include "os/os.hpp"
#include "process/process.hpp"
#include "support/guard_modes.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using fn::guard_mode;

constexpr std::size_t kib = 1024;
constexpr bool sanitized = os::building_with_asan || os::building_with_tsan;

/// Goes down until `bytes` of stack are used, touching all of it, and comes back. @returns how many frames that took
[[gnu::noinline]] std::size_t descend(std::uintptr_t from, std::size_t bytes) {
  volatile char frame[512];
  for (std::size_t i = 0; i < sizeof frame; i += 64) frame[i] = 1;
  if (from - reinterpret_cast<std::uintptr_t>(&frame[0]) >= bytes) return 1;
  return descend(from, bytes) + static_cast<std::size_t>(frame[0]);  // no tail call
}
std::size_t use_stack(std::size_t bytes) {
  return descend(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), bytes);
}

/// Goes down until the canary below the stack is touched, and no further: what lies beneath must stay whole.
[[gnu::noinline]] std::size_t touch_canary() {
  volatile char frame[256];
  for (std::size_t i = 0; i < sizeof frame; i += 64) frame[i] = 1;
  if (sched::scheduler::current()->overflowed_stack(true) != nullptr) return 1;
  return touch_canary() + static_cast<std::size_t>(frame[0]);
}

/// Each guard mode, as the runtime's and as a process's own.
class StackModes : public RuntimeTest, public ::testing::WithParamInterface<guard_mode> {};

TEST_P(StackModes, processes_run_block_and_use_most_of_their_stack) {
  start({.schedulers = 2, .guard = GetParam()});
  std::atomic<int> ended{0};
  for (int i = 0; i < 50; ++i) {
    fn::spawn(rt(), [&](fn::process& self) {
      EXPECT_NE(use_stack(200 * kib), 0u);
      self.sleep(10us);
      EXPECT_NE(use_stack(200 * kib), 0u);
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == 50; });
}

TEST_P(StackModes, a_process_has_the_stack_it_asks_for) {
  start({.schedulers = 2, .stack_size = 64 * kib});
  std::atomic<int> ended{0};
  for (const std::size_t size : {256 * kib, 1024 * kib, 8192 * kib}) {
    for (int twice = 0; twice < 2; ++twice) {
      fn::spawn(rt(), [&, size](fn::process& self) {
        EXPECT_NE(use_stack(size - 24 * kib), 0u);
        self.sleep(1us);
        EXPECT_NE(use_stack(size - 24 * kib), 0u);
        ++ended;
      }, {.stack_size = size, .guard = GetParam()}).value();
    }
  }
  wait_until([&] { return ended == 6; });
}

struct deep {
  using messages = fn::messages<std::size_t>;
  std::atomic<int>* turns;
  void handle(fn::process& self, std::size_t bytes) {
    EXPECT_NE(use_stack(bytes), 0u);
    if (bytes > 500 * kib) self.sleep(1us);
    ++*turns;
  }
};

TEST_P(StackModes, handlers_with_stacks_of_their_own_take_turns_on_them) {
  start({.schedulers = 2, .stack_size = 64 * kib});
  std::atomic<int> turns{0};
  const fn::pid large = fn::spawn(rt(), deep{&turns}, {.stack_size = 1024 * kib, .guard = GetParam()}).value();
  const fn::pid small = fn::spawn(rt(), deep{&turns}).value();
  for (int i = 0; i < 50; ++i) {
    fn::send(large, 900 * kib);
    fn::send(small, 30 * kib);
  }
  wait_until([&] { return turns == 100; });
}

INSTANTIATE_TEST_SUITE_P(guards, StackModes, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });

// -- overflows ------------------------------------------------------------------------------------------------------------------

class StackModesDeathTest : public StackModes {
 protected:
  /// What the test's child process does: lets a process run over its stack.
  void overflow(std::size_t stack) {
    start({.schedulers = 1});
    std::atomic<bool> ended{false};
    fn::spawn(rt(), [&](fn::process& self) {
      EXPECT_NE(GetParam() == guard_mode::canary ? touch_canary() : use_stack(2 * stack), 0u);
      self.sleep(1ms);
      ended = true;
    }, {.label = "deep", .stack_size = stack, .guard = GetParam()}).value();
    wait_until([&] { return ended.load(); });
    stop();  // at its end all of the canary is looked at
  }
};

constexpr const char* report = "stack overflow: process <0\\.[0-9]+\\.[0-9]+> \"deep\" ran over its stack of [0-9]+ bytes";

TEST_P(StackModesDeathTest, an_overflow_is_reported_with_pid_and_label_and_ends_the_program_by_a_signal) {
  if (sanitized) {  // whose own handlers end the program their way
    EXPECT_DEATH(overflow(64 * kib), report);
  } else {
    const int signal = GetParam() == guard_mode::canary ? SIGABRT : SIGSEGV;
    EXPECT_EXIT(overflow(64 * kib), ::testing::KilledBySignal(signal), report);
  }
}

TEST_P(StackModesDeathTest, what_fits_into_a_mebibyte_does_not_fit_into_sixteen_kibibytes) {
  if (sanitized) GTEST_SKIP() << "the library's own frames are too large for so small a stack";
  if (GetParam() == guard_mode::canary) GTEST_SKIP() << "it would write over other stacks";
  start({.schedulers = 1});
  std::atomic<bool> ended{false};
  fn::spawn(rt(), [&](fn::process&) {
    EXPECT_NE(use_stack(32 * kib), 0u);
    ended = true;
  }, {.stack_size = 1024 * kib, .guard = GetParam()}).value();
  wait_until([&] { return ended.load(); });
  stop();
  EXPECT_EXIT(overflow(16 * kib), ::testing::KilledBySignal(SIGSEGV), report);
}

INSTANTIATE_TEST_SUITE_P(guards, StackModesDeathTest, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });

struct overflowing {
  using messages = fn::messages<int>;
  std::atomic<int>* turns;
  void handle(fn::process&, int) { *turns += touch_canary() != 0 ? 1 : 0; }
};

using StackCanaryDeathTest = RuntimeTest;

TEST_F(StackCanaryDeathTest, an_overflow_of_a_handlers_turn_on_a_canary_is_found_at_the_end_of_the_turn) {
  std::atomic<int> turns{0};
  EXPECT_DEATH(
      {
        start({.schedulers = 1});
        const auto p =
            fn::spawn(rt(), overflowing{&turns}, {.label = "deep", .stack_size = 64 * kib, .guard = guard_mode::canary});
        fn::send(*p, 1);
        wait_until([&] { return turns == 1; });
        stop();
      },
      report);
}

}  // namespace
}  // namespace foundation::testing
