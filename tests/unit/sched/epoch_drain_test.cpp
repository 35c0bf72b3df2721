// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sched/epoch.hpp"
#include "sched/parker.hpp"

namespace foundation::sched {
namespace {

// A runtime is withdrawn from the directory and drained before it is destroyed: whoever has found it in a guard may
// still be looking, also when no process of it was ever retired.
TEST(epoch_drain, waits_for_an_open_guard_also_when_nothing_was_retired) {
  epoch_domain domain;
  sync::atomic<bool> inside{false};
  sync::atomic<bool> draining{false};
  sync::atomic<bool> leaving{false};
  sync::thread reader([&] {
    {
      const epoch_guard guard(domain);
      inside.store(true);
      while (!draining.load()) os::relax();
      for (int i = 0; i != 100'000; ++i) os::relax();  // time for a drain that does not wait to come back
      leaving.store(true);
    }
    domain.leave_thread();
  });
  while (!inside.load()) os::relax();
  draining.store(true);
  domain.drain();
  EXPECT_TRUE(leaving.load()) << "the drain came back inside the reader's guard";
  reader.join();
}

}  // namespace
}  // namespace foundation::sched
