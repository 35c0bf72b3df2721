# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Which packages to install on Debian and its relatives. Pure: looks only at its arguments, so that it can be tested on
# lists recorded elsewhere. A list has one line per package that apt could install: `name version`.

# Boost.Fiber from 1.81 to 1.87, the best first. Debian 12 calls its 1.74 libboost-fiber-dev and has 1.81 beside it.
boost_candidates=(libboost-fiber1.81-dev libboost-fiber-dev libboost-fiber1.83-dev)
clang_candidates=(clang-16 clang-17 clang-18 clang-19)

# package_names SET...: every name that the sets could lead to; what to ask apt about.
package_names() {
  local set
  for set in "$@"; do
    case $set in
      build)
        printf '%s\n' g++ cmake ninja-build pkg-config ccache "${boost_candidates[@]}" libfmt-dev libspdlog-dev \
          libzstd-dev libmimalloc-dev
        ;;
      test) printf '%s\n' libgtest-dev libgmock-dev libbenchmark-dev ;;
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
        choose_one "$list" 12 0 g++ || status=1
        choose_one "$list" 3 25 cmake || status=1
        choose_one "$list" 1 0 ninja-build || status=1
        choose_one "$list" 0 0 pkg-config || status=1
        choose_optional "$list" ccache
        choose_boost "$list" || status=1
        choose_one "$list" 9 0 libfmt-dev || status=1
        choose_one "$list" 1 10 libspdlog-dev || status=1
        choose_one "$list" 1 4 libzstd-dev || status=1
        choose_one "$list" 2 0 libmimalloc-dev || status=1
        ;;
      test)
        choose_one "$list" 1 12 libgtest-dev || status=1
        choose_one "$list" 1 12 libgmock-dev || status=1
        choose_one "$list" 1 6 libbenchmark-dev || status=1
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

choose_one() {
  local list=$1 major=$2 minor=$3 name=$4 version
  version=$(version_in "$list" "$name")
  echo "$name"
  if [[ -z $version ]]; then
    echo "not available: $name" >&2
    return 1
  fi
  if ! at_least "$version" "$major" "$minor"; then
    echo "too old: $name $version (from $major.$minor on)" >&2
    return 1
  fi
}

choose_optional() { if [[ -n $(version_in "$1" "$2") ]]; then echo "$2"; fi; }

choose_boost() {
  local list=$1 name version seen=()
  for name in "${boost_candidates[@]}"; do
    version=$(version_in "$list" "$name")
    [[ -n $version ]] || continue
    if at_least "$version" 1 81 && ! at_least "$version" 1 88; then
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
