#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layers.sh ROOT: every include in src/ obeys the table in src/README.md, and public headers include nothing of src/.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1

# shellcheck disable=SC2016  # the backquotes are Markdown's
rows=$(grep -E '^\| `[a-z_]+` \|' "$root/src/README.md" || true)
declare -A allowed=()
while IFS='|' read -r _ area _ below _; do
  [[ $area =~ \`([a-z_]+)\` ]] || continue
  allowed[${BASH_REMATCH[1]}]=" ${below//\`/} "
done <<<"$rows"
if ((${#allowed[@]} == 0)); then violation "src/README.md: no table of layers"; fi

while read -r file; do
  area=${file#src/}
  area=${area%%/*}
  checked=$((checked + 1))
  if [[ -z ${allowed[$area]+x} ]]; then
    violation "$file: area '$area' is not in src/README.md"
    continue
  fi
  while IFS=: read -r line header; do
    other=${header%%/*}
    if [[ $header == foundation/* ]]; then
      violation "$file:$line: public header \"$header\" is included with <>"
    elif [[ $header != */* ]]; then
      violation "$file:$line: \"$header\" is not named from src/ (area/file.hpp)"
    elif [[ $other == "$area" ]]; then
      [[ -f $root/src/$header ]] || violation "$file:$line: no such file: \"$header\""
    elif [[ ${allowed[$area]} != *" $other "* ]]; then
      violation "$file:$line: $area may not include $other (\"$header\")"
    elif [[ $header != "$other/$other.hpp" ]]; then
      violation "$file:$line: other areas include only \"$other/$other.hpp\", not \"$header\""
    fi
  done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/;t found;b;:found;=;p' \
    "$root/$file" | paste -d: - -)
done < <(cpp_files "$root" src)

# The angle form would go round the check above: no area is found by it.
areas=$(IFS='|'; echo "${!allowed[*]}")
while read -r found; do
  violation "$found: src/ is included with \"\", and never by a public header"
done < <(cd "$root" && {
  grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($areas)/" src include || true
  grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' include || true
})

finish
