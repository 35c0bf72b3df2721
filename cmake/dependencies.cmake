# SPDX-License-Identifier: Apache-2.0
# What the library links. A target that the parent project already has is used as it is.

# Found in a subproject, a package's targets would be unknown to the parent, which links them through ours.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Two copies of Boost.Fiber in one program are two "active fibers", so the shared library is asked for by name.
if(NOT TARGET Boost::fiber)
  set(Boost_USE_STATIC_LIBS OFF)
  find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers context fiber)
  # It swaps the C++ exception globals at a switch, as we do (docs/decisions/0002).
  if(Boost_VERSION VERSION_GREATER_EQUAL 1.88)
    message(FATAL_ERROR "foundation needs Boost from 1.81 to 1.87; found ${Boost_VERSION} in ${Boost_DIR}")
  endif()
endif()

if(NOT TARGET fmt::fmt)
  find_package(fmt 9 REQUIRED)
endif()

if(NOT TARGET spdlog::spdlog)
  find_package(spdlog 1.10 REQUIRED)
endif()

# What Debian and its relatives call it; no other is asked for, so that an installed package finds the same one.
if(NOT TARGET zstd::libzstd_shared)
  find_package(zstd 1.4 CONFIG REQUIRED)
endif()
