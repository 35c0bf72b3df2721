// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include "base/base.hpp"
#include "os/os.hpp"

namespace foundation::sched {

/// The place where one scheduler thread sleeps, and the only way to wake it: a futex today, an I/O poller later, behind
/// the same three calls.
///
///   operation         who         effect
///   park()            the owner   sleeps until the token is there, and takes it
///   park_until(when)  the owner   the same, no longer than until `when`; false: the time is up, no token taken
///   unpark()          any thread  puts the token there, and wakes the owner if it sleeps
///
/// There is one token: an unpark before the park makes the park return at once, and a hundred unparks make one park
/// return. So an unpark is never lost, and a park may find a token that was meant for an earlier reason: whoever parks
/// looks for its reason again. What the thread that unparks did before is visible after the park that takes the token.
///
/// Before it sleeps the owner looks for the token for some microseconds: who waits for an answer mostly has it by then, and to
/// sleep and be woken are two system calls and a processor's way back from idling (a round trip between a plain thread and a
/// process took 41 microseconds without, 0.6 with it; docs/benchmarks.md). It costs these microseconds each time it falls asleep.
///
/// States of `word_`
///
///   state     meaning                        may leave to        by whom
///   empty     awake, no token                parked / notified   owner, going to sleep / any thread, unparking
///   parked    the owner sleeps or is about   notified            any thread: must wake the owner afterwards
///                                            empty               the owner, when the time is up
///   notified  the token is there             empty               the owner: takes it
///
/// Rules
///   P1. Only the owner writes `parked` and `empty`; everybody else only `notified`.
///   P2. Who replaces `parked` by `notified` wakes the owner. The futex sleeps only while the word is `parked`, so a
///       change before it falls asleep keeps it awake (futex F1).
///   P3. The owner leaves a park only by having read `notified`, with acquire, or because the time is up.
///   P4. An unpark touches nothing but the address of the word after its exchange; still, the parker must outlive the
///       last unpark, since unparks may come after the park they were meant for.
class parker {
 public:
  parker() noexcept = default;
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;

  /// Sleeps until there is a token and takes it. @blocks the thread
  void park() noexcept;

  /// Sleeps until there is a token or `deadline` has passed; true when it took a token. @blocks the thread
  [[nodiscard]] bool park_until(os::time_point deadline) noexcept;

  /// Puts the token there. @any_thread
  void unpark() noexcept;

 private:
  enum : std::uint32_t { empty, parked, notified };

  /// Owner: empty -> parked, or takes the token that is there already and returns false.
  [[nodiscard]] bool prepare() noexcept;
  /// Owner: takes the token if it is there.
  [[nodiscard]] bool take_token() noexcept;

  sync::atomic<std::uint32_t> word_{empty};
};

/// What a scheduler asks of the place where it sleeps.
template <typename P>
concept parking = requires(P p, os::time_point deadline) {
  // clang-format off
  { p.park() } noexcept;
  { p.park_until(deadline) } noexcept -> std::same_as<bool>;
  { p.unpark() } noexcept;
  // clang-format on
};

static_assert(parking<parker>);

}  // namespace foundation::sched
