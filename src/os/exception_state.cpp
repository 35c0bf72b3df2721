// SPDX-License-Identifier: Apache-2.0
#include "os/exception_state.hpp"

#include <cxxabi.h>

#include <cstring>

namespace foundation::os {

// The Itanium C++ ABI, 2.2.2: __cxa_eh_globals is a pointer, caughtExceptions, and an unsigned, uncaughtExceptions.
static_assert(sizeof(exception_state) == 2 * sizeof(void*));

void swap_exception_state(exception_state& save_to, const exception_state& load_from) noexcept {
  void* globals = abi::__cxa_get_globals();
  const exception_state next = load_from;
  std::memcpy(&save_to, globals, sizeof save_to);
  std::memcpy(globals, &next, sizeof next);
}

}  // namespace foundation::os
