# SPDX-License-Identifier: Apache-2.0
# The tests' sources. `cmake/checks/sources.sh --write` turns this into explicit lists.

set(tests ${PROJECT_SOURCE_DIR}/tests)
foreach(area base os memory sched process delivery runtime public)
  file(GLOB_RECURSE foundation_tests_unit_${area} CONFIGURE_DEPENDS ${tests}/unit/${area}/*_test.cpp)
endforeach()
file(GLOB_RECURSE foundation_tests_model CONFIGURE_DEPENDS ${tests}/model/*_test.cpp)
file(GLOB_RECURSE foundation_tests_stress CONFIGURE_DEPENDS ${tests}/stress/*_test.cpp)
file(GLOB_RECURSE foundation_tests_examples CONFIGURE_DEPENDS ${tests}/examples/*_test.cpp)
file(GLOB_RECURSE foundation_tests_support CONFIGURE_DEPENDS ${tests}/support/*.cpp)
file(GLOB_RECURSE foundation_tests_plugins CONFIGURE_DEPENDS ${tests}/support/*_plugin.cpp)
if(foundation_tests_plugins)
  list(REMOVE_ITEM foundation_tests_support ${foundation_tests_plugins})
endif()
