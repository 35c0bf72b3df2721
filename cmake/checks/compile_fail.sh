#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# compile_fail.sh ROOT COMPILER [FLAG...]: every program in tests/compile_fail is refused, and the first line of the
# compiler that says "error:" matches the pattern in the program's first line, `// expect: <regex>`. A program whose
# first line is `// compiles` shows that the others fail for their own reason.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1
shift
compile=("$@" -std=c++20 -I "$root/include" -fsyntax-only -fno-diagnostics-color)

# Prints what is wrong with one program, or nothing.
# shellcheck disable=SC2317  # called by way of xargs
judge() {
  local program=$1 first expected output error
  shift
  IFS= read -r first <"$program"
  output=$("$@" "$program" 2>&1) && {
    [[ $first == '// compiles' ]] || echo "$program: compiles"
    return 0
  }
  error=$(grep -m 1 -E '(fatal )?error:' <<<"$output" || true)
  expected=${first#// expect: }
  if [[ $first == '// compiles' ]]; then
    echo "$program: does not compile: $error"
  elif [[ $expected == "$first" || -z $expected ]]; then
    echo "$program: its first line is not '// expect: <regex>'"
  elif ! grep -qE -- "$expected" <<<"$error"; then
    printf '%s: first error is\n    %s\n  and does not match\n    %s\n' "$program" "${error:-(none)}" "$expected"
  fi
}
export -f judge

programs=$(find "$root/tests/compile_fail" -name '*.cpp' | sort)
checked=$(grep -c . <<<"$programs" || true)
output=$(xargs -r -P "$(nproc)" -I{} bash -c 'judge "$@"' _ {} "${compile[@]}" <<<"$programs")
if [[ -n $output ]]; then violation "$output"; fi
if ((checked > 0)) && ! xargs grep -qxF '// compiles' <<<"$programs"; then
  violation "tests/compile_fail: no program that compiles to compare with"
fi

finish
