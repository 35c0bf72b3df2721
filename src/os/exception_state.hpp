// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace foundation::os {

/// What the C++ run-time keeps per thread about exceptions, and a fiber must keep for itself: a process that waits
/// inside a `catch` block would otherwise find the handler of whichever process ran there in between.
struct exception_state {
  void* caught = nullptr;  ///< stack of exceptions being handled (`throw;`, std::current_exception)
  unsigned uncaught = 0;   ///< std::uncaught_exceptions()
};

/// Saves the calling thread's state in `save_to` and makes `load_from` the thread's state.
///
/// Never inlined: the address of the C++ run-time's per-thread record must be read anew on the thread that runs now.
/// The two may be the same object, which then is swapped with the thread's state.
[[gnu::noinline]] void swap_exception_state(exception_state& save_to, const exception_state& load_from) noexcept;

}  // namespace foundation::os
