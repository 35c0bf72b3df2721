#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The choice of packages of cmake/quickstart, on the lists of three distributions and on some that lack something; and
# quickstart's own answers that need no package manager.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
# shellcheck source=cmake/quickstart.d/packages.sh
source "$root/cmake/quickstart.d/packages.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

# expect WHAT EXPECTED ACTUAL
expect() {
  checks=$((checks + 1))
  [[ $2 == "$3" ]] && return
  printf '%s:\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
  failures=$((failures + 1))
}

# chosen LIST SET...: what is chosen, on one line, then the complaints and the status if it is not 0
chosen() {
  local list=$1 status=0 names
  shift
  names=$(choose_packages "$list" "$@" 2>"$work/complaints") || status=$?
  paste -sd ' ' <<<"$names"
  if ((status != 0)); then
    cat "$work/complaints"
    echo "status $status"
  fi
}

tools='g++ cmake ninja-build pkg-config ccache'
libraries='libfmt-dev libspdlog-dev libzstd-dev libmimalloc-dev'
tests='libgtest-dev libgmock-dev python3 erlang-base gdb valgrind'

expect 'Debian 12 takes the newer Boost beside its default 1.74' \
  "$tools libboost-fiber1.81-dev $libraries $tests clang-16" "$(chosen "$here/lists/debian-12" build test ci)"
expect 'Debian 13 takes its default Boost 1.83, not 1.88, and the oldest Clang from 16 on' \
  "$tools libboost-fiber-dev $libraries $tests clang-17" "$(chosen "$here/lists/debian-13" build test ci)"
expect 'Ubuntu 24.04 takes its default Boost 1.83' \
  "$tools libboost-fiber-dev $libraries $tests clang-16" "$(chosen "$here/lists/ubuntu-24.04" build test ci)"

grep -v '^ccache ' "$here/lists/debian-12" >"$work/no-ccache"
expect 'ccache is left out where there is none' \
  "${tools/ ccache/} libboost-fiber1.81-dev $libraries" "$(chosen "$work/no-ccache" build)"

grep -v '^erlang-base ' "$here/lists/debian-12" >"$work/no-erlang"
expect 'Erlang is left out where there is none' "${tests/ erlang-base/}" "$(chosen "$work/no-erlang" test)"

grep -v '^gdb ' "$here/lists/debian-12" >"$work/no-gdb"
expect 'so is gdb' "${tests/ gdb/}" "$(chosen "$work/no-gdb" test)"

for system in debian-12 debian-13 ubuntu-24.04; do
  expect "what $system is measured beside, and what draws the plots" \
    'python3 golang-go erlang-base libcaf-dev gnuplot-nox libbenchmark-dev' "$(chosen "$here/lists/$system" bench)"
done
grep -v '^golang-go ' "$here/lists/debian-12" >"$work/no-go"
expect 'a peer is left out where there is none' \
  'python3 erlang-base libcaf-dev gnuplot-nox libbenchmark-dev' "$(chosen "$work/no-go" bench)"

grep -v '^libboost-fiber1.81-dev ' "$here/lists/debian-12" >"$work/old-boost"
expect 'Boost 1.74 alone is refused' \
  'not available: Boost.Fiber from 1.81 to 1.87 (found: libboost-fiber-dev 1.74.0.3)
status 1' "$(chosen "$work/old-boost" build | tail -n +2)"

sed 's,^libboost-fiber-dev .*,libboost-fiber-dev 1.90.0.1,' "$here/lists/debian-13" >"$work/new-boost"
expect 'a default Boost that is too new gives way to the 1.83 beside it' \
  "$tools libboost-fiber1.83-dev $libraries" "$(chosen "$work/new-boost" build)"

: >"$work/empty"
expect 'without package lists the wanted names are still printed' \
  "${tools/ ccache/} libboost-fiber1.81-dev $libraries" "$(chosen "$work/empty" build | head -n 1)"
expect 'and the status says that they are not to be had' 'status 1' "$(chosen "$work/empty" build | tail -n 1)"

sed 's,^cmake .*,cmake 3.18.4-2,' "$here/lists/debian-12" >"$work/old-cmake"
expect 'a CMake that is too old is named' 'too old: cmake 3.18.4-2 (from 3.25 on)' \
  "$(chosen "$work/old-cmake" build | sed -n 2p)"

expect 'an unknown set is an error' 'status 2' "$(chosen "$work/empty" wrong | tail -n 1)"

# As apt prints it on Debian 12 where libboost-dev (1.74) is installed.
simulation='Reading package lists...
The following packages will be REMOVED:
  libboost-dev libboost1.74-dev
Remv libboost-dev [1.74.0.3]
Remv libboost1.74-dev [1.74.0+ds1-21]
Inst libboost1.81-dev (1.81.0-5+deb12u1 Debian:12.5/stable [amd64])
Conf libboost1.81-dev (1.81.0-5+deb12u1 Debian:12.5/stable [amd64])'
expect 'removals are read from a simulation' 'libboost-dev libboost1.74-dev' \
  "$(removals "$simulation" | paste -sd ' ')"
expect 'a simulation that removes nothing' '' "$(removals "Inst x (1)")"

# quickstart_says PATH ARGUMENT...: its first line and exit status
quickstart_says() {
  local path=$1 status=0 output
  shift
  output=$(PATH=$path bash "$root/cmake/quickstart" "$@" 2>&1) || status=$?
  echo "$(head -n 1 <<<"$output") [$status]"
}

expect 'an unknown argument is named' \
  "quickstart: unknown argument '--wrong' (cmake/quickstart --help lists them) [2]" "$(quickstart_says "$PATH" --wrong)"
expect 'an unknown set is named' \
  "quickstart: --packages takes build, test, bench or ci, not 'wrong' [2]" "$(quickstart_says "$PATH" --packages wrong)"

# A machine without apt: a PATH of the few tools quickstart starts with.
mkdir "$work/bin"
for tool in bash dirname mktemp rm; do ln -s "$(type -P "$tool")" "$work/bin/$tool"; done
expect 'without apt one line lists what is needed' 'quickstart: no apt here; needed: g++ 12 or clang 16, CMake 3.25,'\
' Ninja, pkg-config, Boost 1.81 to 1.87 (Fiber, Context; shared), fmt 9, spdlog 1.10, zstd 1.4, mimalloc 2; for the tests'\
' GoogleTest 1.12 and Python 3 [1]' "$(quickstart_says "$work/bin")"

# A machine whose package manager is a fake: apt-cache offers what is in the list $work/offered, dpkg-query has what is in
# $work/has (`installed NAME VERSION`), apt-get writes down what it is asked for.
cp -r "$work/bin" "$work/fake"
for tool in awk sort grep paste cat env true; do ln -s "$(type -P "$tool")" "$work/fake/$tool"; done
fake() { printf '#!/bin/sh\n%s\n' "$2" >"$work/fake/$1" && chmod +x "$work/fake/$1"; }
fake apt-cache "while read -r name version; do echo \"\$name:\"; echo \"  Candidate: \$version\"; done <'$work/offered'"
fake dpkg-query "cat '$work/has'"
# shellcheck disable=SC2016  # the fakes' own arguments
{
  fake id 'echo 1000'
  fake sudo '[ "$1" = -n ] && shift && exec "$@"'
  fake apt-get 'echo "$DEBIAN_FRONTEND" "$@" >>'"'$work/asked'"'
    case $1 in
      -s) cat '"'$work/simulation'"' ;;
      install) while read -r name version; do
        case " $* " in *" $name "*) echo "installed $name $version" ;; esac
      done <'"'$work/offered' >>'$work/has'"' ;;
    esac'
}

# machine LIST [INSTALLED]: a fresh one
machine() {
  cp "$1" "$work/offered"
  sed 's/^/installed /' "${2:-$work/empty}" >"$work/has"
  : >"$work/asked"
  echo 'Inst x (1)' >"$work/simulation"
}

# on_fake ARGUMENT...: quickstart there; what it said is in $work/said. Prints its exit status.
on_fake() {
  local status=0
  PATH=$work/fake bash "$root/cmake/quickstart" "$@" >"$work/said" 2>&1 || status=$?
  echo "$status"
}

build="$tools libboost-fiber1.81-dev $libraries"

machine "$here/lists/debian-12"
echo "$simulation" >"$work/simulation"
expect 'an installation that would remove something is not made' 1 "$(on_fake)"
expect 'and what would go is printed' '  libboost-dev
  libboost1.74-dev' "$(grep '^  ' "$work/said")"
expect 'nothing was installed' '' "$(grep ' install ' "$work/asked" | grep -v -e ' -s ' || true)"

machine "$here/lists/debian-12"
expect '--no-install names what is missing and ends with 1' 1 "$(on_fake --no-install)"
expect 'in two lines' "packages: $build
missing:  $build" "$(cat "$work/said")"
expect 'and calls no apt-get' '' "$(cat "$work/asked")"

machine "$here/lists/debian-12"
expect 'what is missing is installed' 0 "$(on_fake --packages build)"
expect 'after the packages were printed' "packages: $build
missing:  $build" "$(cat "$work/said")"
expect 'without a question, and with no package removed' "noninteractive install -y -qq --no-install-recommends --no-remove\
 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 $build" "$(tail -n 1 "$work/asked")"
: >"$work/asked"
expect 'a second run has nothing to install' 0 "$(on_fake --packages build)"
expect 'says so' 'all installed' "$(tail -n 1 "$work/said")"
expect 'and does not call apt-get' '' "$(cat "$work/asked")"
expect '--no-install then ends with 0' 0 "$(on_fake --no-install)"

machine "$here/lists/debian-12"
# shellcheck disable=SC2016
fake sudo '[ "$1" = -n ] || read -r password; exit 1'
expect 'who may not install without a password is told what to run' 1 "$(on_fake)"
expect 'in one line' "quickstart: not root, and sudo would ask for a password. Run: sudo apt-get install\
 --no-install-recommends $build" "$(tail -n 1 "$work/said")"
expect 'and apt-get is not called' '' "$(cat "$work/asked")"
fake id 'echo 0'
expect 'root needs no sudo' 0 "$(on_fake --packages build)"

machine "$work/old-cmake" "$work/old-cmake"
expect 'an installed CMake that is too old, and no other to be had, is no complete installation' 1 "$(on_fake)"
expect 'is named' 'too old: cmake 3.18.4-2 (from 3.25 on)' "$(grep '^too old' "$work/said")"
expect 'and nothing is installed' '' "$(grep ' install ' "$work/asked" || true)"
expect '--no-install says the same' 1 "$(on_fake --no-install)"
expect 'in its words' 'missing:  cmake
by apt'\''s lists as they are now:
too old: cmake 3.18.4-2 (from 3.25 on)' "$(tail -n +2 "$work/said")"

machine "$here/lists/debian-12" "$work/old-cmake"
expect 'an installed CMake that is too old is upgraded' 0 "$(on_fake --packages build)"
expect 'alone' 'missing:  cmake' "$(tail -n 1 "$work/said")"

machine "$work/old-cmake" "$here/lists/debian-12"
expect 'an installed one that will do is left, whatever apt offers' 0 "$(on_fake --no-install)"

printf '%d checks, %d failures\n' "$checks" "$failures"
exit $((failures > 0 || checks == 0))
