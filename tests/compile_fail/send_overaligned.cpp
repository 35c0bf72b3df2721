// expect: a_message_must_be_a_movable_and_destructible_object_type<.*wide_job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct alignas(65536) wide_job {};
void f(foundation::pid to) { foundation::send(to, wide_job{}); }
