// expect: a_message_must_be_a_movable_and_destructible_object_type<.*job *\[3\]
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
void f(foundation::process& self) {
  self.receive([](const job (&)[3]) {});
}
