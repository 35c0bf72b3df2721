// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Ends a test program whose test hangs, and says where.
///
/// A thread looks every 100 ms at how long the current test has run. At 120 s it prints the test's name, calls the dump
/// hook and aborts. `FOUNDATION_TEST_TIMEOUT`, an environment variable, is a factor on the 120 s (0: never).
namespace foundation::testing {

/// What to print about live processes before the abort; called on the watchdog's thread, at most once. Null: nothing.
void set_dump_hook(void (*hook)()) noexcept;

/// Registers the watchdog with GoogleTest; its thread runs from the first test to the end of the program.
void install_watchdog();

}  // namespace foundation::testing
