// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <foundation/export.hpp>

namespace foundation::inline v0 {

/// What went wrong, as a value: the code of an `error`, and of every `result` that holds no value.
///
/// The codes are the library's own and not a `std::error_code`. A `std::error_code` carries a reference to a category
/// object, whose identity differs between copies of a static library in one program; it cannot say which option was
/// out of range; and <system_error> would be included everywhere a process is spawned. Where a system call failed, its
/// `errno` is spelled out in the error's message.
///
/// No code is 0. Numbers are not stable before version 1.0. The codes marked (planned) are returned by nothing yet;
/// they are here so that a `switch` written today stays complete.
enum class errc : std::uint8_t {
  system_limit = 1,       ///< a limit of the system or of the runtime: processes, memory, stacks, threads
  not_running,            ///< the runtime is shutting down or gone
  noproc,                 ///< no process has this pid (any more)
  killed,                 ///< the calling process is exiting: its waits no longer wait
  timeout,                ///< the given time passed first
  invalid_argument,       ///< an option or argument is out of range; the message names it and what is allowed
  would_deadlock,         ///< the caller would wait for itself, or hold up what it waits for
  not_distributed,        ///< asked for another node, and this runtime has none (planned)
  unexpected_reply_type,  ///< the reply is of another type than the caller asked for
  init_failed,            ///< a constructor or a captured object's copy threw before the process existed
  already_registered,     ///< a name is taken, or the process has one; the message says who, or which
  no_reply,               ///< a request was dropped without a reply by who had taken it, or whose life ended with it
  abandoned,              ///< the process could not be unwound in time and was given up (planned)
  invalid_atom,           ///< a text that cannot be an atom: more than 255 characters, or not UTF-8
  atom_table_nearly_full,  ///< a new atom would go over the caller's own bound `max_atoms`
  atom_table_full,        ///< there are as many atoms as `atom_limit()`
  invalid_data,           ///< bytes from outside are damaged, cut short, or larger than the caller allows
};

/// The code's spelling in the source, as `"system_limit"`; `"unknown"` for a value that is none of the codes.
/// Any thread; never fails; the string is static.
[[nodiscard]] FOUNDATION_API const char* name(errc code) noexcept;

/// One line for a person, as `"a limit of the system or of the runtime is reached"`.
/// Any thread; never fails; the string is static.
[[nodiscard]] FOUNDATION_API const char* describe(errc code) noexcept;

}  // namespace foundation::inline v0
