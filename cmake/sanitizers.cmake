# SPDX-License-Identifier: Apache-2.0
# FOUNDATION_SANITIZE, for everything built here, and what the sanitizers are told when a test runs.

set(foundation_sanitizer_environment "")
if(NOT FOUNDATION_SANITIZE)
  return()
endif()

string(REPLACE ";" "," sanitize "${FOUNDATION_SANITIZE}")
add_compile_options(-fsanitize=${sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer)
add_link_options(-fsanitize=${sanitize})

# GCC warns of fences, which its thread sanitizer does not model. Boost.Fiber's headers have some, in the release of
# reference counts; ours are read-modify-writes under this sanitizer (base/sync.hpp).
if(sanitize STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-tsan)
endif()

# A fake stack belongs to a thread, a frame of ours to a fiber that may move: use-after-return cannot be looked for.
# mimalloc, loaded at run time, keeps its segments: leaks of ours are counted by the tests' own fixture as well.
list(APPEND foundation_sanitizer_environment
     "ASAN_OPTIONS=detect_stack_use_after_return=0:strict_string_checks=1:detect_leaks=1"
     "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
     "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp:halt_on_error=1:second_deadlock_stack=1")
