// expect: a_handler_lists_its_messages_as_fn_messages<.*counter
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <tuple>

class counter {
 public:
  using messages = std::tuple<int>;
  void handle(foundation::process&, int) {}
};
void f(foundation::runtime& rt) { static_cast<void>(foundation::spawn(rt, counter{})); }
