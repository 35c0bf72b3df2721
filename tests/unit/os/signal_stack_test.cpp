// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/sync.hpp"
#include "os/os.hpp"

namespace foundation::os {
namespace {

struct sigaction current(int signal) {
  struct sigaction action = {};
  ::sigaction(signal, nullptr, &action);
  return action;
}

void install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  ::sigaction(SIGSEGV, &action, nullptr);
}

void say(const char* text) { static_cast<void>(!::write(STDERR_FILENO, text, std::strlen(text))); }

void host_handler(int) {
  say("host ");
  ::_exit(7);
}
void other_handler(int) {
  say("other ");
  ::_exit(8);
}

bool reports(void*) noexcept {
  say("report ");
  return true;
}

volatile char* nowhere() {
  static void* page = [] {
    void* at = reserve(page_size());
    if (!protect_none(at, page_size())) std::abort();
    return at;
  }();
  return static_cast<volatile char*>(page);
}

[[noreturn]] void fault() {
  *nowhere() = 1;
  std::abort();
}

TEST(SignalStack, acquiring_and_releasing_leaves_the_signals_as_they_were) {
  const auto before = current(SIGSEGV);
  const auto before_bus = current(SIGBUS);
  ASSERT_TRUE(acquire_overflow_handler());
  ASSERT_TRUE(acquire_overflow_handler());
  EXPECT_NE(current(SIGSEGV).sa_sigaction, before.sa_sigaction);
  release_overflow_handler();
  EXPECT_NE(current(SIGSEGV).sa_sigaction, before.sa_sigaction);
  release_overflow_handler();
  EXPECT_EQ(current(SIGSEGV).sa_sigaction, before.sa_sigaction);
  EXPECT_EQ(current(SIGBUS).sa_sigaction, before_bus.sa_sigaction);
}

TEST(SignalStack, a_thread_has_an_alternate_stack_while_the_object_lives) {
  sync::thread t([] {
    stack_t before = {};
    ::sigaltstack(nullptr, &before);
    {
      const thread_signal_stack stack;
      EXPECT_TRUE(stack.active());
      const thread_signal_stack inner;  // keeps the one there is
      EXPECT_TRUE(inner.active());
      stack_t now_there = {};
      ::sigaltstack(nullptr, &now_there);
      EXPECT_EQ(now_there.ss_flags & SS_DISABLE, 0);
    }
    stack_t after = {};
    ::sigaltstack(nullptr, &after);
    EXPECT_EQ(before.ss_flags, after.ss_flags);
    EXPECT_EQ(before.ss_sp, after.ss_sp);
  });
  t.join();
}

using SignalStackDeathTest = ::testing::Test;

TEST(SignalStackDeathTest, the_reporter_is_asked_and_then_the_host_s_handler_runs) {
  EXPECT_EXIT(
      {
        install(host_handler);
        set_overflow_reporter(reports);
        if (acquire_overflow_handler()) fault();
      },
      ::testing::ExitedWithCode(7), "report host");
}

TEST(SignalStackDeathTest, without_a_host_s_handler_the_program_dies_of_the_fault) {
  EXPECT_EXIT(
      {
        install(SIG_DFL);
        set_overflow_reporter(reports);
        if (acquire_overflow_handler()) fault();
      },
      ::testing::KilledBySignal(SIGSEGV), "report");
}

TEST(SignalStackDeathTest, a_signal_that_was_sent_kills_as_well) {
  EXPECT_EXIT(
      {
        install(SIG_DFL);
        set_overflow_reporter(reports);
        if (acquire_overflow_handler()) ::raise(SIGSEGV);
        ::_exit(1);
      },
      ::testing::KilledBySignal(SIGSEGV), "report");
}

TEST(SignalStackDeathTest, a_sent_signal_that_the_host_ignores_is_ignored) {
  EXPECT_EXIT(
      {
        install(SIG_IGN);
        if (acquire_overflow_handler()) ::raise(SIGSEGV);
        ::_exit(3);
      },
      ::testing::ExitedWithCode(3), "");
}

TEST(SignalStackDeathTest, after_the_last_release_only_the_host_s_handler_runs) {
  EXPECT_EXIT(
      {
        install(host_handler);
        set_overflow_reporter(reports);
        if (acquire_overflow_handler()) release_overflow_handler();
        fault();
      },
      ::testing::ExitedWithCode(7), "^host");
}

TEST(SignalStackDeathTest, a_handler_installed_over_ours_is_left_alone_and_ours_only_passes_on_below_it) {
  static struct sigaction below;
  EXPECT_EXIT(
      {
        install(host_handler);
        set_overflow_reporter(reports);
        if (!acquire_overflow_handler()) ::_exit(1);
        struct sigaction over = {};
        over.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
          say("over ");
          below.sa_sigaction(signal, info, context);
        };
        over.sa_flags = SA_SIGINFO;
        ::sigaction(SIGSEGV, &over, &below);
        release_overflow_handler();
        if (!acquire_overflow_handler()) ::_exit(1);  // buried: must not chain in a circle
        release_overflow_handler();
        fault();
      },
      ::testing::ExitedWithCode(7), "^over host");
}

TEST(SignalStackDeathTest, a_buried_handler_reports_again_when_it_is_acquired_again) {
  static struct sigaction below;
  EXPECT_EXIT(
      {
        install(host_handler);
        set_overflow_reporter(reports);
        if (!acquire_overflow_handler()) ::_exit(1);
        struct sigaction over = {};
        over.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
          below.sa_sigaction(signal, info, context);
        };
        over.sa_flags = SA_SIGINFO;
        ::sigaction(SIGSEGV, &over, &below);
        release_overflow_handler();
        if (!acquire_overflow_handler()) ::_exit(1);
        fault();
      },
      ::testing::ExitedWithCode(7), "^report host");
}

TEST(SignalStackDeathTest, a_handler_that_replaced_ours_without_chaining_is_not_replaced_by_release) {
  EXPECT_EXIT(
      {
        install(host_handler);
        if (!acquire_overflow_handler()) ::_exit(1);
        install(other_handler);
        release_overflow_handler();
        fault();
      },
      ::testing::ExitedWithCode(8), "^other");
}

[[gnu::noinline]] int recurse(int depth) {  // NOLINT(misc-no-recursion): this one is meant to end
  volatile char room[1024];
  room[0] = static_cast<char>(depth);
  return depth <= 0 ? room[0] : recurse(depth + 1) + room[0];
}

TEST(SignalStackDeathTest, the_handler_runs_on_its_own_stack_when_the_thread_s_stack_is_used_up) {
#if defined(__clang__)
  if (building_with_tsan) GTEST_SKIP() << "Clang's own handler was seen to end the program without the report";
#endif
  EXPECT_EXIT(
      {
        install(SIG_DFL);
        set_overflow_reporter(reports);
        if (!acquire_overflow_handler()) ::_exit(1);
        const thread_signal_stack stack;
        ::_exit(recurse(1) & 1);
      },
      ::testing::KilledBySignal(SIGSEGV), "report");
}

}  // namespace
}  // namespace foundation::os
