#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# snippets.sh ROOT COMPILER [FLAG...]: every block of C++ in README.md and docs/guide compiles without a warning.
#
#   ```cpp        a whole program if it has a main; else declarations, known to the blocks below it on the page
#   ```cpp body   statements, in a function with `fn::runtime& rt`, `fn::process& self` and `fn::pid worker`
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1
shift
compile=("$@" -std=c++20 -I "$root/include" -x c++ -fsyntax-only -fno-diagnostics-color -Wall -Wextra -Werror)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Splits a page into $2.page.cpp and one $2.<line>.cpp for each program; lines keep their numbers. Prints the number of blocks.
# shellcheck disable=SC2016  # the backquotes are Markdown's
split() {
  awk -v out="$2" -v page="$1" '
    function flush_block() {
      if (block ~ /(^|\n)int main\(/) {
        name = out "." first ".cpp"
        printf "#line %d \"%s\"\n%s", first, page, block > name
        close(name)
      } else if (body) {
        printf "[[maybe_unused]] static void body_%d([[maybe_unused]] fn::runtime& rt, [[maybe_unused]] fn::process& self, ", first > all
        printf "[[maybe_unused]] fn::pid worker) {\n#line %d \"%s\"\n%s}\n", first, page, block > all
      } else {
        printf "#line %d \"%s\"\n%s", first, page, block > all
      }
      ++blocks
    }
    BEGIN { all = out ".page.cpp"; printf "" > all }
    !inside && /^```cpp( body)?$/ { inside = 1; body = / body$/; first = NR + 1; block = ""; next }
    !inside && /^```cpp/ { printf "%s:%d: neither \"cpp\" nor \"cpp body\"\n", page, NR > (out ".bad") }
    inside && /^```$/ { inside = 0; flush_block(); next }
    inside { block = block $0 "\n" }
    END { if (inside) printf "%s: a block has no end\n", page > (out ".bad"); print blocks + 0 }' "$root/$1"
}

while read -r page; do
  checked=$((checked + $(split "$page" "$work/${page//\//_}")))
done < <(cd "$root" && find README.md docs/guide -name '*.md' | sort)

for bad in "$work"/*.bad; do
  if [[ -f $bad ]]; then violation "$(cat "$bad")"; fi
done
if ! output=$(find "$work" -name '*.cpp' -size +0 -print0 |
  xargs -0 -r -n 1 -P "$(nproc)" "${compile[@]}" -Wno-unused-variable -Wno-unused-but-set-variable 2>&1); then
  violation "$(grep -E 'error:' <<<"$output" || echo "$output")"
fi

finish
