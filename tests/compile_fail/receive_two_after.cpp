// expect: a_receive_has_at_most_one_after_and_one_since<.*job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

using namespace std::chrono_literals;
struct job {};
void f(foundation::process& self) {
  self.receive([](job) {}, foundation::after(1s), foundation::after(2s));
}
