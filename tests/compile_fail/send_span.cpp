// expect: what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<.*span.*span
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <span>

void f(foundation::pid to, std::span<const int> rows) { foundation::send(to, rows); }
