#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# file_length.sh ROOT: no file has more than 600 lines (tests excepted: a table of cases may be long).
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1
limit=600

while read -r file; do
  checked=$((checked + 1))
  lines=$(wc -l <"$root/$file")
  if ((lines > limit)); then violation "$file: $lines lines; split it (at most $limit)"; fi
done < <(cpp_files "$root" src include examples bench)

root_limit=120
lines=$(wc -l <"$root/CMakeLists.txt")
checked=$((checked + 1))
if ((lines > root_limit)); then violation "CMakeLists.txt: $lines lines; the rest goes to cmake/ (at most $root_limit)"; fi

finish
