// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <foundation/export.hpp>
#include <foundation/pid.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime_options.hpp>

namespace foundation::rt {
class runtime_core;
}

namespace foundation::inline v0 {

namespace detail {
struct runtime_access;
}

/// What `shutdown` does with messages that processes have not handled yet.
enum class shutdown_mode : std::uint8_t {
  drain,  ///< each process goes on until it would wait with nothing to do, and ends there; a wait for a reply goes on
  drop,   ///< each process ends at its next wait or checkpoint, whatever is in its mailbox
};

/// A process that `shutdown` could not end.
struct survivor {
  pid id;
  std::string label;
  std::string reason;  ///< where it is stuck, for people
};

/// The share of one scheduler in what a runtime has done since it was made.
struct scheduler_counters {
  std::uint64_t slices = 0;  ///< times a process was given this scheduler
  std::uint64_t steals = 0;  ///< batches of work taken from others
};

/// The object everything hangs off: it owns schedulers, processes and their memory. Several may live in one program.
///
///     fn::runtime rt;                                    // one scheduler per CPU the program may use
///     auto made = fn::runtime::create({.schedulers = 2}); // the same, errors as values
///
/// All members may be called from any thread of the host's; `shutdown` and the destructor not from a process of this
/// runtime. A moved-from runtime may only be assigned to or destroyed.
class FOUNDATION_API runtime {
 public:
  /// @errors errc::invalid_argument naming the option, what was given and what is allowed; errc::system_limit when a
  ///         thread, memory, or the 257th runtime alive at once is refused. Nothing is left behind.
  [[nodiscard]] static result<runtime> create(runtime_options options = {}) noexcept;

  /// `create(options).value()`. @throws bad_result_access
  explicit runtime(runtime_options options = {});

  /// Takes the processes over; they notice nothing.
  runtime(runtime&&) noexcept;
  /// The same; what this one had before ends as by the destructor.
  runtime& operator=(runtime&&) noexcept;

  /// `shutdown(options.shutdown_timeout, shutdown_mode::drop)`, then ends the threads. If a process survives in foreign
  /// code, it is logged, its thread is left to itself and what it can reach is leaked on purpose; otherwise this neither
  /// hangs nor leaks.
  ~runtime();

  /// Ends all processes: asks them to, waits until the deadline, kills the rest, and waits
  /// until none has ended for `kill_grace` and a tenth of it, ten times as long at most.
  ///
  ///     for (const fn::survivor& s : rt.shutdown(5s)) std::cerr << s.label << ": " << s.reason << '\n';
  ///
  /// From its beginning on nothing can be spawned (errc::not_running). Returns those that would not end. A second call
  /// waits until its own deadline for these to come back. With a deadline of zero or less all are killed at once.
  /// Called from a process of this runtime, which would wait for itself, it ends the program.
  /// @throws std::bad_alloc when there is no memory for the list; the processes have been told to end all the same
  std::vector<survivor> shutdown(std::chrono::nanoseconds deadline, shutdown_mode mode = shutdown_mode::drain);

  /// Lends the calling thread to the runtime as one more scheduler: it runs processes, until `until` is asked to stop or the
  /// runtime is destroyed. For a thread that has nothing else to do for a while, as `main` has.
  ///
  ///     std::stop_source stop;                     // a process, a console, a thread in sigwait: stop.request_stop()
  ///     rt.run_here(stop.get_token()).value();
  ///
  /// When asked to stop, it gives away what is ready, and returns as soon as the process that it runs has used up its slice.
  /// Fibers of the user's own, and processes in a wait of Boost.Fiber's, stay where they began: it returns when these have
  /// ended. One thread at a time; nothing can be pinned to it. Its
  /// place is there from `create` on: to lend and to take back cost a few short locks, and a message no more than before. The thread's use of Boost.Fiber must be over before, and starts
  /// anew afterwards.
  /// @errors errc::invalid_argument when called by a process, a fiber, or on a scheduler's thread; errc::system_limit when another
  ///         thread is lent already, or memory is refused
  result<void> run_here(std::stop_token until);

  /// Schedulers online, without a thread that is lent.
  [[nodiscard]] unsigned schedulers() const noexcept;
  /// As given in the options.
  [[nodiscard]] const std::string& name() const noexcept;

  /// Processes alive now.
  [[nodiscard]] std::size_t process_count() const noexcept;
  /// Messages sent to processes that were not there (any more).
  [[nodiscard]] std::uint64_t dead_letters() const noexcept;
  /// Processes given up because they would not end in time, and that have not ended since.
  [[nodiscard]] std::uint64_t abandoned_count() const noexcept;
  /// Log lines lost so far, because they came faster than the host's sink or logger took them.
  [[nodiscard]] std::uint64_t dropped_log_lines() const noexcept;
  /// One entry a scheduler, in the order of their indices. @throws std::bad_alloc
  [[nodiscard]] std::vector<scheduler_counters> counters() const;

  /// Writes every live process, one a line: pid, label, state, scheduler; then those that were abandoned. Consistent
  /// per line, not as a whole. Works while processes hang; also from a thread that reports a hang.
  ///
  ///     rt.dump(std::cerr);  // runtime "pictures": 2 schedulers, 1 processes, 0 abandoned, 0 dead letters
  ///                          // <0.0.1> "resizer" waiting
  ///
  /// @throws std::bad_alloc, and what the stream throws
  void dump(std::ostream& out) const;

 private:
  friend struct detail::runtime_access;
  explicit runtime(std::unique_ptr<rt::runtime_core> core) noexcept;

  std::unique_ptr<rt::runtime_core> core_;
};

}  // namespace foundation::inline v0
