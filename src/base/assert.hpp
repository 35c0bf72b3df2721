// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/export.hpp>

/// Four words for what must hold; a failed one prints `file:line: fact` without allocating and aborts.
///
///   FOUNDATION_ASSERT(fact)      debug builds only; documents and checks an internal fact
///   FOUNDATION_CHECK(fact, why)  every build; for facts that protect memory safety
///   FOUNDATION_INVARIANT(fact)   level 2 (hostile build): facts that are expensive to check
///   FOUNDATION_UNREACHABLE(why)  every build; a place that control must not reach
///
/// A failed assertion is never turned into an assumption for the optimiser: a wrong assertion must not become
/// undefined behaviour.
namespace foundation::base {

[[noreturn, gnu::cold]] FOUNDATION_API void fail(const char* file, int line, const char* fact, const char* why) noexcept;

}  // namespace foundation::base

#define FOUNDATION_CHECK(fact, why) \
  (__builtin_expect(static_cast<bool>(fact), 1) ? void() : ::foundation::base::fail(__FILE__, __LINE__, #fact, why))

/// A function that stays one: its address is that of every frame of it (os/unwind.hpp).
#if defined(__clang__)
#define FOUNDATION_NEVER_CLONED [[gnu::noinline]]
#else
#define FOUNDATION_NEVER_CLONED [[gnu::noipa]]
#endif

#define FOUNDATION_UNREACHABLE(why) ::foundation::base::fail(__FILE__, __LINE__, "unreachable", why)

#if !defined(NDEBUG) || defined(FOUNDATION_HOSTILE)
#define FOUNDATION_ASSERT(fact) FOUNDATION_CHECK(fact, "assertion")
#else
#define FOUNDATION_ASSERT(fact) static_cast<void>(sizeof(static_cast<bool>(fact)))
#endif

namespace foundation::base {
/// Whether this is the hostile build, where what breaks rarely breaks often (docs/CONTRIBUTING.md).
#if defined(FOUNDATION_HOSTILE)
inline constexpr bool hostile = true;
#else
inline constexpr bool hostile = false;
#endif
}  // namespace foundation::base

#if defined(FOUNDATION_HOSTILE)
#define FOUNDATION_INVARIANT(fact) FOUNDATION_CHECK(fact, "invariant")
#else
#define FOUNDATION_INVARIANT(fact) static_cast<void>(sizeof(static_cast<bool>(fact)))
#endif
