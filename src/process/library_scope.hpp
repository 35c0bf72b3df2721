// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/control_block.hpp"

namespace foundation::proc {

/// From its user's code into the library and back (life.hpp, L1), for the functions that touch the process's own state.
class library_scope {
 public:
  explicit library_scope(control_block& p) noexcept : process_(p) { p.enter_library(); }
  ~library_scope() { process_.enter_user(); }
  library_scope(const library_scope&) = delete;
  library_scope& operator=(const library_scope&) = delete;

 private:
  control_block& process_;
};

}  // namespace foundation::proc
