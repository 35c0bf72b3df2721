// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <thread>

#include "process/process.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {

using namespace std::chrono_literals;

/// What the tests of dying share.
class DeathTest : public RuntimeTest {
 protected:
  /// Waits until every process has ended whole: frames, body, messages, log line.
  void wait_gone() {
    wait_until([&] { return rt().process_count() == 0; });
  }

  /// The same, then ends the runtime and returns all that was logged.
  std::vector<std::string> log_at_the_end() {
    wait_gone();
    stop();
    return log();
  }

  static void kill(fn::pid p) { ASSERT_TRUE(fn::exit(p, fn::exit_reason::kill)); }

 public:
  /// Code the library knows nothing of: does not come back, and does not give its scheduler up, until told.
  static void foreign_code(const std::atomic<bool>& come_back) {
    while (!come_back) std::this_thread::yield();
  }

  [[nodiscard]] static const fn::exit_reason& reason_of(fn::process& self) {
    return proc::control_block::of(self).reason();
  }
};

/// With a short grace for those that were told to die.
class AbandonTest : public DeathTest {
 protected:
  void start_impatient(unsigned schedulers = 2) { start({.schedulers = schedulers, .kill_grace = 20ms}); }
  void wait_abandoned(std::uint64_t count) {
    wait_until([&] { return rt().abandoned_count() == count; });
  }

  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  std::atomic<int> left{0};
  std::atomic<bool> too_far{false};
};

/// Counts the frames that are left, however they are.
class frame {
 public:
  explicit frame(std::atomic<int>& left) : left_(left) {}
  ~frame() { ++left_; }
  frame(const frame&) = delete;
  frame& operator=(const frame&) = delete;

 private:
  std::atomic<int>& left_;
};

}  // namespace foundation::testing
