// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace foundation::os {

/// Tells the processor that the caller spins: it saves power and leaves the core to its sibling thread for a moment.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield" ::: "memory");
#else
  asm volatile("" ::: "memory");
#endif
}

}  // namespace foundation::os
