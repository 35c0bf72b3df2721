# SPDX-License-Identifier: Apache-2.0
# What only those who work on the library need: warnings, tests, examples, benchmarks.

include(cmake/warnings.cmake)
foundation_set_warnings(foundation)
foundation_set_warnings(foundation_count_new)

# What tests and benchmarks link: a static library, whose hidden symbols they may reach, and the sources' directory.
add_library(foundation_internal INTERFACE)
if(BUILD_SHARED_LIBS)
  add_library(foundation_static STATIC ${foundation_sources})
  foundation_configure_library(foundation_static)
  foundation_set_warnings(foundation_static)
  target_link_libraries(foundation_internal INTERFACE foundation_static)
else()
  target_link_libraries(foundation_internal INTERFACE foundation)
endif()
target_link_libraries(foundation_internal INTERFACE Boost::fiber Boost::context fmt::fmt spdlog::spdlog Threads::Threads)
target_include_directories(foundation_internal INTERFACE ${PROJECT_SOURCE_DIR}/src)
if(FOUNDATION_BACKING_MALLOC)
  target_compile_definitions(foundation_internal INTERFACE FOUNDATION_BACKING_MALLOC)
endif()

if(FOUNDATION_BUILD_EXAMPLES)
  add_subdirectory(examples)
endif()

if(FOUNDATION_BUILD_BENCH)
  add_subdirectory(bench)
endif()

if(FOUNDATION_BUILD_TESTS)
  enable_testing()
  add_subdirectory(tests)
endif()
