// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace foundation::os {

enum class call_site_kind : std::uint8_t {
  missing,         ///< the table has no entry for the call: an exception terminates the program
  no_landing_pad,  ///< an exception passes this frame unseen
  landing_pad,     ///< an exception continues at the landing pad, or after none of its handlers fits, below
  unreadable,      ///< an encoding that we do not know
};

/// What a function's exception table says of one call.
struct call_site {
  call_site_kind kind;
  std::uintptr_t landing_pad = 0;
};

/// Looks `at` up in the exception table `table` (LSDA of the Itanium C++ ABI) of the function that begins at
/// `function`.
[[nodiscard]] call_site find_call_site(const std::byte* table, std::uintptr_t function, std::uintptr_t at) noexcept;

}  // namespace foundation::os
