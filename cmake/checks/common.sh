# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the structure checks. Each takes the directory of a tree, so that its self-test can hand it one that must
# fail, prints one line per violation and ends through `finish`.

set -euo pipefail
export LC_ALL=C

checked=0
violations=0

violation() {
  printf '%s\n' "$*"
  violations=$((violations + 1))
}

# A check that looked at nothing has not passed.
finish() {
  if ((checked == 0)); then
    printf '%s: found nothing to check\n' "${0##*/}"
    exit 1
  fi
  printf '%s: %d checked, %d violations\n' "${0##*/}" "$checked" "$violations"
  exit $((violations > 0))
}

# The tree's C++ files below the named directories, relative to the root, sorted.
cpp_files() {
  local root=$1
  shift
  (cd "$root" && for dir in "$@"; do
    if [[ -d $dir ]]; then find "$dir" -type f \( -name '*.cpp' -o -name '*.hpp' \); fi
  done | sort)
}

# A C++ file's code with its line numbers kept: comments gone. Strings stay; a token there would be a finding too.
without_comments() {
  awk '
    {
      line = $0; out = ""
      while (line != "") {
        if (inside) {
          at = index(line, "*/")
          if (at == 0) { line = ""; break }
          inside = 0; line = substr(line, at + 2)
        } else {
          block = index(line, "/*"); slashes = index(line, "//")
          if (slashes && (!block || slashes < block)) { out = out substr(line, 1, slashes - 1); line = ""; break }
          if (!block) { out = out line; line = ""; break }
          out = out substr(line, 1, block - 1) " "; line = substr(line, block + 2); inside = 1
        }
      }
      print out
    }' "$1"
}
