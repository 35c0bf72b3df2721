// expect: a_guarded_receive_handler_behind_an_unguarded_one_for_its_message_can_never_match<.*job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
void f(foundation::process& self) {
  self.receive([](const job&) {}, foundation::when([](const job&) { return true; }, [](const job&) {}));
}
