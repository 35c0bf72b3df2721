// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::base {

/// The order in which locks may be taken, outermost first: a thread holding a lock may take only locks of a later rank.
/// Debug builds check it at each lock. All our locks are short and never held across a fiber switch.
enum class lock_rank : std::uint8_t {
  runtime_directory,   ///< runtime: creation and destruction of runtimes, look-up by tag
  runtime_state,       ///< runtime: life cycle of one runtime
  epoch_spare,         ///< sched: the record of threads for which there is no memory; held in their epoch guards
  process_names,       ///< process: registered names
  timer_wheel,         ///< sched: one scheduler's wheel
  process_timers,      ///< process: the timers that aim at some processes
  process_table,       ///< process: slots and their free list
  epoch_registry,      ///< sched: registration of threads, retired memory
  inject_queue,        ///< sched: the shared run queue
  pinned_queue,        ///< sched: one scheduler's own queue
  monitor,             ///< sched: sleep and wake of the monitor thread
  stack_pool,          ///< memory: free stacks and slabs
  binary_holder,       ///< memory: the binaries that count for one process
  atom_table,          ///< memory: new atoms, one part of the table
  signal_handlers,     ///< os: reference count of the process-wide handlers
  log,                 ///< runtime: start of the log thread
  leaf,                ///< tests and helpers that take no other lock
};

}  // namespace foundation::base
