// expect: a_message_must_be_a_movable_and_destructible_object_type<.*pinned_query
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct pinned_query {
  pinned_query() = default;
  pinned_query(const pinned_query&) = delete;
};
void f(foundation::pid to) { static_cast<void>(foundation::request<int>(to, pinned_query{}, foundation::infinity)); }
