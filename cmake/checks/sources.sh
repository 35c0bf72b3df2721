#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sources.sh ROOT: the files listed in cmake/sources.cmake and tests/sources.cmake are those of the tree.
# sources.sh --write [ROOT]: writes the lists anew.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"

write=
if [[ ${1:-} == --write ]]; then
  write=yes
  shift
fi
root=${1:-$here/../..}

areas=(base os memory sched process delivery runtime otp ecosystem)
test_areas=(base os memory sched process delivery runtime count_new public)

# list NAME FILES...: one CMake list of files named from the root
list() {
  local name=$1
  shift
  if (($# == 0)); then
    printf 'set(%s)\n' "$name"
    return
  fi
  printf 'set(\n  %s' "$name"
  # shellcheck disable=SC2016
  printf '\n  ${PROJECT_SOURCE_DIR}/%s' "$@"
  printf ')\n'
}

found() { (cd "$root" && find "$1" -type f -name "$2" 2>/dev/null | sort); }

# The library's list goes by layers, bottom to top, as src/README.md does.
library_lists() {
  local area files=()
  for area in "${areas[@]}"; do mapfile -t -O "${#files[@]}" files < <(found "src/$area" '*.cpp'); done
  list foundation_sources "${files[@]}"
  mapfile -t files < <(found src/count_new '*.cpp')
  list foundation_count_new_sources "${files[@]}"
}

test_lists() {
  local area files
  for area in "${test_areas[@]}"; do
    mapfile -t files < <(found "tests/unit/$area" '*_test.cpp')
    list "foundation_tests_unit_$area" "${files[@]}"
  done
  for area in model stress examples; do
    mapfile -t files < <(found "tests/$area" '*_test.cpp')
    list "foundation_tests_$area" "${files[@]}"
  done
  mapfile -t files < <(found tests/support '*.cpp' | grep -v '_plugin\.cpp$')
  list foundation_tests_support "${files[@]}"
  mapfile -t files < <(found tests/support '*_plugin.cpp')
  list foundation_tests_plugins "${files[@]}"
}

whole_file() {
  printf '# SPDX-License-Identifier: Apache-2.0\n# %s Written by cmake/checks/sources.sh --write.\n\n' "$1"
  "$2"
}

compare() {
  local file=$1 heading=$2 lists=$3 difference
  if [[ -n $write ]]; then
    whole_file "$heading" "$lists" >"$root/$file"
    return
  fi
  checked=$((checked + $("$lists" | grep -c PROJECT_SOURCE_DIR || true)))
  if ! difference=$(diff -u --label "$file" --label tree "$root/$file" <(whole_file "$heading" "$lists")); then
    violation "$difference"
    violation "$file: run cmake/checks/sources.sh --write"
  fi
}

compare cmake/sources.cmake "The library's sources, layer by layer." library_lists
compare tests/sources.cmake "The tests' sources." test_lists

# A file that no list can hold would be forgotten.
while read -r stray; do
  violation "$stray: belongs to no list"
done < <({
  found src '*.cpp' | grep -vE "^src/($(IFS='|'; echo "${areas[*]}")|count_new)/"
  found tests '*_test.cpp' | grep -vE "^tests/(unit/($(IFS='|'; echo "${test_areas[*]}"))|model|stress|examples|package|compile_fail)/"
} || true)

if [[ -z $write ]]; then finish; fi
