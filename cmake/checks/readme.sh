#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# readme.sh ROOT: each program shown in README.md is the file it is said to be, from its first #include on.
# readme.sh --write [ROOT]: pastes them anew.
#
# In README.md:  <!-- program FILE: anything --> ... <!-- end -->
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"

write=
if [[ ${1:-} == --write ]]; then
  write=yes
  shift
fi
root=${1:-$here/../..}

# README.md with every program pasted in.
pasted() {
  local line file=
  while IFS= read -r line; do
    if [[ $line == '<!-- end -->' && -n $file ]]; then
      printf '```cpp\n'
      sed -n '/^#include/,$p' "$root/$file"
      printf '```\n'
      file=
    fi
    if [[ -z $file ]]; then printf '%s\n' "$line"; fi
    if [[ $line =~ ^'<!-- program '([^ :]+): ]]; then file=${BASH_REMATCH[1]}; fi
  done <"$root/README.md"
  if [[ -n $file ]]; then printf 'no end of program %s\n' "$file"; fi
}

while read -r file; do
  checked=$((checked + 1))
  [[ -f $root/$file ]] || violation "README.md: there is no $file"
done < <(sed -nE 's/^<!-- program ([^ :]+):.*/\1/p' "$root/README.md")

if ((violations == 0)); then
  new=$(pasted)
  if [[ -n $write ]]; then
    printf '%s\n' "$new" >"$root/README.md"
  elif ! difference=$(diff -u --label README.md --label program "$root/README.md" - <<<"$new"); then
    violation "$difference"
    violation "README.md: run cmake/checks/readme.sh --write"
  fi
fi

finish
