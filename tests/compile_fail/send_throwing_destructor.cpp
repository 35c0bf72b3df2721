// expect: a_message_must_be_a_movable_and_destructible_object_type<.*explosive_job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct explosive_job {
  ~explosive_job() noexcept(false) {}
};
void f(foundation::pid to) { foundation::send(to, explosive_job{}); }
