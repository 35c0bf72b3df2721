// SPDX-License-Identifier: Apache-2.0
#include "base/this_thread.hpp"

namespace foundation::base {

namespace {
constinit thread_local thread_record current_thread;
}  // namespace

thread_record& this_thread() noexcept {
  asm volatile("");  // keeps the call from being proven pure and merged with another one across a switch
  return current_thread;
}

}  // namespace foundation::base
