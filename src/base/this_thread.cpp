// SPDX-License-Identifier: Apache-2.0
#include "base/this_thread.hpp"

namespace foundation::base {

namespace {
// Initial-exec: one load from the thread pointer instead of a call, in a shared library too. It takes 24 bytes of the
// static TLS block, which the C library keeps in reserve for libraries loaded later.
[[gnu::tls_model("initial-exec")]] constinit thread_local thread_record current_thread;
}  // namespace

thread_record& this_thread() noexcept {
  asm volatile("");  // keeps the call from being proven pure and merged with another one across a switch
  return current_thread;
}

}  // namespace foundation::base
