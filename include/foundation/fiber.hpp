// SPDX-License-Identifier: Apache-2.0
/// Boost.Fiber inside processes: its headers, and what may be done with them. Who includes this links Boost::fiber
/// too (the shared library: two copies would mean two "active" fibers).
///
/// A process runs on a fiber, so what waits by means of Boost.Fiber suspends the process and never its scheduler's
/// thread, and may be woken from a process on another scheduler or from a plain thread:
///
///   boost::fibers::mutex, timed_mutex, recursive_mutex, recursive_timed_mutex, condition_variable, barrier
///   boost::fibers::buffered_channel, unbuffered_channel
///   boost::fibers::promise, packaged_task, future, shared_future, also with a time limit
///   boost::this_fiber::yield, sleep_for, sleep_until
///   boost::fibers::fiber, launched either way
///
/// *While a process waits this way* it counts as running: it is not stolen, messages wait in its mailbox, and exits
/// and kills apply at its next wait of ours after this one has returned. One that never returns is given up after
/// `kill_grace`. Use the process's own waits (`receive`, `sleep`) where either would do: they are faster and can be
/// interrupted.
///
/// *A lock must not outlive a turn.* Boost knows its owner by the fiber, and a handler's next turn may run on another
/// one: lock and unlock within one turn. An unlock elsewhere throws boost::fibers::lock_error, unless by chance the
/// fiber is the same again; nothing checks that a turn has ended with a lock held, since Boost does not tell who
/// locks. A process that ends holding a lock leaves it locked, so hold it by a guard. For the same reason
/// boost::fibers::fiber_specific_ptr is not here: its value would belong to the fiber and be found there by whichever
/// process comes next.
///
/// *A fiber of your own* (boost::fibers::fiber) is no process: `current_process()` is null in it, it has no slice (it
/// keeps the thread until it waits, yields or ends), and it runs only on the scheduler that it was started on. It may
/// send and spawn; the `process&` of whoever started it is not its own to use. Join it before what it refers to ends:
/// a runtime is not gone before its fibers are.
///
/// *Not allowed*: boost::fibers::use_scheduling_algorithm on a scheduler's thread; Boost's own work_stealing and
/// shared_work anywhere in the program, whose state is one for the whole program.
///
/// ThreadSanitizer does not see into a Boost.Fiber library that was built without it: what a boost::fibers::mutex
/// guards is then reported as a race (cmake/tsan.supp of this project has what its own tests need).
#pragma once

#include <boost/fiber/barrier.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/channel_op_status.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/exceptions.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/future.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/policy.hpp>
#include <boost/fiber/recursive_mutex.hpp>
#include <boost/fiber/recursive_timed_mutex.hpp>
#include <boost/fiber/timed_mutex.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
