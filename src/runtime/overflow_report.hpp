// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace foundation::rt {

/// Says on the standard error stream which process ran over its stack, if the faulting address is a guard of the calling
/// scheduler's runtime. Called from the signal handler: no allocation, no locks, no stdio.
[[nodiscard]] bool report_overflow(void* fault_address) noexcept;

}  // namespace foundation::rt
