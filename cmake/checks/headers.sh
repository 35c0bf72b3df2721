#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# headers.sh ROOT COMPILER [FLAG...]: every public header compiles alone and without a warning, and none but the two
# made for it brings in a heavy library.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1
shift

# Prints what is wrong with one header, or nothing.
# shellcheck disable=SC2317  # called by way of xargs
judge() {
  local header=$1 dependencies heavy='/(spdlog|boost/(fiber|context|asio|beast|pfr)|asio|fmt)/|/zstd[^/]*[.]h$'
  shift
  dependencies=$(mktemp)
  # Twice: the second include must be nothing.
  printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
    "$@" -x c++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -MD -MF "$dependencies" - 2>&1 ||
    echo "<$header> does not compile alone"
  # Formatters live in fmt.hpp and Boost.Fiber's interop in fiber.hpp, for those who want them.
  case $header in foundation/fmt.hpp | foundation/fiber.hpp) ;; *)
    grep -oE "[^ ]+" "$dependencies" | grep -m 3 -E "$heavy" | sed "s,^,<$header> brings in ,"
    ;;
  esac
  rm -f "$dependencies"
}
export -f judge

headers=$(cpp_files "$root" include | sed 's,^include/,,')
checked=$(grep -c . <<<"$headers" || true)
output=$(xargs -r -P "$(nproc)" -I{} bash -c 'judge "$@" || true' _ {} "$@" -I "$root/include" <<<"$headers")
if [[ -n $output ]]; then violation "$output"; fi
[[ -f $root/include/foundation/foundation.hpp ]] || violation "no include/foundation/foundation.hpp"

finish
