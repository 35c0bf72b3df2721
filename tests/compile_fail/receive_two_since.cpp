// expect: a_receive_has_at_most_one_after_and_one_since<.*job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
void f(foundation::process& self) {
  const auto ref = self.make_reference();
  self.receive(foundation::since(ref), foundation::since(ref), [](job) {});
}
