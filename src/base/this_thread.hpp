// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::base {

/// What the library knows of the calling thread: the library's one `thread_local`.
///
/// Fields are opaque here and typed by the layer that owns them, so that the layers above need no `thread_local` of
/// their own.
struct thread_record {
  void* scheduler = nullptr;         ///< sched: the scheduler this thread runs, or null on a plain thread
  void* epoch = nullptr;             ///< sched: this thread's epoch slot, or null before first use
  void* chunks = nullptr;            ///< memory: the free chunks that a scheduler keeps, or null
  void* process = nullptr;           ///< process: the process that this plain thread is (thread_process.hpp), or null
  std::uint32_t held_locks = 0;      ///< base: ranks of the locks held now, one bit each (debug builds)
};

/// The calling thread's record.
///
/// Never inlined, and its result must not be kept across anything that may switch fibers: a process may go on running
/// on another thread, and a compiler is free to cache the address of a `thread_local` within one function.
[[gnu::noinline]] thread_record& this_thread() noexcept;

}  // namespace foundation::base
