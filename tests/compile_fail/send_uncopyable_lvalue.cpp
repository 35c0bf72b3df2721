// expect: a_message_that_cannot_be_copied_must_be_moved_into_send<.*unique_job
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <foundation/foundation.hpp>

struct unique_job {
  std::unique_ptr<int> number;
};
void f(foundation::pid to, unique_job& j) { foundation::send(to, j); }
