// expect: a_receive_handler_must_take_one_message_of_a_named_type<.*any_printer
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct any_printer {
  template <typename T>
  void operator()(const T&) const {}
};
void f(foundation::process& self) {
  self.receive([](int) {}, any_printer{});
}
