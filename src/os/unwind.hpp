// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace foundation::os {

/// Whether an exception thrown by the caller would reach the frame of `entry_function`, running destructors and
/// catch blocks on its way, rather than end in std::terminate at a `noexcept` function in between.
///
/// It is asked about our exit type, which a handler can only catch as such or with `catch (...)`. A `catch (...)` on
/// the way counts as passable: what follows is the handler's choice. How it is found out, and where the answer errs on
/// the side of false: see unwind.cpp. Costs 0.1 to 0.3 microseconds a frame.
///
/// `entry_function` is a function of the library, never inlined, cloned or split (`noipa` or the like), whose frame is
/// on the stack now. The caller must not be inlined either: its own frame is not looked at, since it is the one that
/// throws.
/// @returns false also when the walk ends before the entry is found or meets what it cannot read: then do not throw
/// @any_thread  takes the locks that the unwinder takes, hence not from a signal handler
[[nodiscard, gnu::noinline]] bool can_unwind_to(void* entry_function) noexcept;

}  // namespace foundation::os
