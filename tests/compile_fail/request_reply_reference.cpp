// expect: a_reply_must_be_a_movable_and_destructible_object_type_or_void<.*row.*&
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct query {};
struct row {};
void f(foundation::pid to) { static_cast<void>(foundation::request<row&>(to, query{}, foundation::infinity)); }
