# SPDX-License-Identifier: Apache-2.0
# CAF::core. CAF brings its own package configuration since 0.18; Debian's 0.17 has none.

find_package(CAF CONFIG QUIET COMPONENTS core)
if(NOT CAF_FOUND)
  find_path(CAF_INCLUDE_DIR caf/all.hpp)
  find_library(CAF_CORE_LIBRARY caf_core)
  mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY)
  if(CAF_INCLUDE_DIR AND CAF_CORE_LIBRARY)
    set(CAF_core_FOUND TRUE)
    if(NOT TARGET CAF::core)
      add_library(CAF::core UNKNOWN IMPORTED)
      set_target_properties(CAF::core PROPERTIES IMPORTED_LOCATION ${CAF_CORE_LIBRARY}
                                                 INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR})
    endif()
  endif()
  include(FindPackageHandleStandardArgs)
  find_package_handle_standard_args(CAF REQUIRED_VARS CAF_CORE_LIBRARY CAF_INCLUDE_DIR HANDLE_COMPONENTS)
endif()
