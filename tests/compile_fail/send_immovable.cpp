// expect: a_message_must_be_a_movable_and_destructible_object_type<.*pinned_job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct pinned_job {
  pinned_job() = default;
  pinned_job(const pinned_job&) = delete;
};
void f(foundation::pid to) { foundation::send(to, pinned_job{}); }
