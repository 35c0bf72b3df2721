#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# labels.sh ROOT BUILD: in the build directory BUILD, each label that the documents name has tests.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=cmake/checks/common.sh
source "$here/common.sh"
build=$2

for label in ci nightly structure; do
  checked=$((checked + 1))
  total=$(ctest --test-dir "$build" -N -L "^$label\$" | sed -n 's/^Total Tests: //p')
  ((${total:-0} > 0)) || violation "no test has the label '$label'"
done

finish
