// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/exit_reason.hpp>

namespace foundation::testing {

/// The reason as far as Erlang has a word for it: of an exception, not what it left.
inline exit_reason without_where(const exit_reason& reason) {
  if (reason.kind() != exit_kind::exception) return reason;
  const exit_exception thrown = reason.exception_info();
  return exit_reason::exception(thrown.type, thrown.what);
}

}  // namespace foundation::testing
