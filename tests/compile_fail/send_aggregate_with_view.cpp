// expect: what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<.*job, .*string_view
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <string>
#include <string_view>

struct job {
  std::string name;
  std::string_view text;
  int count;
};
void f(foundation::pid to) { foundation::send(to, job{"a", "b", 1}); }
