#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# watchdog_test.sh PROGRAM: runs hangs.cpp with a limit of three seconds. It must be aborted, and say which test hung and
# what the processes of its runtimes did.
set -uo pipefail
ulimit -c 0
status=0
output=$(FOUNDATION_TEST_TIMEOUT=0.025 "$1" 2>&1) || status=$?
failures=0

complain() {
  echo "$1"
  failures=$((failures + 1))
}
says() { grep -qE -- "$1" <<<"$output" || complain "does not say: $1"; }

((status == 134)) || complain "ended with status $status and not by SIGABRT"
says '^\[  HANGS   \] Hangs\.with_two_runtimes has run for 3 s$'
says '^runtime "of the fixture": 1 schedulers, 1 processes'
says '^runtime "of the test": '
says '^runtime "moved": 1 schedulers, 1 processes'
(($(grep -cE '^<0\.[0-9]+\.1> "stuck" waiting$' <<<"$output") == 2)) || complain 'does not show both processes'
if grep 'runtime "gone"' <<<"$output"; then complain 'shows a runtime that was destroyed'; fi

((failures == 0)) || echo "$output"
exit $((failures > 0))
