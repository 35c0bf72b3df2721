// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace foundation::inline v0 {

/// Specialised to true by the author of a type who vouches for it: a value of it may leave its process as it is. The
/// type is then not looked into when it is sent, on its own or within another: neither refused nor re-homed.
///
///     struct table_row { std::string_view text; };          // shows a table that lives as long as the program
///     template <>
///     inline constexpr bool fn::vouched_sendable<table_row> = true;
template <typename T>
inline constexpr bool vouched_sendable = false;

}  // namespace foundation::inline v0
