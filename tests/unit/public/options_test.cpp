// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <foundation/runtime_options.hpp>
#include <foundation/spawn_options.hpp>

namespace fn = foundation;
using namespace std::chrono_literals;

namespace {

std::string refusal(const fn::runtime_options& options) {
  const fn::result<void> r = fn::validate(options);
  if (r) return "";
  EXPECT_EQ(r.error(), fn::errc::invalid_argument);
  return std::string(r.error().message());
}

std::string refusal(const fn::spawn_options& options, unsigned schedulers = 4) {
  const fn::result<void> r = fn::validate(options, schedulers);
  if (r) return "";
  EXPECT_EQ(r.error(), fn::errc::invalid_argument);
  return std::string(r.error().message());
}

TEST(runtime_options, the_defaults_are_allowed) {
  EXPECT_EQ(refusal(fn::runtime_options{}), "");
  EXPECT_EQ(fn::runtime_options{}.log.level, fn::log_level::warn);
}

TEST(runtime_options, the_limits_themselves_are_allowed) {
  EXPECT_EQ(refusal(fn::runtime_options{.schedulers = 1, .max_processes = 1, .stack_size = 16 * 1024}), "");
  EXPECT_EQ(refusal(fn::runtime_options{.schedulers = 1024, .max_processes = 16'777'215, .stack_size = 1u << 30}), "");
  EXPECT_EQ(refusal(fn::runtime_options{.kill_grace = 0ms, .shutdown_timeout = 24h}), "");
  EXPECT_EQ(refusal(fn::runtime_options{.name = std::string(255, 'n')}), "");
}

TEST(runtime_options, a_refusal_names_the_option_what_was_given_and_what_is_allowed) {
  EXPECT_EQ(refusal(fn::runtime_options{.schedulers = 1025}), "schedulers: 1025 given, 0..1024 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.max_processes = 0}), "max_processes: 0 given, 1..16777215 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.max_processes = 16'777'216}),
            "max_processes: 16777216 given, 1..16777215 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.stack_size = 16383}), "stack_size: 16383 given, 16384..1073741824 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.guard = static_cast<fn::guard_mode>(9)}), "guard: 9 given, 0..3 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.name = std::string(256, 'n')}),
            "name (its length): 256 given, 0..255 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.log = {.level = static_cast<fn::log_level>(7)}}),
            "log.level: 7 given, 0..6 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.kill_grace = -1ms}), "kill_grace (ms): -1 given, 0..86400000 allowed");
  EXPECT_EQ(refusal(fn::runtime_options{.shutdown_timeout = 25h}),
            "shutdown_timeout (ms): 90000000 given, 0..86400000 allowed");
}

TEST(runtime_options, a_logger_and_a_sink_exclude_each_other) {
  const std::shared_ptr<spdlog::logger> some(reinterpret_cast<spdlog::logger*>(1), [](spdlog::logger*) {});
  const auto nothing = [](fn::log_level, std::string_view) {};
  EXPECT_EQ(refusal(fn::runtime_options{.log = {.logger = some}}), "");
  EXPECT_EQ(refusal(fn::runtime_options{.log = {.sink = nothing}}), "");
  EXPECT_EQ(refusal(fn::runtime_options{.log = {.logger = some, .sink = nothing}}),
            "log: a logger and a sink given, one of them allowed");
}

TEST(log_sink, calls_the_function_it_was_made_from) {
  std::string seen;
  fn::log_sink sink = [&seen, owned = std::make_unique<int>(1)](fn::log_level level, std::string_view line) {
    seen = std::to_string(static_cast<int>(level)).append(" ").append(line);
  };
  ASSERT_TRUE(sink);
  const fn::log_sink copy = sink;
  sink = {};
  EXPECT_FALSE(sink);
  copy(fn::log_level::error, "late");
  EXPECT_EQ(seen, "4 late");
}

TEST(spawn_options, the_defaults_are_allowed) { EXPECT_EQ(refusal(fn::spawn_options{}), ""); }

TEST(spawn_options, a_refusal_names_the_option_what_was_given_and_what_is_allowed) {
  EXPECT_EQ(refusal(fn::spawn_options{.label = std::string(256, 'l')}),
            "label (its length): 256 given, 0..255 allowed");
  EXPECT_EQ(refusal(fn::spawn_options{.priority = static_cast<fn::priority>(4)}), "priority: 4 given, 0..3 allowed");
  EXPECT_EQ(refusal(fn::spawn_options{.stack_size = 1}), "stack_size: 1 given, 16384..1073741824 allowed");
  EXPECT_EQ(refusal(fn::spawn_options{.guard = static_cast<fn::guard_mode>(4)}), "guard: 4 given, 0..3 allowed");
}

TEST(spawn_options, a_process_is_pinned_only_to_a_scheduler_that_exists) {
  EXPECT_EQ(refusal(fn::spawn_options{.scheduler = 3}, 4), "");
  EXPECT_EQ(refusal(fn::spawn_options{.scheduler = 4}, 4), "scheduler: 4 given, 0..3 allowed");
}

}  // namespace
