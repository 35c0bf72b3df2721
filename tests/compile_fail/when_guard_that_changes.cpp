// expect: a_receive_guard_must_return_bool_for_the_message<.*job
// SPDX-License-Identifier: Apache-2.0
// A guard that says no leaves the message where it is, unchanged.
#include <foundation/foundation.hpp>

struct job {
  int width;
};
void f(foundation::process& self) {
  self.receive(foundation::when([](job& j) { return j.width++ > 0; }, [](const job&) {}));
}
