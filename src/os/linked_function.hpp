// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "os/instruction.hpp"

namespace foundation::os {

/// The functions that decide what becomes of an exception.
enum class exception_call : std::uint8_t {
  other,        ///< comes back, as far as we know
  terminates,   ///< ends the program because of an exception
  catches,      ///< begins a handler
  leaves,       ///< ends a handler, or throws its exception on
  resumes,      ///< goes on unwinding in the caller
  never_comes,  ///< ends the program for another reason
};

/// The executable part of a program or library.
struct code_range {
  const std::byte* low = nullptr;
  const std::byte* high = nullptr;

  /// Whether an instruction may be read at `at` (none is longer than 15 bytes).
  [[nodiscard]] bool holds_instruction(const std::byte* at) const noexcept {
    return at >= low && at < high && high - at >= 16;
  }
};

/// The code that `at` is part of; empty when no module has it (code made at run time).
[[nodiscard]] code_range code_around(const std::byte* at) noexcept;

/// Which of them a call (or a jump) goes to: directly, through a linkage table, or through a word of the offset table,
/// resolved or not yet (then its relocation has the name).
[[nodiscard]] exception_call identify(const instruction& call, const code_range& code) noexcept;

}  // namespace foundation::os
