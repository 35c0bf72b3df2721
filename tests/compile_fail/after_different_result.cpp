// expect: all_receive_handlers_must_return_the_same_type<.*answer
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

using namespace std::chrono_literals;
struct answer {};
void f(foundation::process& self) {
  self.receive([](int) { return answer{}; }, foundation::after(1s, [] {}));
}
