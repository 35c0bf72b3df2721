// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/base.hpp"
#include "os/sanitizer.hpp"

/// An asymmetric fence: free on the side that runs often, a system call on the side that runs seldom.
///
/// Two threads each write one word and then read the other's; at least one of them must see the other's write:
///
///        often (light side)                     seldom (heavy side)
///     1. write A                             1. write B
///     2. light_barrier()                     2. heavy_barrier()      <- the fence that both sides rest on
///     3. read B                              3. read A
///
/// Why it holds: membarrier(2) makes every running thread of the program execute a full fence at some point between its
/// start and its end (a thread that is not running has passed one when it was switched out). If that point comes after
/// the light thread's step 1, then A is visible when membarrier returns and the heavy side's step 3 sees it. If it
/// comes before, then the light thread's step 3 comes after it as well and sees B. The compiler barrier keeps the
/// compiler from exchanging steps 1 and 3; the processor may, but not across that point.
///
/// Rules
///   B1. A heavy barrier issues membarrier wherever the kernel has it, whatever the flag below says.
///   B2. `light_is_free` is false until membarrier is registered, also before static initialisers have run; then
///       the light side is a full fence, which pairs with a membarrier as well as with a full fence.
///   B3. So both sides may be used by any thread at any time, before main() too.
namespace foundation::os {

namespace detail {
/// True once membarrier is registered; set by a static initialiser, constant afterwards (B2).
extern const bool light_is_free;
}  // namespace detail

/// The often-run side of the pair. @any_thread
inline void light_barrier() noexcept {
  if constexpr (!building_with_tsan) {
    if (__builtin_expect(detail::light_is_free, 1)) {
      asm volatile("" ::: "memory");
      return;
    }
  }
  sync::fence_seq_cst();
}

/// The seldom-run side of the pair: some microseconds. @any_thread
void heavy_barrier() noexcept;

/// Whether the light side costs nothing here; for reports and tests.
[[nodiscard]] bool barriers_are_asymmetric() noexcept;

}  // namespace foundation::os
