# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Which packages to install on Debian and its relatives. Pure: looks only at its arguments, so that it can be tested on
# lists of other systems. A list has one line per package that is installed or could be: `name version`.

# Boost.Fiber from 1.81 to 1.87, the best first. Debian 12 calls its 1.74 libboost-fiber-dev and has 1.81 beside it.
boost_candidates=(libboost-fiber1.81-dev libboost-fiber-dev libboost-fiber1.83-dev)
clang_candidates=(clang-16 clang-17 clang-18 clang-19)
# Whom foundation is measured beside, what draws the plots, and Google Benchmark: each only if it is offered.
bench_optional=(golang-go erlang-base libcaf-dev gnuplot-nox libbenchmark-dev)

# The oldest version of each that will do; of those that are not here any.
declare -A oldest=([g++]=12.0 [cmake]=3.25 [libfmt-dev]=9.0 [libspdlog-dev]=1.10 [libzstd-dev]=1.4 [libmimalloc-dev]=2.0
  [libgtest-dev]=1.12 [libgmock-dev]=1.12)

# package_names SET...: every name that the sets could lead to; what to ask apt about.
package_names() {
  local set
  for set in "$@"; do
    case $set in
      build)
        printf '%s\n' g++ cmake ninja-build pkg-config ccache "${boost_candidates[@]}" libfmt-dev libspdlog-dev \
          libzstd-dev libmimalloc-dev
        ;;
      test) printf '%s\n' libgtest-dev libgmock-dev python3 erlang-base gdb valgrind ;;
      bench) printf '%s\n' "${bench_optional[@]}" python3 ;;
      ci) printf '%s\n' "${clang_candidates[@]}" ;;
      *) return 2 ;;
    esac
  done
}

# at_least VERSION MAJOR MINOR: compares a Debian version (epoch:1.81.0-5) by its first two numbers.
at_least() {
  local version=${1#*:} major minor
  [[ $version =~ ^([0-9]+)(\.([0-9]+))? ]] || return 1
  major=${BASH_REMATCH[1]}
  minor=${BASH_REMATCH[3]:-0}
  ((10#$major > $2 || (10#$major == $2 && 10#$minor >= $3)))
}

# fits NAME VERSION: whether that version of the package will do.
fits() {
  case $1 in
    libboost-fiber*) at_least "$2" 1 81 && ! at_least "$2" 1 88 ;;
    *) [[ -z ${oldest[$1]:-} ]] || at_least "$2" "${oldest[$1]%.*}" "${oldest[$1]#*.}" ;;
  esac
}

# fitting LIST: the packages of a list whose versions will do.
fitting() {
  local name version
  while read -r name version; do
    if fits "$name" "$version"; then echo "$name $version"; fi
  done <"$1"
}

# version_in LIST NAME: the version of one package in the list, or nothing.
version_in() { awk -v name="$2" '$1 == name { print $2; exit }' "$1"; }

# choose_packages LIST SET...: prints the packages to have, one a line. For one that the list does not offer, or only too
# old, it says so on stderr, prints the name all the same, and returns 1 at the end.
choose_packages() {
  local list=$1 status=0 set
  shift
  for set in "$@"; do
    case $set in
      build)
        choose_all "$list" g++ cmake ninja-build pkg-config || status=1
        choose_optional "$list" ccache
        choose_boost "$list" || status=1
        choose_all "$list" libfmt-dev libspdlog-dev libzstd-dev libmimalloc-dev || status=1
        ;;
      test)
        choose_all "$list" libgtest-dev libgmock-dev python3 || status=1
        # To compare with, to test commands in, to count instructions with: these tests are skipped without.
        choose_optional "$list" erlang-base gdb valgrind
        ;;
      bench)
        choose_all "$list" python3 || status=1
        choose_optional "$list" "${bench_optional[@]}"
        ;;
      ci) choose_clang "$list" || status=1 ;;
      *)
        echo "no such set of packages: $set" >&2
        return 2
        ;;
    esac
  done
  return $status
}

choose_all() {
  local list=$1 status=0 name version
  shift
  for name; do
    version=$(version_in "$list" "$name")
    echo "$name"
    if [[ -z $version ]]; then
      echo "not available: $name" >&2
      status=1
    elif ! fits "$name" "$version"; then
      echo "too old: $name $version (from ${oldest[$name]} on)" >&2
      status=1
    fi
  done
  return $status
}

choose_optional() {
  local list=$1 name
  shift
  for name; do
    if [[ -n $(version_in "$list" "$name") ]]; then echo "$name"; fi
  done
}

choose_boost() {
  local list=$1 name version seen=()
  for name in "${boost_candidates[@]}"; do
    version=$(version_in "$list" "$name")
    [[ -n $version ]] || continue
    if fits "$name" "$version"; then
      echo "$name"
      return 0
    fi
    seen+=("$name $version")
  done
  echo "${boost_candidates[0]}"
  echo "not available: Boost.Fiber from 1.81 to 1.87 (found: ${seen[*]:-none})" >&2
  return 1
}

choose_clang() {
  local name
  for name in "${clang_candidates[@]}"; do
    if [[ -n $(version_in "$1" "$name") ]]; then
      echo "$name"
      return 0
    fi
  done
  echo "${clang_candidates[0]}"
  echo "not available: ${clang_candidates[0]} or later" >&2
  return 1
}

# removals SIMULATION: what `apt-get -s install` says it would remove, from its output.
removals() { awk '$1 == "Remv" { print $2 }' <<<"$1"; }
