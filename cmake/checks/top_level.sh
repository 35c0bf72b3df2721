#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# top_level.sh ROOT: the top level holds exactly the agreed entries, and nothing that a tool does not insist on.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1

agreed=(.ci .clang-format .clang-tidy .gitignore CMakeLists.txt CMakePresets.json LICENSE README.md
  bench cmake docs examples include src tests)
# what a checkout also holds, none of it ours to commit
ignored='^(\.git|\.cache|build|build-.*|compile_commands\.json|CMakeUserPresets\.json)$'

while read -r entry; do
  checked=$((checked + 1))
  [[ " ${agreed[*]} " == *" $entry "* ]] || violation "not agreed at the top level: $entry"
done < <(find "$root" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -Ev "$ignored" | sort)
for entry in "${agreed[@]}"; do
  [[ -e $root/$entry ]] || violation "missing at the top level: $entry"
done

finish
