// expect: what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<.*string_view.*string_view
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <string_view>
#include <vector>

void f(const std::vector<foundation::pid>& all) { static_cast<void>(foundation::multi_send(all, std::string_view("gone"))); }
