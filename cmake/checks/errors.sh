#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# errors.sh ROOT: docs/guide/troubleshooting.md has a section for each code of errc.hpp, with causes and remedy, and neither it
# nor another page of the guide names a code that there is not.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
root=$1
header=include/foundation/errc.hpp
page=docs/guide/troubleshooting.md

codes=$(without_comments "$root/$header" | awk '
  /enum class errc/ { inside = 1; next }
  inside && /}/ { exit }
  inside { gsub(/=[^,]*/, ""); gsub(/[ \t,]+/, "\n"); print }' | grep -E '^[a-z_]+$' || true)
if [[ -z $codes ]]; then violation "$header: no enumerators found"; fi

# Sections begin with "### `code`"; what they lack is printed as "code: Causes".
# shellcheck disable=SC2016  # the backquotes are Markdown's
sections=$(awk '
  function flush_section() {
    if (code == "") return
    print code
    if (!causes) print code ": Causes"
    if (!remedy) print code ": Remedy"
    code = ""
  }
  /^#/ { flush_section() }
  /^### `[a-z_]+`$/ { code = substr($2, 2, length($2) - 2); causes = remedy = 0 }
  /^- Causes: ./ { causes = 1 }
  /^- Remedy: ./ { remedy = 1 }
  END { flush_section() }' "$root/$page")

for code in $codes; do
  checked=$((checked + 1))
  count=$(grep -cx -- "$code" <<<"$sections" || true)
  if ((count == 0)); then violation "$page: no section for $code"; fi
  if ((count > 1)); then violation "$page: $count sections for $code"; fi
done
while read -r section; do
  case $section in
    '') ;;
    *:*) violation "$page: the section of ${section%:*} has no line '- ${section#*: }: ...'" ;;
    *) if ! grep -qx -- "$section" <<<"$codes"; then violation "$page: a section for $section, which is no code"; fi ;;
  esac
done <<<"$sections"

while IFS=: read -r file line name; do
  checked=$((checked + 1))
  if ! grep -qx -- "${name#errc::}" <<<"$codes"; then violation "$file:$line: $name, which is no code"; fi
done < <(cd "$root" && { grep -rnoE 'errc::[a-z_]+' README.md docs/guide || true; })

finish
