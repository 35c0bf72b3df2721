// expect: a_receive_handler_must_take_one_message_of_a_named_type<.*pair_printer
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct pair_printer {
  void operator()(int, int) const {}
};
void f(foundation::process& self) {
  self.receive(pair_printer{});
}
