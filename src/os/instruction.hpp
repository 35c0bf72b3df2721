// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// Just enough of a disassembler to follow the control flow of a landing pad: one file for each architecture.
namespace foundation::os {

enum class flow : std::uint8_t {
  next,     ///< goes on behind itself
  call,     ///< calls `target` (null when it is not in the instruction), then goes on behind itself
  jump,     ///< goes on at `target` (null when it is not in the instruction)
  branch,   ///< goes on at `target` or behind itself
  stop,     ///< goes nowhere: a return, a trap
  unknown,  ///< not understood: nobody knows where it goes, or how long it is
};

struct instruction {
  flow kind = flow::unknown;
  std::uint8_t length = 0;
  const std::byte* target = nullptr;
  /// A call or jump through memory: the word that holds the target's address (a slot of the module's offset table).
  const void* slot = nullptr;
};

[[nodiscard]] instruction decode(const std::byte* at) noexcept;

/// If `function` is a stub that only jumps to the address in a word (an entry of the procedure linkage table): that
/// word.
[[nodiscard]] const void* stub_slot(const std::byte* function) noexcept;

/// Whether the function does nothing but two calls, in a row, and does not come back from the second: the shape of the
/// function that Clang makes to end a `noexcept` one (`__clang_call_terminate`: begin_catch, then terminate).
[[nodiscard]] bool is_two_calls_without_return(const std::byte* function) noexcept;

}  // namespace foundation::os
