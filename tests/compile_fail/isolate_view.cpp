// expect: what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<.*string_view.*string_view
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <string_view>

void f(foundation::runtime& rt) {
  static_cast<void>(foundation::isolate_memory_intensive_work(rt, [] { return std::string_view("gone"); }));
}
