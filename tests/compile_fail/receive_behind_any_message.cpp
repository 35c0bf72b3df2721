// expect: a_receive_handler_behind_one_for_any_message_can_never_match<.*job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
void f(foundation::process& self) {
  self.receive([](const foundation::any_message&) {}, [](const job&) {});
}
