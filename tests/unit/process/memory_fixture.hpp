// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {

class MemoryTest : public RuntimeTest {
 protected:
  /// Runs `work(self)` in a process with these options and tells why it ended.
  template <typename Work>
  fn::exit_reason run(const fn::spawn_options& options, Work work) {
    std::atomic<bool> told{false};
    fn::exit_reason why;
    const fn::pid watcher = fn::spawn(rt(), [&](fn::process& self) {
                              static_cast<void>(fn::spawn_monitor(self, work, options).value());
                              self.receive([&](fn::down d) { why = d.reason; });
                              told = true;
                            }).value();
    wait_dead(watcher);
    EXPECT_TRUE(told);
    return why;
  }
};

}  // namespace foundation::testing
