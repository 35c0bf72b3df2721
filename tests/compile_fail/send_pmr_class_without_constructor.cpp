// expect: what_leaves_a_process_must_not_hold_pmr_memory_that_cannot_be_made_anew<.*vector<.*buffer.*, .*buffer
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <memory_resource>
#include <vector>

class buffer {
 public:
  using allocator_type = std::pmr::polymorphic_allocator<>;
  buffer() = default;
  buffer(buffer&&) = default;

 private:
  std::pmr::vector<int> values_;
};
void f(foundation::pid to) { foundation::send(to, std::vector<buffer>{}); }
