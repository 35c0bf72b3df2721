// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <foundation/foundation.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/backing_probe.hpp"
#include "support/scale.hpp"
#include "support/watched_runtime.hpp"

namespace foundation::testing {

namespace fn = ::foundation;

/// A test with a runtime. When the test ends, the runtime is destroyed, and everything it ever allocated must be back:
/// control blocks, envelopes, timers, marks (the probe counts blocks), carriers and stacks (their owners check on
/// destruction), processes (none may have been abandoned unless the test says so).
///
/// If a test hangs, the watchdog dumps the runtime's processes, and those of each other `watched_runtime` of the test.
class RuntimeTest : public ::testing::Test {
 protected:
  void TearDown() override;

  /// Makes the test's runtime (two schedulers unless told otherwise); its log goes to `log()`.
  fn::runtime& start(fn::runtime_options options = {.schedulers = 2});
  [[nodiscard]] fn::runtime& rt() { return *runtime_; }
  /// Destroys it before the test's end.
  void stop();

  /// The test leaves an abandoned process behind on purpose: nothing is checked at the end.
  void expect_leak() noexcept { leak_expected_ = true; }

  /// Lines logged so far. The log is written by another thread: stop() first to have all of them.
  [[nodiscard]] std::vector<std::string> log();
  [[nodiscard]] bool logged(const std::string& part);

  /// Waits until the process is gone from the table.
  static void wait_dead(fn::pid p);
  /// Waits until `condition()`, which other threads make true.
  template <typename Condition>
  static void wait_until(Condition&& condition) {
    while (!condition()) pause();
  }

  backing_probe probe;

 private:
  static void pause();

  std::optional<watched_runtime> runtime_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  bool leak_expected_ = false;
};

}  // namespace foundation::testing
