#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# strays.sh ROOT: in src/ and include/, atomics, locks, threads, clocks, randomness, mappings and allocation are named
# only in their seams. A seam is where a simulation or a fault injection takes hold. And a test makes its runtimes as
# watched_runtime, or its hang would not be explained.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1

word='(^|[^A-Za-z0-9_])'
threads="${word}std::(atomic|memory_order|(recursive_|shared_|timed_)*mutex|condition_variable|j?thread|this_thread)"
threads+="|${word}(__atomic_|__sync_)[a-z]|${word}(sched_yield|usleep)[[:space:]]*\("
threads+="|${word}std::(counting_semaphore|binary_semaphore|latch|barrier|call_once|once_flag)|${word}pthread_[a-z]"
threads+="|#[[:space:]]*include[[:space:]]*<(atomic|mutex|shared_mutex|condition_variable|thread|semaphore|latch|barrier)>"
# shellcheck disable=SC2034
clocks="clock::now|${word}(time|clock_gettime|gettimeofday|nanosleep|clock_nanosleep)[[:space:]]*\("
random="${word}std::(random_device|mt19937|minstd_rand|default_random_engine)|${word}(getrandom|rand|srand)[[:space:]]*\("
random+="|#[[:space:]]*include[[:space:]]*<random>"
# shellcheck disable=SC2034
mappings="${word}(mmap|mmap64|munmap|madvise|mprotect|mremap)[[:space:]]*\("
# shellcheck disable=SC2034
syscalls="${word}syscall[[:space:]]*\("
# shellcheck disable=SC2034
allocation="${word}(malloc|calloc|realloc|aligned_alloc|posix_memalign)[[:space:]]*\("

# is_seam KIND FILE: what stands here stands in src/README.md too.
is_seam() {
  case $1:$2 in
    threads:src/base/sync.hpp | threads:src/os/thread.cpp) ;;
    clocks:src/os/clock.hpp) ;;
    random:src/os/random.cpp) ;;
    mappings:src/os/virtual_memory.cpp) ;;
    syscalls:src/os/*) ;;
    allocation:src/memory/backing.cpp | allocation:src/count_new/operators.cpp | allocation:src/os/thread.cpp) ;;
    *) return 1 ;;
  esac
}

thread_locals=()
while read -r file; do
  checked=$((checked + 1))
  code=$(without_comments "$root/$file")
  while IFS=: read -r line _; do
    [[ -n $line ]] && thread_locals+=("$file:$line")
  done < <(grep -nE "${word}(thread_local|__thread)([^A-Za-z0-9_]|$)" <<<"$code" || true)
  for kind in threads clocks random mappings syscalls allocation; do
    is_seam "$kind" "$file" && continue
    while IFS=: read -r line text; do
      [[ -n $line ]] && violation "$file:$line: $kind outside the seam:${text}"
    done < <(grep -nE "${!kind}" <<<"$code" || true)
  done
done < <(cpp_files "$root" src include)

while read -r file; do
  while IFS=: read -r line text; do
    [[ -n $line ]] && violation "$file:$line: a runtime that the watchdog does not know:${text}"
  done < <(without_comments "$root/$file" | grep -nE "fn::runtime[[:space:]]+[a-z_]+[({;]|<fn::runtime>" || true)
done < <(cpp_files "$root" tests/unit tests/stress)

if ((${#thread_locals[@]} != 1)) || [[ ${thread_locals[0]} != src/base/this_thread.cpp:* ]]; then
  violation "exactly one thread_local, in src/base/this_thread.cpp, is allowed; found: ${thread_locals[*]:-none}"
fi

finish
