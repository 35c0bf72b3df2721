// SPDX-License-Identifier: Apache-2.0
/// Having a runtime give back the memory that it does not use.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <foundation/export.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime.hpp>

namespace foundation::inline v0 {

/// How much is given back; each does what those before it do.
///
/// | strategy        | gives back                                                          | costs                            |
/// |-----------------|---------------------------------------------------------------------|----------------------------------|
/// | `shrink_caches` | what nobody uses: free stacks, chunks that schedulers keep, what    | page faults, when it is needed   |
/// |                 | the general allocator keeps                                         | again                            |
/// | `trim`          | of each process that has an arena: free chunks, an unused scratch   | a signal to each, and a walk     |
/// |                 |                                                                     | over what is free in its arena   |
/// | `compact`       | of each process that has a stack: the pages below where it is       | a signal to each, and it wakes   |
///
/// What `low_latency` has touched before, and `gc_strategy::never` keeps, is given back too: it was asked for.
enum class memory_optimization : std::uint8_t { shrink_caches, trim, compact };

struct optimize_memory_options {
  /// How long the answers of processes are waited for; and twice as long again, those of schedulers. Zero or less: not at all.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
};

/// What `optimize_memory` has brought, in bytes, as far as it was known when it returned.
struct freed_memory {
  std::size_t arenas = 0;  ///< chunks and scratches of processes: to schedulers, the general allocator, or the system
  std::size_t stacks = 0;  ///< pages of stacks, free or below where a process is: to the system
  std::size_t caches = 0;  ///< chunks that schedulers had kept before the call: to the general allocator
  /// By how much the program's resident memory fell while schedulers' chunks and what the general allocator keeps were given
  /// back. Most of it is what the other figures have counted, so it is no part of `total`; what the rest of the program took or
  /// freed meanwhile is in it. 0 also where it grew, or cannot be read.
  std::size_t allocator = 0;
  std::size_t asked = 0;             ///< processes; the caller's own counts
  std::size_t unanswered = 0;        ///< of these: in time. They give back all the same, when they next look at their signals
  std::size_t caches_unanswered = 0; ///< schedulers whose chunks were not given back in time, or not at all

  /// What is no longer in the hands of processes, schedulers and stacks.
  [[nodiscard]] std::size_t total() const noexcept { return arenas + stacks + caches; }
  friend bool operator==(const freed_memory&, const freed_memory&) = default;
};

/// Gives back memory that a runtime holds and does not use, and says what that was. For a service after a rush, or before it is
/// forked or frozen; a process that knows itself that it will rest has `process::hibernate`.
///
///     const auto freed = fn::optimize_memory(rt, fn::memory_optimization::trim).value();
///     std::cerr << freed.total() << " bytes less; " << freed.unanswered << " processes have not answered yet\n";
///
/// What is not answered is not taken back: who asks again and again while a process or a scheduler is stuck, leaves a question with
/// the one, and a process that waits with the other, each time.
///
/// Nobody touches another's memory: processes are asked by a signal, and give back at their next wait, `checkpoint` or `consume`;
/// one that waits wakes for it and waits on, and its code notices nothing. One that is in foreign code does not answer. Only
/// those are asked that may have something: an arena, or for `compact` a stack. Schedulers with a thread of their own are asked
/// by two processes for each, one after the other, pinned to it, each of which is there for a moment and needs a place below `max_processes`; that of a lent
/// thread keeps its chunks. Nothing goes wrong where one of these cannot be asked for want of memory or of a place: it is
/// counted as unanswered.
///
/// Any thread, several at once. From a process it waits as `receive` does, and no message is touched; it then gives back its
/// own at once. A plain thread blocks. The general allocator's part holds up other threads that allocate.
/// Cost: a look at each process, and for each that is asked one small allocation and a signal; a microsecond for each free stack.
/// From a process, a reduction for 32 looked at and one for each that is asked.
/// @errors errc::invalid_argument for a strategy that is none; errc::not_running for a runtime that was moved from;
///         errc::system_limit when memory for the question itself is refused; errc::would_deadlock in a fiber of the user's own, whose
///         wait would hold up a scheduler; in a process also errc::killed and errc::system_limit, as `process::receive`
/// Semantics: `erlang:garbage_collect/1` of every process, and what `recon_alloc` is used for.
[[nodiscard]] FOUNDATION_API result<freed_memory> optimize_memory(runtime& rt, memory_optimization strategy,
                                                                  const optimize_memory_options& options = {});

}  // namespace foundation::inline v0
