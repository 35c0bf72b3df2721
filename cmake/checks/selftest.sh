#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# selftest.sh CHECK COMPILER: the check passes on a small sound tree, and fails, saying why, on each of the same tree's
# spoilt copies.
set -euo pipefail
check=$1
compiler=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cases=0

# put FILE LINE...: writes a file of the tree
put() {
  mkdir -p "$(dirname "$tree/$1")"
  printf '%s\n' "${@:2}" >"$tree/$1"
}

sound_tree() {
  tree=$work/tree
  rm -rf "$tree"
  mkdir -p "$tree"/{.ci,bench,cmake,docs,examples,include,src,tests}
  touch "$tree"/{.clang-format,.clang-tidy,.gitignore,CMakePresets.json,LICENSE}
  put CMakeLists.txt "# small"
  # shellcheck disable=SC2016  # the backquotes are Markdown's
  put src/README.md '| `base` | L0 | | |' '| `os` | L1 | `base` | |' '| `memory` | L2 | `base` `os` | |'
  put src/base/base.hpp '#include "base/atom.hpp"'
  put src/base/atom.hpp 'int a; // std::mutex'
  put src/base/sync.hpp '#include <atomic>' 'inline std::atomic<int> a;'
  put src/base/this_thread.cpp 'thread_local int x;'
  put src/os/os.hpp '#include "base/base.hpp"'
  put src/os/clock.hpp 'auto t = std::chrono::steady_clock::now();'
  put src/os/virtual_memory.cpp 'void* p = mmap(0);'
  put src/os/futex.cpp 'int x = syscall(SYS_futex);'
  put src/memory/backing.cpp '#include "os/os.hpp"' 'void* p = malloc(1);'
  put src/memory/pool.cpp '/* std::mutex' ' malloc(1) */ void my_malloc(int); // madvise(' '#include <foundation/foundation.hpp>'
  put include/foundation/foundation.hpp '#pragma once' '#include <string>' 'inline int f(int x) { return x; }' \
    'namespace fn { struct runtime {}; struct process {}; struct pid {}; }'
  put tests/unit/base/atom_test.cpp 'int t;'
  put tests/support/main.cpp 'int main() {}'
  put tests/compile_fail/control.cpp '// compiles' '#include <foundation/foundation.hpp>' 'int x = f(1);'
  put tests/compile_fail/wrong.cpp '// expect: (cannot initialize|invalid conversion).*int' \
    '#include <foundation/foundation.hpp>' 'int* x = f(1);' 'int* y = f("");'
  put examples/first.cpp '// not shown' '#include <string>' 'int main() {}'
  # shellcheck disable=SC2016
  {
    put README.md '<!-- program examples/first.cpp: pasted -->' '```cpp' '#include <string>' 'int main() {}' '```' \
      '<!-- end -->' 'text' '<!-- output first -->' '```' one '```'
    put docs/guide/page.md '```cpp' '#include <foundation/foundation.hpp>' 'int twice(int);' '```' 'text' '```sh' 'ls' '```' \
      '```cpp body' 'int four = twice(2);' '```' '```cpp' 'int twice(int x) { return 2 * x; }' '```'
  }
  put include/foundation/errc.hpp '#pragma once' '// enum class errc { wrong' 'enum class errc : unsigned char {' \
    '  system_limit = 1,  ///< }; a limit' '  noproc,' '};'
  troubleshooting system_limit noproc
  labelled ci nightly structure
  prints one
  "$here/sources.sh" --write "$tree"
}

# troubleshooting CODE...: a page with a section for each
troubleshooting() {
  local code
  put docs/guide/troubleshooting.md '# Troubleshooting' 'See errc::noproc.'
  # shellcheck disable=SC2016
  for code; do
    printf '### `%s`\n\nIt happens.\n\n- Causes: several\n- Remedy: one\n' "$code"
  done >>"$tree/docs/guide/troubleshooting.md"
}

# labelled LABEL...: a build directory with a test of each label
labelled() {
  local label
  put build/CTestTestfile.cmake
  for label; do
    echo "add_test($label true)"
    echo "set_tests_properties($label PROPERTIES LABELS $label)"
  done >>"$tree/build/CTestTestfile.cmake"
}

# prints LINE [STATUS]: the tree's program does
prints() {
  put build/first '#!/bin/sh' "echo '$1'" "exit ${2:-0}"
  chmod +x "$tree/build/first"
}

run_check() {
  case $check in
    headers | compile_fail | snippets) "$here/$check.sh" "$tree" "$compiler" ;;
    labels) "$here/$check.sh" "$tree" "$tree/build" ;;
    output) "$here/$check.sh" "$tree" "$tree/build/first" ;;
    *) "$here/$check.sh" "$tree" ;;
  esac
}

# refuses PATTERN: the spoilt tree fails the check, and its output matches
refuses() {
  local output
  cases=$((cases + 1))
  if output=$(run_check 2>&1); then
    printf 'passes, and should say "%s":\n%s\n' "$1" "$output"
    exit 1
  fi
  if ! grep -qE -- "$1" <<<"$output"; then
    printf 'fails, but does not say "%s":\n%s\n' "$1" "$output"
    exit 1
  fi
  sound_tree
}

sound_tree
run_check || { echo "the sound tree fails"; exit 1; }

case $check in
  layers)
    put src/base/up.cpp '#include "os/os.hpp"'
    refuses 'base may not include os'
    put src/memory/deep.cpp '#  include "base/atom.hpp"'
    refuses 'include only "base/base.hpp"'
    put src/memory/angle.cpp '#include <os/os.hpp>'
    refuses 'included with ""'
    put src/memory/bare.cpp '#include "backing.hpp"'
    refuses 'not named from src/'
    put src/memory/gone.cpp '#include "memory/gone.hpp"'
    refuses 'no such file'
    put src/memory/public.cpp '#include "foundation/foundation.hpp"'
    refuses 'included with <>'
    put src/new_area/x.cpp 'int x;'
    refuses "area 'new_area' is not in"
    put include/foundation/private.hpp '#include "base/base.hpp"'
    refuses 'never by a public header'
    put src/README.md 'no table'
    refuses 'no table of layers'
    rm -r "$tree"/src/{base,os,memory}
    refuses 'found nothing to check'
    ;;
  strays)
    for stray in 'std::atomic<int> a;' '#include <mutex>' 'std::mutex m;' 'std::condition_variable c;' 'std::thread t;' \
      'auto t = std::chrono::steady_clock::now();' 'clock_gettime(0, 0);' 'std::random_device r;' 'std::mt19937 r;' \
      'getrandom(0, 0, 0);' 'void* p = mmap(0);' '::madvise(0);' 'void* p = std::malloc (1);' 'auto p = calloc(1, 1);' \
      'realloc(p, 1);' 'auto p = (1, malloc(1));' 'int k = 1; /* x */ std::mutex m;' '__atomic_load_n(p, 0);' \
      '__sync_synchronize();' '::sched_yield();' 'usleep(1);' 'std::time(nullptr);'; do
      put src/memory/stray.cpp "$stray"
      refuses 'src/memory/stray.cpp:1: [a-z]+ outside the seam'
    done
    put src/base/stray.cpp 'std::mutex m;'
    refuses 'src/base/stray.cpp:1: threads outside the seam'
    put src/os/stray.cpp 'void* p = malloc(1);'
    refuses 'src/os/stray.cpp:1: allocation outside the seam'
    put src/os/stray.cpp 'void* p = mmap(0);'
    refuses 'src/os/stray.cpp:1: mappings outside the seam'
    put src/memory/stray.cpp '::syscall(SYS_futex);'
    refuses 'src/memory/stray.cpp:1: syscalls outside the seam'
    put include/foundation/stray.hpp '' '#include <thread>'
    refuses 'include/foundation/stray.hpp:2: threads outside the seam'
    put src/base/sync.hpp 'std::atomic<int> a; void* p = malloc(1);'
    refuses 'base/sync.hpp:1: allocation outside'
    put tests/unit/base/atom_test.cpp '' 'fn::runtime rt({.schedulers = 1});'
    refuses 'atom_test.cpp:2: a runtime that the watchdog does not know'
    put src/memory/second.cpp 'static thread_local int y;'
    refuses 'exactly one thread_local'
    rm -r "$tree"/{src,include}
    refuses 'found nothing to check'
    ;;
  headers)
    put include/foundation/needy.hpp '#pragma once' 'inline std::string needy;'
    refuses '<foundation/needy.hpp> does not compile alone'
    put include/foundation/open.hpp 'struct open {};'
    refuses '<foundation/open.hpp> does not compile alone'
    put include/foundation/sloppy.hpp '#pragma once' 'inline int sloppy(int unused) { return 1; }'
    refuses '<foundation/sloppy.hpp> does not compile alone'
    put include/boost/fiber/all.hpp '#pragma once'
    put include/foundation/foundation.hpp '#pragma once' '#include <boost/fiber/all.hpp>'
    refuses '<foundation/foundation.hpp> brings in .*boost/fiber/all.hpp'
    put include/zstd.h '#pragma once'
    put include/foundation/foundation.hpp '#pragma once' '#include <zstd.h>'
    refuses '<foundation/foundation.hpp> brings in .*/zstd.h'
    rm "$tree/include/foundation/foundation.hpp"
    refuses 'no include/foundation/foundation.hpp'
    ;;
  top_level)
    put notes.txt
    refuses 'not agreed at the top level: notes.txt'
    rm "$tree/LICENSE"
    refuses 'missing at the top level: LICENSE'
    ;;
  file_length)
    seq 601 | sed 's,^,// ,' >"$tree/src/base/long.cpp"
    refuses 'src/base/long.cpp: 601 lines'
    seq 121 | sed 's,^,# ,' >"$tree/CMakeLists.txt"
    refuses 'CMakeLists.txt: 121 lines'
    ;;
  labels)
    labelled ci structure
    refuses "no test has the label 'nightly'"
    labelled nightly structure
    refuses "no test has the label 'ci'"
    put build/CTestTestfile.cmake
    refuses "no test has the label 'structure'"
    ;;
  sources)
    put src/base/unlisted.cpp
    refuses 'src/base/unlisted.cpp'
    rm "$tree/src/base/this_thread.cpp"
    refuses '^-.*src/base/this_thread.cpp'
    put tests/unit/base/unlisted_test.cpp
    refuses 'tests/unit/base/unlisted_test.cpp'
    put src/loose.cpp
    refuses 'src/loose.cpp: belongs to no list'
    put tests/unit/loose_test.cpp
    refuses 'tests/unit/loose_test.cpp: belongs to no list'
    ;;
  readme)
    put examples/first.cpp '// not shown' '#include <string>' 'int main() { return 1; }'
    refuses '^\+int main\(\) \{ return 1; \}'
    rm "$tree/examples/first.cpp"
    refuses 'there is no examples/first.cpp'
    put README.md '<!-- program examples/first.cpp: pasted -->' 'no end'
    refuses 'no end of program examples/first.cpp'
    put README.md 'no program'
    refuses 'found nothing to check'
    ;;
  output)
    prints two
    refuses '^\+two'
    prints one 1
    refuses 'exit status is not 0'
    put README.md 'It prints one.'
    refuses '^\+one'
    put README.md 'It prints nothing.'
    prints ''
    refuses 'found nothing to check'
    ;;
  errors)
    troubleshooting noproc
    refuses 'no section for system_limit'
    put include/foundation/errc.hpp 'enum class errc {' '  system_limit = 1, noproc,' '  timeout,' '};'
    refuses 'no section for timeout'
    troubleshooting system_limit noproc timeout
    refuses 'a section for timeout, which is no code'
    troubleshooting system_limit noproc noproc
    refuses '2 sections for noproc'
    put docs/guide/other.md '' 'It returns errc::timeout.'
    refuses 'docs/guide/other.md:2: errc::timeout, which is no code'
    sed -i '0,/^- Causes: .*/s///' "$tree/docs/guide/troubleshooting.md"
    refuses "the section of system_limit has no line '- Causes: "
    sed -i '0,/^- Remedy: one/s//- Remedy:/' "$tree/docs/guide/troubleshooting.md"
    refuses "the section of system_limit has no line '- Remedy: "
    rm "$tree/docs/guide/troubleshooting.md"
    refuses 'troubleshooting.md'
    put include/foundation/errc.hpp 'enum class other {' '  one,' '};'
    refuses 'no enumerators found'
    ;;
  snippets)
    put docs/guide/page.md '```cpp' 'int x = y;' '```'
    refuses 'docs/guide/page.md:2:.*error:'
    put docs/guide/page.md '```cpp' '#include <foundation/foundation.hpp>' '```' '' '```cpp body' 'int x = y;' '```'
    refuses 'docs/guide/page.md:6:.*error:'
    put docs/guide/program.md '```cpp' 'int main() { return 1 }' '```'
    refuses 'docs/guide/program.md:2:.*error:'
    put docs/guide/page.md '```cpp' 'inline int sloppy(int x) { if (x = 1) return 1; return 2; }' '```'
    refuses 'docs/guide/page.md:2:.*error:'
    put docs/guide/page.md '```cpp sketch' 'int x;' '```'
    refuses 'docs/guide/page.md:1: neither'
    put docs/guide/page.md '```cpp' 'int x;'
    refuses 'docs/guide/page.md: a block has no end'
    put docs/guide/page.md 'no code'
    put README.md 'no code'
    refuses 'found nothing to check'
    ;;
  compile_fail)
    put tests/compile_fail/fine.cpp '// expect: anything' 'int x;'
    refuses 'fine.cpp: compiles'
    put tests/compile_fail/other.cpp '// expect: ours' 'int x = y;'
    refuses 'does not match'
    put tests/compile_fail/silent.cpp 'int x = y;'
    refuses "not '// expect"
    put tests/compile_fail/control.cpp '// compiles' 'int x = y;'
    refuses 'control.cpp: does not compile'
    rm "$tree/tests/compile_fail/control.cpp"
    refuses 'no program that compiles'
    rm -r "$tree"/tests/compile_fail/*
    refuses 'found nothing to check'
    ;;
esac

if ((cases == 0)); then
  echo "no case for '$check'"
  exit 1
fi
echo "$check refuses $cases spoilt trees"
