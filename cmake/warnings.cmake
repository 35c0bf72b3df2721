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
            $<$<BOOL:${FOUNDATION_WERROR}>:-Werror>)
endfunction()
