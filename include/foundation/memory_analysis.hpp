// SPDX-License-Identifier: Apache-2.0
/// Where a runtime's memory is, and what deserves a look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <foundation/export.hpp>
#include <foundation/pid.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime.hpp>

namespace foundation::inline v0 {

/// One part of what a runtime holds.
struct memory_part {
  std::size_t bytes = 0;
  std::size_t count = 0;  ///< of what it is made of
  std::size_t limit = 0;  ///< of the count; 0: there is none
  double percent = 0;     ///< of the total

  /// Of the limit, in hundredths; 0 without one.
  [[nodiscard]] double filled() const noexcept {
    return limit == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(limit);
  }
};

/// What one process holds, its stack apart.
struct process_footprint {
  pid id;
  std::string label;
  std::size_t bytes = 0;           ///< all of these
  std::size_t block_bytes = 0;     ///< its control block, body and label
  std::size_t arena_bytes = 0;     ///< its arena and scratch
  std::size_t message_bytes = 0;   ///< its mailbox
  std::uint64_t messages = 0;      ///< in it
};

/// Something that deserves a look.
struct memory_advice {
  enum class topic : std::uint8_t {
    atoms,           ///< the table of atoms is nearly full: names are made from data
    binaries,        ///< binaries are a large part of all
    processes,       ///< processes are a large part of all, or nearly as many as there may be
    mailbox,         ///< one mailbox is long: its process does not keep up, or waits for something else
    arena,           ///< one process holds a large part of all
    caches,          ///< much is kept for reuse
    slices,          ///< small slices keep large buffers of binaries alive
  };
  topic about;
  std::string text;  ///< for people: the figures, and what to look at
  pid process;       ///< whose it is, if it is one process's
};

/// From which figures on something is said; in percent unless it says otherwise. The first three are those of BEAM's tools.
struct memory_thresholds {
  double atoms = 80;                      ///< of the atoms there may be
  double binaries = 40;                   ///< of the total
  double processes = 60;                  ///< of the total, stacks and arenas included; and of the processes there may be
  double one_process = 25;                ///< of the total, in the hands of one
  double caches = 25;                     ///< of the total
  double slices = 25;                     ///< of the binaries' bytes, in buffers of which less than a quarter is shown
  std::uint64_t mailbox = 10'000;         ///< messages
  std::size_t total = 16 * 1024 * 1024;   ///< bytes: shares of less than this deserve no look
};

struct memory_options {
  std::size_t listed = 10;  ///< processes in each list; 0..1000
  memory_thresholds thresholds = {};
};

/// The memory of a runtime at a moment. Binaries and atoms are the whole program's.
struct memory_analysis {
  memory_part processes;  ///< control blocks, bodies, labels; count: processes
  memory_part arenas;     ///< arenas and scratches; count: processes that have one
  memory_part stacks;     ///< resident pages of all stacks; count: stacks in use
  memory_part mailboxes;  ///< messages that wait, without what they own elsewhere; count: messages
  memory_part binaries;   ///< shared buffers of binaries; count: buffers
  memory_part slices;     ///< of these, the buffers of which all their binaries together show less than a quarter; not a part of its own
  memory_part atoms;      ///< the table of atoms; count: atoms
  memory_part tables;     ///< the process table and the places of timers; count: slots
  memory_part caches;     ///< free chunks that schedulers keep; count: schedulers
  std::size_t total = 0;  ///< all of them, `slices` apart
  std::vector<process_footprint> largest;            ///< processes, the largest first
  std::vector<process_footprint> longest_mailboxes;  ///< those with messages, the longest mailbox first
  std::vector<memory_advice> advice;
};

/// Adds up where the memory of a runtime is, and says what deserves a look.
///
///     const fn::memory_analysis seen = fn::analyze_memory_usage(rt).value();
///     for (const fn::memory_advice& each : seen.advice) std::cerr << each.text << '\n';
///
/// Asks nobody: every figure was true at some moment of the call, not all at the same one. Not counted are what the general
/// allocator keeps, links and monitors, and what bodies and messages own on the heap. Any thread; looks at every process,
/// some forty nanoseconds each, and asks the system for the pages of all stacks, a microsecond each. From a process one
/// reduction for every 32 processes, so it may end the slice.
/// @errors errc::invalid_argument for an option out of range; errc::system_limit when memory is refused; errc::not_running for
///         a runtime that was moved from
/// Semantics: as `erlang:memory/0` and what `recon` makes of it.
[[nodiscard]] FOUNDATION_API result<memory_analysis> analyze_memory_usage(const runtime& rt,
                                                                          const memory_options& options = {}) noexcept;

}  // namespace foundation::inline v0
