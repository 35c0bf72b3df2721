#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh PROGRAM [SOURCE PACKAGE]: builds a consumer with the compiler and pkg-config alone.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
read -ra flags <<<"$(pkg-config --cflags --libs "${3:-foundation}")"
echo "${flags[*]}"
"${CXX:-c++}" -std=c++20 "$here/${2:-../consumer.cpp}" -o "$1" "${flags[@]}"
