# SPDX-License-Identifier: Apache-2.0
# The warnings our own code is held to. PRIVATE, and only in developer mode: none reaches who uses the library.

function(foundation_set_warnings target)
  target_compile_options(
    ${target}
    PRIVATE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wcast-qual
            -Wimplicit-fallthrough
            -Wextra-semi
            $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # false alarms in GCC 12's own std::string (GCC bug 105651)
            $<$<BOOL:${FOUNDATION_WERROR}>:-Werror>)
endfunction()
