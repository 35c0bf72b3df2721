# SPDX-License-Identifier: Apache-2.0
# Tests of the tree itself: each check in cmake/checks, and its own test on trees that it must refuse.

set(checks ${PROJECT_SOURCE_DIR}/cmake/checks)

# Include directories of the dependencies, for the checks that compile. Those the compiler knows anyway stay its own.
set(include_flags "")
foreach(target Boost::headers Boost::fiber fmt::fmt spdlog::spdlog)
  get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
  foreach(directory IN LISTS directories)
    if(IS_DIRECTORY "${directory}" AND NOT directory IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      list(APPEND include_flags -isystem ${directory})
    endif()
  endforeach()
endforeach()
list(REMOVE_DUPLICATES include_flags)

# The compiler of this build, and the other of the two where it is installed.
set(compilers ${CMAKE_CXX_COMPILER})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  find_program(FOUNDATION_OTHER_COMPILER NAMES clang++-16 clang++-17 clang++-18 clang++-19)
else()
  find_program(FOUNDATION_OTHER_COMPILER NAMES g++-12 g++)
endif()
mark_as_advanced(FOUNDATION_OTHER_COMPILER)
if(FOUNDATION_OTHER_COMPILER)
  list(APPEND compilers ${FOUNDATION_OTHER_COMPILER})
endif()

foreach(check layers strays top_level sources file_length readme errors)
  add_test(NAME structure.${check} COMMAND ${checks}/${check}.sh ${PROJECT_SOURCE_DIR})
  add_test(NAME structure.${check}.selftest COMMAND ${checks}/selftest.sh ${check} ${CMAKE_CXX_COMPILER})
  list(APPEND structure_tests structure.${check} structure.${check}.selftest)
endforeach()

add_test(NAME structure.labels COMMAND ${checks}/labels.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
add_test(NAME structure.labels.selftest COMMAND ${checks}/selftest.sh labels ${CMAKE_CXX_COMPILER})
list(APPEND structure_tests structure.labels structure.labels.selftest)

if(FOUNDATION_BUILD_EXAMPLES)
  add_test(NAME structure.output COMMAND ${checks}/output.sh ${PROJECT_SOURCE_DIR} $<TARGET_FILE:first_steps>)
  add_test(NAME structure.output.selftest COMMAND ${checks}/selftest.sh output ${CMAKE_CXX_COMPILER})
  list(APPEND structure_tests structure.output structure.output.selftest)
endif()

foreach(check headers compile_fail snippets)
  foreach(compiler IN LISTS compilers)
    cmake_path(GET compiler FILENAME name)
    add_test(NAME structure.${check}.${name} COMMAND ${checks}/${check}.sh ${PROJECT_SOURCE_DIR} ${compiler}
                                                     ${include_flags})
    add_test(NAME structure.${check}.${name}.selftest COMMAND ${checks}/selftest.sh ${check} ${compiler})
    list(APPEND structure_tests structure.${check}.${name} structure.${check}.${name}.selftest)
  endforeach()
endforeach()

add_test(NAME structure.packages COMMAND ${PROJECT_SOURCE_DIR}/tests/package/packages_test.sh)
list(APPEND structure_tests structure.packages)

set_tests_properties(${structure_tests} PROPERTIES LABELS "ci;structure" TIMEOUT 300)
