// expect: a_receive_handler_must_take_one_message_of_a_named_type<.*(lambda|reader)
// SPDX-License-Identifier: Apache-2.0
// Which messages would it take? A generic handler names none.
#include <foundation/foundation.hpp>

void f(foundation::process& self) {
  self.receive([](auto&) {});
}
