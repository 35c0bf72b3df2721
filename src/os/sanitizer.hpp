// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/base.hpp"  // FOUNDATION_TSAN

/// All the library knows about sanitizers; each function is empty in a build without the sanitizer it talks to.
///
///   tsan_create_fiber / _destroy_fiber     one TSan context per carrier
///   tsan_current_fiber                     the context of the running thread or fiber, to come back to
///   tsan_switch_to(context)                called right before the real switch
///   asan_enter_stack(bottom, size, …)      called right before the real switch: the stack ASan shall believe in
///   asan_poison / asan_unpoison            memory nobody may touch / may touch again; unpoison a stack before reuse
///
/// Rules
///   S1. Between telling the sanitizer and the real switch no instrumented code runs: functions around a switch carry
///       FOUNDATION_NO_TSAN. It also keeps them out of line, or they would be instrumented as part of their caller.
///   S2. ASan is told of leaving and of arriving at once, before the switch, since Boost.Fiber does not let us in at
///       the other side. Between the two nothing is checked against stack bounds.
#if defined(__SANITIZE_ADDRESS__)
#define FOUNDATION_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FOUNDATION_ASAN 1
#endif
#endif

#if defined(FOUNDATION_TSAN) && defined(__clang__)
#define FOUNDATION_NO_TSAN __attribute__((disable_sanitizer_instrumentation, noinline))
#elif defined(FOUNDATION_TSAN)
#define FOUNDATION_NO_TSAN __attribute__((no_sanitize("thread"), noinline))
#else
#define FOUNDATION_NO_TSAN
#endif

#if defined(FOUNDATION_ASAN)
#define FOUNDATION_NO_ASAN __attribute__((no_sanitize("address"), noinline))
#else
#define FOUNDATION_NO_ASAN
#endif

namespace foundation::os {

#if defined(FOUNDATION_TSAN)
inline constexpr bool building_with_tsan = true;
#else
inline constexpr bool building_with_tsan = false;
#endif

#if defined(FOUNDATION_ASAN)
inline constexpr bool building_with_asan = true;
#else
inline constexpr bool building_with_asan = false;
#endif

/// A TSan context for a new fiber; null without TSan. Give it back with `tsan_destroy_fiber`, never while running on
/// it.
[[nodiscard]] void* tsan_create_fiber() noexcept;
void tsan_destroy_fiber(void* context) noexcept;

/// The context of whoever runs now; null without TSan.
[[nodiscard]] void* tsan_current_fiber() noexcept;

/// What runs next on this thread belongs to `context`; also a synchronisation with what ran there before.
void tsan_switch_to(void* context) noexcept;

/// The stack pointer will next lie in `[bottom, bottom + size)`.
///
/// `leaving` and `entering` keep each fiber's *fake stack*, where builds that detect use after return put locals: pass
/// the same variable of a carrier as `leaving` when it is left and its value as `entering` when it is entered again
/// (null at first). Without them a build with detect_stack_use_after_return=1 (Clang's default; not GCC's) loses
/// one fake stack at every switch.
void asan_enter_stack(const void* bottom, std::size_t size, void** leaving = nullptr,
                      void* entering = nullptr) noexcept;

void asan_poison(const void* at, std::size_t size) noexcept;
void asan_unpoison(const void* at, std::size_t size) noexcept;

}  // namespace foundation::os
