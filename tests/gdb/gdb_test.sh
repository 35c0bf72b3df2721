#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gdb_test.sh PROGRAM SCRIPT: gdb's commands on parked.cpp, live and from a core file. They must say where every process
# stands, and whatever else is asked must be refused in one line. Exit status 77: no gdb that may run programs.
set -uo pipefail
export LC_ALL=C
program=$1
script=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# No more of the allocator's address space than needed: gdb writes all of it into a core file.
export MIMALLOC_ARENA_RESERVE=8192
ulimit -c 0

# on_gdb ARGUMENT...: gdb without anybody's settings
on_gdb() {
  timeout -k 5 120 gdb -nx -nh -batch -iex 'set debuginfod enabled off' -iex 'set auto-load off' \
    -iex 'set width 0' -iex 'set style enabled off' -ex "source $script" "$@" 2>&1 </dev/null
}

if ! command -v gdb >/dev/null; then
  echo 'skipped: no gdb here'
  exit 77
fi
if ! on_gdb -ex 'python print("has", "Python")' -ex 'break main' -ex run -ex 'info inferiors' "$program" >"$work/probe" ||
  ! grep -q '^has Python$' "$work/probe" || ! grep -q '^Breakpoint 1, main\|hit Breakpoint 1, main' "$work/probe"; then
  if grep -qE 'ptrace|Operation not permitted|Python scripting is not supported' "$work/probe"; then
    echo 'skipped: this gdb has no Python, or may not run programs here'
    exit 77
  fi
  cat "$work/probe"
  exit 1
fi

complain() {
  printf '%s: %s\n' "$where" "$1"
  failures=$((failures + 1))
}
# says PATTERN: on one line of what was said
says() { grep -qE -- "$1" "$work/said" || complain "does not say: $1"; }
# says_in_order PATTERN...: on lines one below the other
says_in_order() {
  local from=1 pattern line
  for pattern; do
    line=$(tail -n "+$from" "$work/said" | grep -nE -m 1 -- "$pattern" | cut -d : -f 1)
    if [[ -z $line ]]; then
      complain "does not say, below the lines that match what comes before it: $pattern"
      return
    fi
    from=$((from + line))
  done
}
says_nothing_of() {
  if grep -E -- "$1" "$work/said"; then complain "says: $1"; fi
}

# pid LABEL: as `foundation processes` has printed it
pid() { sed -n "s/^\(<[0-9.]*>\) \"$1\" .*/\1/p" "$work/processes" | head -n 1; }

# ask ARGUMENT...: the target is live or the core file
ask() {
  if [[ $where == live ]]; then
    on_gdb -ex 'break in_place' -ex run "$@" -ex kill "$program" >"$work/said"
  else
    on_gdb "$@" "$program" "$work/core" >"$work/said"
  fi
  says_nothing_of 'Traceback|Python Exception|Error occurred in Python'
}

look_around() {
  ask -ex 'foundation processes'
  says '^runtime 0 "other": 1 schedulers, 1 processes$'
  says '^<0\.0\.1> "elsewhere" idle, 0 messages$'
  says '^runtime 1 "kitchen": 2 schedulers, 6 processes$'
  says '^<0\.[0-9]+\.1> "waiter" waiting, 0 messages$'
  says '^<0\.[0-9]+\.1> "idle" idle, 0 messages$'
  says '^<0\.[0-9]+\.1> "picky" waiting, 4 messages$'
  says "^<0\.[0-9]+\.1> \"fiber\" in a wait of Boost\.Fiber's, 0 messages$"
  says '^<0\.[0-9]+\.[12]> "busy" running on scheduler 0, 1\+3 messages$'
  says '^<0\.[0-9]+\.[12]> "queued" ready, 0\+3 messages$'
  says '^<0\.[0-9]+\.1> "main" a plain thread, 0 messages$'
  says '^<0\.[0-9]+\.1> "stuck" abandoned, running on scheduler 1, 0 messages$'
  cp "$work/said" "$work/processes"

  ask -ex 'foundation processes picky'
  says '"picky" waiting'
  says_nothing_of '"waiter"'

  # And the selected thread is afterwards what it was before.
  ask -ex 'echo before\n' -ex bt -ex "foundation bt $(pid waiter)@1" -ex 'echo after\n' -ex bt
  says_in_order '^before$' '^#0 .*in_place \(\)' '^#1 .* main \(\)' '^<0\.0\.1> "waiter" waiting$' '^#0 .*::resume' \
    'foundation::v0::process::receive<' 'wait_at_depth \(.*depth=0\) at .*parked\.cpp:[0-9]+$' 'wait_at_depth \(.*depth=1\)' \
    'wait_at_depth \(.*depth=2\)' 'foundation::proc::process_entry' '^after$' '^#0 .*in_place \(\)' '^#1 .* main \(\)'
  ask -ex "foundation bt $(pid waiter)@1 1"
  says '^#0 .*::resume'
  says_nothing_of '^#[1-9]'
  ask -ex "foundation bt $(pid waiter)@1 full"
  says_in_order 'wait_at_depth \(.*depth=0\)' 'No locals' 'wait_at_depth \(.*depth=1\)'

  ask -ex "foundation bt $(pid fiber)"
  says_in_order '"fiber" in a wait' '^#0 .*::resume' 'condition_variable' 'wait_in_a_fiber_primitive .*parked\.cpp:[0-9]+$' \
    'process_entry'
  says_nothing_of 'wait_at_depth'

  ask -ex "foundation bt $(pid busy)" -ex 'echo after\n' -ex bt
  says_in_order '"busy" running on scheduler 0, thread [0-9]+$' '^#[0-9]+ .*keep_the_thread .*parked\.cpp:[0-9]+$' \
    'process_entry' '^after$' '^#0 .*in_place'

  ask -ex "foundation bt $(pid stuck)" -ex "foundation bt $(pid main)"
  says_in_order '"stuck" abandoned, running on scheduler 1, thread [0-9]+$' 'keep_the_thread .*parked\.cpp:[0-9]+$' \
    "\"main\" a plain thread: 'thread apply all bt' shows it$"

  ask -ex "foundation bt $(pid idle)" -ex "foundation bt $(pid queued)"
  says_in_order '"idle" idle: a handler between two messages has no stack$' \
    '"queued" ready: a handler between two messages has no stack$'

  ask -ex "foundation mailbox $(pid picky)" -ex "foundation mailbox $(pid busy)" -ex "foundation mailbox $(pid queued)"
  says_in_order '"picky" waiting$' '^taken: 4 messages$' '^ +3 \(anonymous namespace\)::order$' '^ +1 int$' \
    '^not taken yet: 0 signals$' \
    '"busy" running' '^taken: 1 messages$' '^ +1 .*::order$' '^not taken yet: 3 signals$' '^ +3 .*::order$' \
    '"queued" ready$' '^taken: 0 messages$' '^not taken yet: 3 signals$'
  ask -ex "foundation mailbox $(pid queued)"
  says '^ +1 signal: exit$'
  says '^ +1 int$'

  ask -ex 'foundation bt <0.0.1>' -ex 'foundation bt' -ex 'foundation bt nonsense' -ex 'foundation mailbox 9.9.9' \
    -ex "foundation mailbox $(pid idle) more" -ex "foundation bt $(pid waiter)@7"
  says_in_order '^foundation: <0\.0\.1> is in several runtimes; say which: <0\.0\.1>@0 \("other"\) or <0\.0\.1>@1 \("kitchen"\)$' \
    '^foundation: which process\?' '^foundation: which process\?' '^foundation: no process has the pid <9\.9\.9>' \
    "^foundation: what is 'more'\?" '^foundation: no process has the pid'
}

where=live
ask -ex "generate-core-file $work/core"
if [[ ! -s $work/core ]]; then complain 'no core file was written'; fi
look_around
where=core
look_around

where='without a program'
on_gdb -ex 'foundation processes' "$program" >"$work/said"
says '^foundation: there is no program that runs, and no core file\.$'
where='before the first runtime'
on_gdb -ex 'break main' -ex run -ex 'foundation processes' -ex kill "$program" >"$work/said"
says '^foundation: the program has no runtime now\.$'
where='without debug information'
strip -g -o "$work/stripped" "$program"
preload=()
library=$(ldd "$program" | sed -n 's/.*=> \(.*libfoundation\.so[^ ]*\) .*/\1/p')
if [[ -n $library ]]; then
  strip -g -o "$work/libfoundation.so" "$library"
  preload=(-ex "set environment LD_PRELOAD $work/libfoundation.so" -ex 'set startup-with-shell off')
fi
on_gdb "${preload[@]}" -ex 'break in_place' -ex run -ex 'foundation processes' -ex 'foundation bt <0.0.1>' \
  -ex 'foundation mailbox <0.0.1>' -ex kill "$work/stripped" >"$work/said"
says_in_order '^foundation: no debug information' '^foundation: no debug information' '^foundation: no debug information'
says_nothing_of 'Traceback|Python Exception|Error occurred in Python'

((failures == 0)) || printf '%d failures; the last answer was:\n%s\n' "$failures" "$(cat "$work/said")"
exit $((failures > 0))
