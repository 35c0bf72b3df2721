#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# output.sh ROOT PROGRAM: the program ends with status 0 and prints what README.md says it prints.
#
# In README.md:  <!-- output NAME --> ``` ... ``` with the program's file name
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1
program=$2

expected=$(awk -v marker="<!-- output ${program##*/} -->" '
  $0 == marker { found = 1; next }
  found && /^```/ { if (inside) exit; inside = 1; next }
  inside { print }' "$root/README.md")
if [[ -n $expected ]]; then checked=1; fi

if ! printed=$("$program"); then violation "$program: exit status is not 0"; fi
if ! difference=$(diff -u --label README.md --label "$program" <(echo "$expected") <(echo "$printed")); then
  violation "$difference"
fi

finish
