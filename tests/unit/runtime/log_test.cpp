// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

using lines = std::vector<std::pair<fn::log_level, std::string>>;

struct unknown {};

/// Knows one message, which ends it.
struct idle {
  using messages = fn::messages<int>;
  void handle(fn::process& self, int) { self.exit(fn::exit_reason::normal); }
};

class Log : public RuntimeTest {
 protected:
  /// A sink that keeps what it gets.
  fn::log_sink keep() {
    return [this](fn::log_level level, std::string_view line) {
      const std::lock_guard lock(mutex_);
      kept_.emplace_back(level, line);
    };
  }
  lines kept() {
    const std::lock_guard lock(mutex_);
    return kept_;
  }

  /// One line of level error.
  static void crash(fn::runtime& rt) {
    const fn::pid p = fn::spawn(rt, [](fn::process&) { throw std::runtime_error("boom"); }, {.label = "bad"}).value();
    wait_dead(p);
  }
  /// `count` lines of level warn.
  static void warn(fn::runtime& rt, int count = 1) {
    const fn::pid p = fn::spawn(rt, idle{}).value();
    for (int i = 0; i < count; ++i) fn::send(p, unknown{});
    fn::send(p, 1);
    wait_dead(p);
  }

 private:
  std::mutex mutex_;
  lines kept_;
};

TEST_F(Log, a_crash_is_one_line_of_level_error_with_pid_label_and_reason) {
  {
    watched_runtime rt({.schedulers = 1, .log = {.sink = keep()}});
    crash(rt);
  }
  const lines all = kept();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].first, fn::log_level::error);
  for (const char* part : {"process <0.0.1> \"bad\" crashed", "std::runtime_error", "boom"}) {
    EXPECT_NE(all[0].second.find(part), std::string::npos) << all[0].second;
  }
  EXPECT_EQ(all[0].second.find('\n'), std::string::npos);
}

TEST_F(Log, lines_below_the_level_are_not_made) {
  const auto lines_at = [&](fn::log_level level) {
    const std::size_t before = kept().size();
    {
      watched_runtime rt({.schedulers = 1, .log = {.level = level, .sink = keep()}});
      warn(rt);
      crash(rt);
    }
    return kept().size() - before;
  };
  EXPECT_EQ(lines_at(fn::log_level::trace), 2u);
  EXPECT_EQ(lines_at(fn::log_level::warn), 2u);
  EXPECT_EQ(lines_at(fn::log_level::error), 1u);
  EXPECT_EQ(lines_at(fn::log_level::critical), 0u);
  EXPECT_EQ(lines_at(fn::log_level::off), 0u);
}

TEST_F(Log, the_default_level_is_warn_and_the_default_place_the_standard_error_stream) {
  ::testing::internal::CaptureStderr();
  {
    watched_runtime rt({.schedulers = 1, .name = "pictures"});
    warn(rt);
  }
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("[pictures] [warning] process <0.0.1> \"\" has no handler for a message of type"),
            std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST_F(Log, a_runtime_with_nothing_to_say_writes_nothing) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  {
    watched_runtime rt;
    wait_dead(fn::spawn(rt, [](fn::process&) {}).value());
    static_cast<void>(rt.shutdown(1s));
  }
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

class keeping_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::pair<spdlog::level::level_enum, std::string>> got;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    got.emplace_back(message.level, std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}
};

TEST_F(Log, a_logger_of_spdlogs_gets_the_lines_and_its_own_level_applies_too) {
  const auto sink = std::make_shared<keeping_sink>();
  const auto logger = std::make_shared<spdlog::logger>("host", sink);
  logger->set_level(spdlog::level::err);
  {
    watched_runtime rt({.schedulers = 1, .log = {.logger = logger}});
    warn(rt);
    crash(rt);
  }
  ASSERT_EQ(sink->got.size(), 1u);
  EXPECT_EQ(sink->got[0].first, spdlog::level::err);
  EXPECT_NE(sink->got[0].second.find("crashed"), std::string::npos);
}

TEST_F(Log, the_default_logger_of_spdlog_stays_the_hosts) {
  const auto before = spdlog::default_logger();
  const auto level = before->level();
  {
    watched_runtime rt({.schedulers = 1, .log = {.level = fn::log_level::trace, .sink = keep()}});
    crash(rt);
    EXPECT_EQ(spdlog::default_logger(), before);
    EXPECT_EQ(spdlog::thread_pool(), nullptr);
  }
  EXPECT_EQ(spdlog::default_logger(), before);
  EXPECT_EQ(before->level(), level);
}

TEST_F(Log, a_sink_is_called_on_one_thread_that_is_no_schedulers) {
  char name[16] = {};  // the log's thread alone
  {
    watched_runtime rt({.schedulers = 1, .log = {.sink = [&](fn::log_level, std::string_view) {
                                           ::pthread_getname_np(::pthread_self(), name, sizeof name);
                                         }}});
    crash(rt);
  }
  EXPECT_STREQ(name, "fn-log");
}

TEST_F(Log, a_sink_that_throws_loses_that_line_alone) {
  std::atomic<int> called{0};
  {
    watched_runtime rt({.schedulers = 1, .log = {.sink = [&](fn::log_level, std::string_view) {
                                           if (++called == 1) throw std::runtime_error("full");
                                           if (called == 2) throw 2;
                                         }}});
    for (int i = 0; i < 3; ++i) crash(rt);
  }
  EXPECT_EQ(called, 3);
}

TEST_F(Log, a_sink_that_blocks_stops_no_scheduler_and_what_gives_way_is_counted) {
  constexpr int sent = 3000;  // more than are kept for it
  std::atomic<bool> blocked{false};
  std::atomic<bool> open{false};
  int written = 0;  // the log's thread alone
  std::uint64_t dropped = 0;
  {
    watched_runtime rt({.schedulers = 1, .log = {.sink = [&](fn::log_level, std::string_view) {
                                           blocked = true;
                                           while (!open) std::this_thread::yield();
                                           ++written;
                                         }}});
    EXPECT_EQ(rt.dropped_log_lines(), 0u);
    warn(rt);
    wait_until([&] { return blocked.load(); });
    warn(rt, sent);  // returns: the scheduler has gone through all of them
    dropped = rt.dropped_log_lines();
    open = true;
  }
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(static_cast<std::uint64_t>(written) + dropped, 1u + sent);
}

TEST_F(Log, the_newest_lines_stay_when_they_come_too_fast) {
  std::atomic<bool> blocked{false};
  std::atomic<bool> open{false};
  std::string last;
  {
    watched_runtime rt({.schedulers = 1, .log = {.sink = [&](fn::log_level, std::string_view line) {
                                           blocked = true;
                                           while (!open) std::this_thread::yield();
                                           last = line;
                                         }}});
    warn(rt);
    wait_until([&] { return blocked.load(); });
    warn(rt, 1000);
    crash(rt);
    open = true;
  }
  EXPECT_NE(last.find("crashed"), std::string::npos) << last;
}

TEST_F(Log, what_is_logged_last_is_written_before_the_destructor_returns) {
  for (std::size_t i = 0; i < scaled(50); ++i) {
    const std::size_t before = kept().size();
    {
      watched_runtime rt({.schedulers = 1, .log = {.sink = keep()}});
      crash(rt);
    }
    ASSERT_EQ(kept().size(), before + 1);
  }
}

TEST_F(Log, a_sink_may_use_the_runtime) {
  std::atomic<fn::runtime*> used{nullptr};
  std::atomic<int> ran{0};
  watched_runtime rt({.schedulers = 1, .log = {.sink = [&](fn::log_level, std::string_view) {
                                         while (used == nullptr) std::this_thread::yield();
                                         static_cast<void>(fn::spawn(*used, [&](fn::process&) { ++ran; }));
                                       }}});
  used = &rt;
  crash(rt);
  wait_until([&] { return ran == 1; });
}

}  // namespace
}  // namespace foundation::testing
