// SPDX-License-Identifier: Apache-2.0
/// A test that hangs, for watchdog_test.sh: what the watchdog says of it.
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

class Hangs : public RuntimeTest {};

TEST_F(Hangs, with_two_runtimes) {
  start({.schedulers = 1, .name = "of the fixture"});
  watched_runtime other({.schedulers = 1, .name = "of the test"});
  const watched_runtime ended(std::move(other));
  other = watched_runtime({.schedulers = 1, .name = "moved"});
  for (fn::runtime* each : {&rt(), static_cast<fn::runtime*>(&other)}) {
    ASSERT_TRUE(fn::spawn(*each, [](fn::process& self) { self.sleep(fn::infinity); }, {.label = "stuck"}));
  }
  { const watched_runtime gone({.schedulers = 1, .name = "gone"}); }
  wait_until([] { return false; });
}

}  // namespace
}  // namespace foundation::testing
