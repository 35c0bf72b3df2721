// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/base.hpp"
#include "os/clock.hpp"

/// Parking of threads on one word of memory.
///
///   futex_wait(word, expected)             sleep while `word` holds `expected`; may return for no reason
///   futex_wait_until(word, expected, when) the same, but no longer than until `when`; false = timed out
///   futex_wake(word, count)                wake up to `count` of the threads that sleep on `word`
///
/// Rules
///   F1. The kernel compares and goes to sleep in one step: who changes the word and then wakes is never missed.
///   F2. Every return is a hint only: look at the word again. Some are for signals, or for wakes meant for others.
///   F3. Words are private to this program: they are not found through memory shared with another one.
namespace foundation::os {

/// Sleeps until woken, if `word` still holds `expected`. @any_thread @blocks the thread, so never on a carrier's turn
void futex_wait(sync::atomic<std::uint32_t>& word, std::uint32_t expected) noexcept;

/// As `futex_wait`, but no longer than until `deadline`; `time_point::max()` waits for ever.
/// @returns false when the deadline has passed, true for every other return (F2)
[[nodiscard]] bool futex_wait_until(sync::atomic<std::uint32_t>& word, std::uint32_t expected,
                                    time_point deadline) noexcept;

/// Wakes up to `count` sleepers. @any_thread also from a thread that may free `word` next: only its address is used
void futex_wake(sync::atomic<std::uint32_t>& word, int count) noexcept;

}  // namespace foundation::os
