# SPDX-License-Identifier: Apache-2.0
# Headers, library, CMake package (`find_package(foundation)`) and pkg-config file.

include(CMakePackageConfigHelpers)

set(foundation_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/foundation)

get_target_property(foundation_type foundation TYPE)
if(foundation_type STREQUAL "SHARED_LIBRARY")
  set(foundation_is_shared TRUE)
else()
  set(foundation_is_shared FALSE)
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/foundation TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp")
install(TARGETS foundation foundation_count_new EXPORT foundation)
install(EXPORT foundation NAMESPACE foundation:: FILE foundationTargets.cmake DESTINATION ${foundation_package_dir})

# gdb runs a script that has the name of the shared library, links followed, below a directory of its own: by the library's
# whole path, which is known only when `cmake --install` runs. For a static library there is none: `source` loads it.
if(foundation_is_shared)
  install(CODE "set(foundation_libdir \"${CMAKE_INSTALL_LIBDIR}\")
    cmake_path(ABSOLUTE_PATH foundation_libdir BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
    set(foundation_datadir \"${CMAKE_INSTALL_DATADIR}\")
    cmake_path(ABSOLUTE_PATH foundation_datadir BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
    file(INSTALL \"${PROJECT_SOURCE_DIR}/cmake/gdb/foundation-gdb.py\" RENAME \"$<TARGET_FILE_NAME:foundation>-gdb.py\"
         DESTINATION \"\${foundation_datadir}/gdb/auto-load\${foundation_libdir}\")")
else()
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/gdb/foundation-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/foundation)
endif()

configure_package_config_file(cmake/foundationConfig.cmake.in ${PROJECT_BINARY_DIR}/foundationConfig.cmake
                              INSTALL_DESTINATION ${foundation_package_dir} NO_SET_AND_CHECK_MACRO)
# While the major version is 0 a minor version promises nothing to the next.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/foundationConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/foundationConfig.cmake ${PROJECT_BINARY_DIR}/foundationConfigVersion.cmake
        DESTINATION ${foundation_package_dir})

# Who links the static library links what it needs too, so plain `pkg-config --libs` says it. Of the shared library's
# needs only the loader hears.
set(foundation_pc_libs "-L\${libdir} -lfoundation")
set(foundation_pc_requires "")
if(NOT foundation_is_shared)
  set(foundation_pc_requires "spdlog fmt libzstd")
  string(APPEND foundation_pc_libs " -lboost_fiber -lboost_context -pthread")
  foreach(library IN LISTS CMAKE_DL_LIBS)
    string(APPEND foundation_pc_libs " -l${library}")
  endforeach()
endif()
foreach(dir LIB INCLUDE)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}DIR}")
    set(foundation_pc_${dir}DIR "${CMAKE_INSTALL_${dir}DIR}")
  else()
    set(foundation_pc_${dir}DIR "\${prefix}/${CMAKE_INSTALL_${dir}DIR}")
  endif()
endforeach()
foreach(name foundation foundation_count_new)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc.in @ONLY)
  # The prefix is known only when `cmake --install` runs.
  install(CODE "set(foundation_pc \"${PROJECT_BINARY_DIR}/${name}.pc\")
    file(READ \"\${foundation_pc}.in\" text)
    string(REPLACE \"%PREFIX%\" \"\${CMAKE_INSTALL_PREFIX}\" text \"\${text}\")
    file(WRITE \"\${foundation_pc}\" \"\${text}\")")
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
