// expect: a_listed_message_has_no_handle_function<.*counter, *.*increment
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct increment {};
class counter {
 public:
  using messages = foundation::messages<increment>;

 private:
  void handle(foundation::process&, increment) {}
};
void f(foundation::runtime& rt) { static_cast<void>(foundation::spawn(rt, counter{})); }
