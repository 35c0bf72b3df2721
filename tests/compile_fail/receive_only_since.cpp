// expect: a_receive_needs_a_handler_or_an_after<.*since_clause
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

void f(foundation::process& self) {
  self.receive(foundation::since(self.make_reference()));
}
