// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::os {

/// Names the calling thread for debuggers and `top`; what is longer than 15 bytes is cut off.
void set_thread_name(const char* name) noexcept;

/// Lets another thread of the system run.
void yield_thread() noexcept;

/// The stack of a thread: it grows down from `bottom + size`.
struct stack_bounds {
  void* bottom = nullptr;
  std::size_t size = 0;

  [[nodiscard]] bool contains(const void* address) const noexcept {
    const auto* at = static_cast<const char*>(address);
    const auto* low = static_cast<const char*>(bottom);
    return at >= low && at < low + size;
  }
};

/// The stack the calling *thread* was given, also when called on a fiber; empty when the system does not tell.
/// For the main thread this reads a file: keep the answer.
[[nodiscard]] stack_bounds current_stack_bounds() noexcept;

/// Runs `fn(arg)` when the calling thread ends; a second call replaces the first, a null `fn` cancels it.
///
/// The library's one pthread key, made at first use: `thread_local` destructors would run earlier than those of the
/// user's objects that still send messages. It does not run for the main thread when main() returns.
/// @returns false when the system refuses (no key left, no memory): then `fn` will not run
bool at_thread_exit(void (*fn)(void*), void* arg) noexcept;

}  // namespace foundation::os
