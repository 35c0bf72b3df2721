// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// Turning a stack overflow into a report: one SIGSEGV/SIGBUS handler for the program, and a stack for it to run on.
///
///   acquire_overflow_handler()    first user installs the handler, the others only count
///   release_overflow_handler()    the last user puts the previous handler back, if ours is still on top
///   set_overflow_reporter(r)      who is asked what the faulting address was
///   thread_signal_stack           an alternate stack for the calling thread while the object lives
///
/// Rules
///   H1. Ours is a guest: after the report the handler installed before ours runs as it would have without us, or
///       the default action, so that the host's own crash handling, and a core dump, still happen.
///   H2. Only the top of the chain is ever restored: when somebody has installed a handler over ours, ours stays below
///       it, without users only passing the signal on, until it is found on top again.
///   H3. A handler of ours that is buried is not installed a second time: two handlers that each believe the other
///       came first would chain to one another for ever.
///   H4. What ours passes a signal on to changes only while ours is not in the chain.
namespace foundation::os {

/// Asked by the signal handler about the faulting address; returns true when it was ours, and then has printed so.
/// Async-signal-safe: no allocation, no locks, no stdio.
using overflow_reporter = bool (*)(void* fault_address) noexcept;

/// Sets whom the handler asks; null asks nobody. @returns the one asked so far @any_thread
overflow_reporter set_overflow_reporter(overflow_reporter reporter) noexcept;

/// Counts one user of the handler and installs it for the first. @returns false when the system refuses @any_thread
[[nodiscard]] bool acquire_overflow_handler() noexcept;

/// Gives one `acquire_overflow_handler` that returned true back. @any_thread
void release_overflow_handler() noexcept;

/// Gives the calling thread a stack to handle signals on (a thread that overflowed has none left).
///
/// A thread that already has one keeps it. Construct and destroy it on the same thread.
class thread_signal_stack {
 public:
  thread_signal_stack() noexcept;
  ~thread_signal_stack();
  thread_signal_stack(const thread_signal_stack&) = delete;
  thread_signal_stack& operator=(const thread_signal_stack&) = delete;

  /// Whether the thread has an alternate stack now, ours or an earlier one.
  [[nodiscard]] bool active() const noexcept { return active_; }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  bool active_ = false;
};

}  // namespace foundation::os
