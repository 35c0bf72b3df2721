// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace foundation::os {

/// Whether the code of a landing pad may end in std::terminate, before it either begins a handler or goes on unwinding.
///
/// Follows every path from `pad` until it calls
///
///   __cxa_begin_catch                            a handler begins: passable, whatever it does then
///   _Unwind_Resume                               the next frame's business: passable
///   std::terminate, __clang_call_terminate, …    a `noexcept` function: terminates
///
/// Other calls are destructors and come back. A path ends in true when it becomes too long, jumps through a register,
/// or has an instruction that is not understood: not throwing is the safe mistake. Which branch a handler's type test
/// takes is not followed: `noexcept` with a handler for some other type terminates on one path, and so does our
/// exception.
[[nodiscard]] bool may_terminate(const std::byte* pad) noexcept;

}  // namespace foundation::os
