// SPDX-License-Identifier: Apache-2.0
/// Clang's thread-safety attributes: the lock protocol, checked by `-Wthread-safety`. Empty on other compilers.
#pragma once

#if defined(__clang__)
#define FOUNDATION_THREAD_ANNOTATION(...) __attribute__((__VA_ARGS__))
#else
#define FOUNDATION_THREAD_ANNOTATION(...)
#endif

#define FOUNDATION_CAPABILITY(name) FOUNDATION_THREAD_ANNOTATION(capability(name))
#define FOUNDATION_SCOPED_CAPABILITY FOUNDATION_THREAD_ANNOTATION(scoped_lockable)
#define FOUNDATION_GUARDED_BY(...) FOUNDATION_THREAD_ANNOTATION(guarded_by(__VA_ARGS__))
#define FOUNDATION_REQUIRES(...) FOUNDATION_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define FOUNDATION_ACQUIRE(...) FOUNDATION_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define FOUNDATION_TRY_ACQUIRE(...) FOUNDATION_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define FOUNDATION_RELEASE(...) FOUNDATION_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define FOUNDATION_EXCLUDES(...) FOUNDATION_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define FOUNDATION_NO_THREAD_SAFETY_ANALYSIS FOUNDATION_THREAD_ANNOTATION(no_thread_safety_analysis)
