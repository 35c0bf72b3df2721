// expect: an_after_handler_must_be_callable_without_arguments<.*timer
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

using namespace std::chrono_literals;
struct timer {
  void operator()(int) const {}
};
void f(foundation::process& self) {
  self.receive([](int) {}, foundation::after(1s, timer{}));
}
