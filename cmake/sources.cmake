# SPDX-License-Identifier: Apache-2.0
# The library's sources. `cmake/checks/sources.sh --write` turns this into explicit lists.

file(GLOB_RECURSE foundation_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.cpp)
