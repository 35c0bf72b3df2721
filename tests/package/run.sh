#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh DIRECTORY: uses the library as others will, static and shared, by find_package, add_subdirectory and
# pkg-config; DIRECTORY is for building and is cleared first. Ends with an error at the first that does not work.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mkdir -p "${1:?usage: run.sh DIRECTORY}" && cd "$1" && pwd)/consumers
rm -rf "$work"
mkdir -p "$work"

generator=(-G Ninja -DCMAKE_BUILD_TYPE=Release)
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); else launcher=(); fi

step() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'consumer check failed: %s\n' "$*" >&2
  exit 1
}

# project NAME SOURCE BUILD FLAG...: configures, builds and runs one
project() {
  local source=$1 build=$2
  shift 2
  cmake -S "$here/$source" -B "$build" "${generator[@]}" "$@" >"$build.log" || {
    cat "$build.log"
    fail "$source does not configure"
  }
  cmake --build "$build"
  "$build/consumer" || fail "$source: exit status $?"
}

# One build directory for both kinds: they differ in the last step alone, so the second only links.
install_library() {
  local kind=$1 shared=$2
  step "install, $kind"
  cmake -S "$root" -B "$work/build" "${generator[@]}" "${launcher[@]}" -DBUILD_SHARED_LIBS="$shared" \
    -DFOUNDATION_DEVELOPER_MODE=OFF >"$work/build.log" || {
    cat "$work/build.log"
    fail "$kind: the library does not configure"
  }
  cmake --build "$work/build"
  cmake --install "$work/build" --prefix "$work/$kind" >/dev/null
  if grep -rnE "$root/(src|include|cmake)|$work/build" "$work/$kind" --include='*.cmake' --include='*.pc'; then
    fail "$kind: the installed package names the source or build tree"
  fi
}

check_installed() {
  local kind=$1 prefix=$work/$1 libdir
  libdir=$(dirname "$(find "$prefix" -name 'libfoundation.*' -not -name '*.py' | head -n 1)")

  step "find_package, $kind"
  project find_package "$work/find_package-$kind" -DCMAKE_PREFIX_PATH="$prefix"

  step "host_malloc, $kind"
  project host_malloc "$work/host_malloc-$kind" -DCMAKE_PREFIX_PATH="$prefix"

  step "count_new, $kind"
  project count_new "$work/count_new-$kind" -DCMAKE_PREFIX_PATH="$prefix"

  step "pkg-config, $kind"
  PKG_CONFIG_PATH=$libdir/pkgconfig "$here/pkg_config/build.sh" "$work/pkg_config-$kind"
  LD_LIBRARY_PATH=$libdir "$work/pkg_config-$kind" || fail "pkg-config, $kind: exit status $?"
  PKG_CONFIG_PATH=$libdir/pkgconfig "$here/pkg_config/build.sh" "$work/pkg_config-count_new-$kind" ../count_new/count_new.cpp \
    foundation_count_new
  LD_LIBRARY_PATH=$libdir "$work/pkg_config-count_new-$kind" || fail "pkg-config, count_new, $kind: exit status $?"
}

check_shared_library() {
  local libdir name version
  version=$(PKG_CONFIG_PATH=$(dirname "$(find "$work/shared" -name foundation.pc)") pkg-config --modversion foundation)
  libdir=$(dirname "$(find "$work/shared" -name libfoundation.so)")
  name=$(readelf -d "$libdir/libfoundation.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
  [[ $name == "libfoundation.so.$(cut -d . -f 2 <<<"$version")" ]] || fail "SONAME is $name for version $version"
  if readelf -d "$libdir/libfoundation.so" | grep -i mimalloc; then
    fail "the library links mimalloc, which exports malloc"
  fi
  local leaked
  leaked=$(nm -D --defined-only "$libdir/libfoundation.so" | awk '{ print $3 }' | c++filt |
    grep -E '^(malloc|free|calloc|realloc|operator (new|delete))' || true)
  [[ -z $leaked ]] || fail "the library exports $leaked"

  # Hidden visibility: of our names the public ones alone, and what their macros call.
  local internal
  internal=$(nm -D --defined-only "$libdir/libfoundation.so" | awk '{ print $3 }' |
    grep -E '^_Z(T.|GV)?N?[KV]*10foundation' | grep -vE '10foundation(2v0|4base4failE)' | c++filt || true)
  [[ -z $internal ]] || fail "the library exports what is its own: $internal"
}

# gdb finds its commands: by itself for the shared library, where the guide says for the static one.
check_gdb() {
  local kind=$1 share said load
  step "gdb, $kind"
  if ! command -v gdb >/dev/null; then
    echo 'skipped: no gdb here'
    return
  fi
  share=$work/$kind/share
  if [[ $kind == shared ]]; then
    load=(-iex "add-auto-load-scripts-directory $share/gdb/auto-load" -iex "add-auto-load-safe-path $share/gdb/auto-load")
  else
    load=(-ex "source $share/foundation/foundation-gdb.py")
  fi
  said=$(gdb -nx -batch -iex 'set debuginfod enabled off' "${load[@]}" -ex 'break main' -ex run -ex 'foundation processes' \
    -ex kill "$work/find_package-$kind/consumer" 2>&1 </dev/null) || true
  if grep -q 'ptrace: Operation not permitted' <<<"$said"; then
    echo 'skipped: gdb may not run programs here'
    return
  fi
  # The library was built as its users get it.
  grep -q '^foundation: no debug information of the library is loaded' <<<"$said" || fail "gdb, $kind: says $said"
}

# refuses_boost SOURCE FLAG...: a project that meets a Boost that is too new says so, and is not configured.
refuses_boost() {
  local source=$1 log=$work/new_boost/log
  shift
  if cmake -S "$source" -B "$work/new_boost/build" "${generator[@]}" -DBoost_DIR="$work/new_boost" "$@" >"$log" 2>&1; then
    fail "$source is configured with Boost 1.90"
  fi
  tr -s ' \n' ' ' <"$log" | grep -q 'foundation needs Boost from 1.81 to 1.87; found 1.90.0' || {
    cat "$log"
    fail "$source does not say which Boost is needed"
  }
  rm -rf "$work/new_boost/build"
}

check_new_boost() {
  step "Boost 1.90"
  mkdir -p "$work/new_boost"
  echo 'set(PACKAGE_VERSION 1.90.0)
set(PACKAGE_VERSION_COMPATIBLE TRUE)' >"$work/new_boost/BoostConfigVersion.cmake"
  # shellcheck disable=SC2016  # CMake's
  echo 'set(Boost_VERSION 1.90.0)
foreach(name headers context fiber)
  add_library(Boost::${name} INTERFACE IMPORTED)
  set(Boost_${name}_FOUND TRUE)
endforeach()' >"$work/new_boost/BoostConfig.cmake"
  refuses_boost "$root" -DFOUNDATION_DEVELOPER_MODE=OFF
  refuses_boost "$here/find_package" -DCMAKE_PREFIX_PATH="$work/static"
  refuses_boost "$here/find_package" -DCMAKE_PREFIX_PATH="$work/shared"
}

# Only our own flags and the parent's reach the parent's files: of ours none but the language.
check_subdirectory() {
  local kind=$1 shared=$2 build=$work/add_subdirectory commands definition
  step "add_subdirectory, $kind"
  project add_subdirectory "$build" "${launcher[@]}" -DFOUNDATION_ROOT="$root" \
    -DBUILD_SHARED_LIBS="$shared" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
  commands=$work/commands
  grep '"command"' "$build/compile_commands.json" >"$commands"
  grep -q 'consumer\.cpp' "$commands" || fail "no command for consumer.cpp"
  if grep -E -- ' -(W[a-z]|fsanitize)' "$commands"; then
    fail "warning or sanitizer flags in a subproject's build"
  fi
  for definition in CONSUMER_OWN_fmt CONSUMER_OWN_spdlog; do
    grep -q "$definition.*/src/" "$commands" || fail "the parent's target was not used: $definition"
  done
}

install_library static OFF
install_library shared ON
rm -rf "$work/build" # a package works without the tree it was built in
check_installed static
check_installed shared
check_shared_library
check_gdb static
check_gdb shared
check_new_boost
check_subdirectory static OFF
check_subdirectory shared ON
printf '\nconsumers: all work\n'
