// expect: a_process_that_cannot_be_copied_must_be_moved_into_spawn<.*worker
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct worker {
  worker() = default;
  worker(worker&&) = default;
  void operator()(foundation::process&) const {}
};
void f(foundation::runtime& rt, worker& w) { static_cast<void>(foundation::spawn(rt, w)); }
