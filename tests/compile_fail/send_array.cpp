// expect: a_message_must_be_a_movable_and_destructible_object_type<.*char.*
// SPDX-License-Identifier: Apache-2.0
// An array decays to a pointer, and a pointer is memory shared with the sender.
#include <foundation/foundation.hpp>

void f(foundation::pid to) { foundation::send(to, "text"); }
