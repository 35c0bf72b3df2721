// expect: what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<.*tuple<.*, .*string.*&>
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <string>
#include <tuple>

void f(foundation::pid to, std::string& text) { foundation::send(to, std::tie(text)); }
