// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/exit_reason.hpp>
#include <stdexcept>
#include <string>

namespace foundation::testing {

/// The reason as far as Erlang has a word for it: of an exception, not what it left.
inline exit_reason without_where(const exit_reason& reason) {
  if (reason.kind() != exit_kind::exception) return reason;
  const exit_exception thrown = reason.exception_info();
  return exit_reason::exception(thrown.type, thrown.what);
}

/// The reasons that the tables of exits and of monitors have a row for.
enum class reason_kind { normal, shutdown, shutdown_with, kill, killed, noproc, noconnection, exception, user };
inline constexpr const char* reason_names[] = {"normal", "shutdown",     "shutdown_with", "kill", "killed",
                                               "noproc", "noconnection", "exception",     "user"};

[[noreturn]] inline void crash() { throw std::runtime_error("out of paper"); }

inline exit_reason planned_reason(reason_kind kind) {
  switch (kind) {
    case reason_kind::normal: return exit_reason::normal;
    case reason_kind::shutdown: return exit_reason::shutdown;
    case reason_kind::shutdown_with: return exit_reason::shutdown_with(std::string("maintenance"));
    case reason_kind::kill: return exit_reason::kill;
    case reason_kind::killed: return exit_reason::killed;
    case reason_kind::noproc: return exit_reason::noproc;
    case reason_kind::noconnection: return exit_reason::noconnection;
    case reason_kind::user: return exit_reason::user(42);
    case reason_kind::exception: break;
  }
  try {
    crash();
  } catch (...) {
    return exit_reason_of_current_exception();
  }
}

}  // namespace foundation::testing
