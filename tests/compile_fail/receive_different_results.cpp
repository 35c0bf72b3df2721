// expect: all_receive_handlers_must_return_the_same_type<.*(job|answer)
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
struct answer {};
void f(foundation::process& self) {
  self.receive([](const job&) { return answer{}; }, [](int) { return 1; });
}
