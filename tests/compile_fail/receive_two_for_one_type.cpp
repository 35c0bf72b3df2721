// expect: two_unguarded_receive_handlers_take_the_same_message_type<.*job
// SPDX-License-Identifier: Apache-2.0
// By value or by reference is the same message.
#include <foundation/foundation.hpp>

struct job {};
void f(foundation::process& self) {
  self.receive([](const job&) {}, [](int) {}, [](job) {});
}
