// expect: a_receive_handler_must_take_one_message_of_a_named_type<.*two_printers
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct two_printers {
  void operator()(int) const {}
  void operator()(long) const {}
};
void f(foundation::process& self) {
  self.receive(two_printers{});
}
