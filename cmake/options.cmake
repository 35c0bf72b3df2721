# SPDX-License-Identifier: Apache-2.0
# Every option, with its default.

option(FOUNDATION_DEVELOPER_MODE "Warnings, tests, examples and benchmarks for those who work on the library"
       ${PROJECT_IS_TOP_LEVEL})
option(FOUNDATION_INSTALL "Install the library, its headers, CMake package and pkg-config file" ${PROJECT_IS_TOP_LEVEL})
option(FOUNDATION_HOSTILE "Random budgets, work moved by chance, freed memory filled, invariants checked" OFF)
set(FOUNDATION_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, \"address;undefined\" or \"thread\"")
option(FOUNDATION_BACKING_MALLOC "Take memory from malloc, and never look for mimalloc" OFF)

# Below: developer mode only.
option(FOUNDATION_BUILD_TESTS "Build the tests (needs GoogleTest)" ON)
option(FOUNDATION_BUILD_EXAMPLES "Build the examples" ON)
option(FOUNDATION_BUILD_BENCH "Build the programs that cmake/quickstart bench measures" OFF)
option(FOUNDATION_WERROR "Treat warnings as errors" OFF)
set(FOUNDATION_TEST_SCALE 1 CACHE STRING "Factor on the sizes of stress tests; the environment variable overrides it")

include(GNUInstallDirs)

# Before any target is made, or it would miss it. A launcher chosen by hand stays.
if(FOUNDATION_DEVELOPER_MODE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(FOUNDATION_CCACHE ccache)
  mark_as_advanced(FOUNDATION_CCACHE)
  if(FOUNDATION_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${FOUNDATION_CCACHE})
  endif()
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
