// SPDX-License-Identifier: Apache-2.0
#include "support/runtime_fixture.hpp"

#include <thread>

namespace foundation::testing {

fn::runtime& RuntimeTest::start(fn::runtime_options options) {
  options.log.sink = [this](fn::log_level, std::string_view line) {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  };
  runtime_.emplace(std::move(options));
  return *runtime_;
}

void RuntimeTest::TearDown() {
  if (runtime_ && !leak_expected_) {
    EXPECT_EQ(runtime_->abandoned_count(), 0u) << "a process was abandoned";
  }
  stop();
  if (!leak_expected_ && !IsSkipped()) {
    EXPECT_EQ(probe.live(), 0) << "blocks of the runtime's allocator were not given back";
  }
}

void RuntimeTest::stop() { runtime_.reset(); }

std::vector<std::string> RuntimeTest::log() {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool RuntimeTest::logged(const std::string& part) {
  for (const auto& line : log()) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

void RuntimeTest::wait_dead(fn::pid p) {
  wait_until([p] { return !fn::is_alive(p); });
}

void RuntimeTest::pause() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

}  // namespace foundation::testing
