// expect: what_leaves_a_process_must_not_hold_pmr_memory_that_cannot_be_made_anew<.*job, .*shared_ptr
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <memory>
#include <memory_resource>
#include <string>

struct job {
  std::shared_ptr<std::pmr::string> name;
};
void f(foundation::pid to) { foundation::send(to, job{}); }
