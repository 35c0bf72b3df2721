// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "os/os.hpp"
#include "support/one_cpu.hpp"
#include "support/runtime_fixture.hpp"
#include "unit/runtime/left_behind.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class RuntimeOptions : public RuntimeTest {
 protected:
  /// Every option out of range, and what the refusal must say.
  static std::vector<std::pair<fn::runtime_options, std::string>> refused() {
    const auto logger = std::shared_ptr<spdlog::logger>(reinterpret_cast<spdlog::logger*>(1), [](spdlog::logger*) {});
    return {
        {{.schedulers = 1025}, "schedulers: 1025 given, 0..1024 allowed"},
        {{.max_processes = 0}, "max_processes: 0 given, 1..16777215 allowed"},
        {{.max_processes = 16'777'216}, "max_processes: 16777216 given, 1..16777215 allowed"},
        {{.stack_size = 16 * 1024 - 1}, "stack_size: 16383 given, 16384..1073741824 allowed"},
        {{.stack_size = (1u << 30) + 1}, "stack_size: 1073741825 given, 16384..1073741824 allowed"},
        {{.guard = static_cast<fn::guard_mode>(4)}, "guard: 4 given, 0..3 allowed"},
        {{.name = std::string(256, 'n')}, "name (its length): 256 given, 0..255 allowed"},
        {{.log = {.level = static_cast<fn::log_level>(7)}}, "log.level: 7 given, 0..6 allowed"},
        {{.log = {.logger = logger, .sink = [](fn::log_level, std::string_view) {}}},
         "log: a logger and a sink given, one of them allowed"},
        {{.kill_grace = -1ms}, "kill_grace (ms): -1 given, 0..86400000 allowed"},
        {{.kill_grace = 24h + 1ms}, "kill_grace (ms): 86400001 given, 0..86400000 allowed"},
        {{.shutdown_timeout = -1ms}, "shutdown_timeout (ms): -1 given, 0..86400000 allowed"},
        {{.shutdown_timeout = 24h + 1ms}, "shutdown_timeout (ms): 86400001 given, 0..86400000 allowed"},
    };
  }

  /// Who is called when the program faults.
  static auto fault_handlers() {
    std::array<decltype(std::declval<struct sigaction>().sa_sigaction), 2> found{};
    for (std::size_t i = 0; i < found.size(); ++i) {
      struct sigaction now = {};
      EXPECT_EQ(::sigaction(std::array{SIGSEGV, SIGBUS}[i], nullptr, &now), 0);
      found[i] = now.sa_sigaction;
    }
    return found;
  }

  static void runs_a_process(fn::runtime& rt) {
    std::atomic<bool> ran{false};
    ASSERT_TRUE(fn::spawn(rt, [&](fn::process& self) {
      self.sleep(0ms);
      ran = true;
    }));
    wait_until([&] { return ran.load() && rt.process_count() == 0; });
  }
};

TEST_F(RuntimeOptions, one_out_of_range_is_refused_by_name_with_what_was_given_and_what_is_allowed) {
  for (const auto& [options, message] : refused()) {
    const auto made = fn::runtime::create(options);
    ASSERT_FALSE(made) << message;
    EXPECT_EQ(made.error(), fn::errc::invalid_argument);
    EXPECT_EQ(made.error().message(), message);
  }
}

TEST_F(RuntimeOptions, the_constructor_throws_the_refusal) {
  try {
    const watched_runtime never({.stack_size = 1});
    FAIL() << "a runtime was made";
  } catch (const fn::bad_result_access& refusal) {
    EXPECT_EQ(refusal.cause(), fn::errc::invalid_argument);
    EXPECT_STREQ(refusal.what(), "stack_size: 1 given, 16384..1073741824 allowed");
  }
}

TEST_F(RuntimeOptions, a_refusal_leaves_no_thread_no_memory_and_takes_no_place_among_the_runtimes) {
  const std::size_t threads = thread_count();
  for (int i = 0; i < 30; ++i) {  // more refusals than there are places
    for (const auto& refusal : refused()) ASSERT_FALSE(fn::runtime::create(refusal.first));
  }
  EXPECT_EQ(thread_count(), threads);
  EXPECT_EQ(probe.made(), 0);
  runs_a_process(start());
}

TEST_F(RuntimeOptions, the_limits_themselves_make_a_runtime_that_works) {
  const std::vector<fn::runtime_options> extremes = {
      {.schedulers = 1, .max_processes = 1},
      {.schedulers = 33, .max_processes = 16'777'215},
      {.schedulers = 1, .stack_size = 16 * 1024},
      {.schedulers = 1, .stack_size = 1u << 30},
      {.schedulers = 1, .name = std::string(255, 'n')},
      {.schedulers = 1, .kill_grace = 0ms, .shutdown_timeout = 0ms},
      {.schedulers = 1, .kill_grace = 24h, .shutdown_timeout = 24h},
  };
  for (const auto& options : extremes) {
    auto made = fn::runtime::create(options);
    ASSERT_TRUE(made) << made.error().message();
    watched_runtime rt(*std::move(made));
    runs_a_process(rt);
  }
}

TEST_F(RuntimeOptions, every_guard_mode_makes_a_runtime_that_works_or_a_refusal) {
  for (const auto guard : {fn::guard_mode::automatic, fn::guard_mode::mprotect, fn::guard_mode::canary}) {
    runs_a_process(start({.schedulers = 1, .guard = guard}));
  }
  auto made = fn::runtime::create({.schedulers = 1, .guard = fn::guard_mode::install});
  ASSERT_EQ(made.has_value(), os::guard_install_supported());
  if (made) {
    watched_runtime rt(*std::move(made));
    runs_a_process(rt);
  } else {
    EXPECT_EQ(made.error(), fn::errc::system_limit);
  }
}

TEST_F(RuntimeOptions, without_a_number_of_schedulers_there_is_one_for_each_cpu_that_may_be_used) {
  EXPECT_EQ(start({}).schedulers(), os::usable_cpus());
  EXPECT_EQ(rt().counters().size(), os::usable_cpus());
}

TEST_F(RuntimeOptions, without_a_number_of_schedulers_a_thread_with_one_cpu_in_its_mask_makes_a_runtime_of_one) {
  on_one_cpu([this] {
    EXPECT_EQ(start({}).schedulers(), 1u);
    runs_a_process(rt());
  });
}

TEST_F(RuntimeOptions, signal_handlers_are_installed_as_long_as_a_runtime_that_wants_them_lives) {
  const auto before = fault_handlers();
  runs_a_process(start({.schedulers = 1, .signal_handlers = true}));
  const auto ours = fault_handlers();
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NE(ours[i], before[i]);
  stop();
  EXPECT_EQ(fault_handlers(), before);
}

TEST_F(RuntimeOptions, without_signal_handlers_a_runtime_installs_none_and_takes_none_away) {
  const auto before = fault_handlers();
  {
    watched_runtime without({.schedulers = 1, .signal_handlers = false});
    runs_a_process(without);
    EXPECT_EQ(fault_handlers(), before);
  }
  EXPECT_EQ(fault_handlers(), before);

  start({.schedulers = 1, .signal_handlers = true});
  const auto ours = fault_handlers();
  { const watched_runtime without({.schedulers = 1, .signal_handlers = false}); }
  EXPECT_EQ(fault_handlers(), ours);
}

TEST_F(RuntimeOptions, the_name_is_kept) {
  EXPECT_EQ(start({.schedulers = 1, .name = "pictures"}).name(), "pictures");
  EXPECT_EQ(start({.schedulers = 1}).name(), "");
}

}  // namespace
}  // namespace foundation::testing
