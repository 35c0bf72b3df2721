// expect: what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<.*reference_wrapper.*, .*reference_wrapper
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <functional>

void f(foundation::pid to, int& n) { foundation::send(to, std::ref(n)); }
