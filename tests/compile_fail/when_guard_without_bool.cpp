// expect: a_receive_guard_must_return_bool_for_the_message<.*job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
void f(foundation::process& self) {
  self.receive(foundation::when([](const job&) {}, [](const job&) {}));
}
