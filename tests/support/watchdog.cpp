// SPDX-License-Identifier: Apache-2.0
#include "support/watchdog.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

namespace foundation::testing {

namespace {

using test_clock = std::chrono::steady_clock;

constexpr std::chrono::duration<double> hang_limit{120};

std::atomic<void (*)()> dump_hook{nullptr};

double limit_factor() {
  const char* text = std::getenv("FOUNDATION_TEST_TIMEOUT");
  return text == nullptr ? 1.0 : std::strtod(text, nullptr);
}

class watchdog final : public ::testing::EmptyTestEventListener {
 public:
  explicit watchdog(std::chrono::duration<double> limit) : limit_(limit) {}

  ~watchdog() override {
    {
      const std::lock_guard guard{mutex_};
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  void OnTestStart(const ::testing::TestInfo& test) override {
    const std::lock_guard guard{mutex_};
    test_ = std::string{test.test_suite_name()} + "." + test.name();
    started_ = test_clock::now();
    if (!thread_.joinable()) thread_ = std::thread{[this] { watch(); }};
  }

  void OnTestEnd(const ::testing::TestInfo&) override {
    const std::lock_guard guard{mutex_};
    test_.clear();
  }

 private:
  void watch() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      wake_.wait_for(lock, std::chrono::milliseconds{100});
      if (!test_.empty() && test_clock::now() - started_ > limit_) bark();
    }
  }

  [[noreturn]] void bark() {
    std::fprintf(stderr, "\n[  HANGS   ] %s has run for %.0f s\n", test_.c_str(), limit_.count());
    std::fflush(stderr);
    if (auto* hook = dump_hook.load()) hook();
    std::fflush(nullptr);
    std::abort();
  }

  const std::chrono::duration<double> limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string test_;  // guarded by mutex_, as all below; empty between tests
  test_clock::time_point started_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

void set_dump_hook(void (*hook)()) noexcept { dump_hook.store(hook); }

void install_watchdog() {
  const double factor = limit_factor();
  if (factor <= 0) return;
  ::testing::UnitTest::GetInstance()->listeners().Append(new watchdog{hang_limit * factor});  // GoogleTest's to delete
}

}  // namespace foundation::testing
