#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh PROGRAM: builds a consumer with the compiler and pkg-config alone.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
read -ra flags <<<"$(pkg-config --cflags --libs foundation)"
echo "${flags[*]}"
"${CXX:-c++}" -std=c++20 "$here/../consumer.cpp" -o "$1" "${flags[@]}"
