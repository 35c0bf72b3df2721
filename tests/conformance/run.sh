#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh PROGRAM: plays the scenarios in Erlang and by PROGRAM; what they print must be the same. Exit status 77: no Erlang.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1

if ! command -v escript >/dev/null; then
  echo "skipped: no Erlang here (package erlang-base)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Each scenario once for each value of its variable; comments go.
awk '
  function flush_scenario(i, j, text) {
    for (i = 1; i <= values; ++i) {
      for (j = 1; j <= lines; ++j) {
        text = line[j]
        if (variable != "") gsub(variable, value[i], text)
        print text
      }
    }
    lines = 0
  }
  /^#/ || NF == 0 { next }
  $1 == "scenario" {
    flush_scenario()
    variable = NF > 2 ? $3 : ""
    values = variable == "" ? 1 : NF - 4
    for (i = 1; i <= NF - 4; ++i) value[i] = $(i + 4)
    line[lines = 1] = "scenario " $2 (variable == "" ? "" : " " variable)
    next
  }
  { line[++lines] = $0 }
  END { flush_scenario() }' "$here/signals.scenarios" >"$work/scenarios"

# No node, no epmd, nothing of the user's own; a crash would leave a dump.
if ! HOME=$work ERL_EPMD_PORT=1 ERL_CRASH_DUMP=/dev/null ERL_AFLAGS='' ERL_FLAGS='' ERL_ZFLAGS='' \
  escript "$here/signals.escript" "$work/scenarios" >"$work/erlang" </dev/null; then
  tail "$work/erlang"
  echo 'Erlang did not play to the end'
  exit 1
fi
if ! "$program" "$work/scenarios" >"$work/ours"; then
  tail "$work/ours"
  echo 'we did not play to the end'
  exit 1
fi

scenarios=$(grep -c '^scenario ' "$work/scenarios")
printf '%d scenarios, %d lines\n' "$scenarios" "$(wc -l <"$work/erlang")"
if (($(grep -c '^scenario ' "$work/erlang") != scenarios || $(grep -c '^  ' "$work/erlang") < scenarios)); then
  echo 'Erlang has not played them all'
  exit 1
fi
# With so much before it that the scenario's name can be seen.
diff -U 12 --label Erlang "$work/erlang" --label ours "$work/ours"
