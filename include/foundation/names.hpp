// SPDX-License-Identifier: Apache-2.0
/// Names of processes within a runtime (Erlang's `register/2` and its kin).
#pragma once

#include <string_view>
#include <utility>

#include <foundation/error.hpp>
#include <foundation/export.hpp>
#include <foundation/pid.hpp>
#include <foundation/process.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime.hpp>
#include <foundation/send.hpp>

namespace foundation::inline v0 {

/// Gives a process a name, 1 to 255 bytes of any kind. A name belongs to one process, and a process has one name at most;
/// it is free again when the process ends, before any `down` or `exited` says so.
///
///     fn::register_name(rt, "logger", logger).value();
///     fn::send(rt, "logger", line{"started"}).value();
///
/// Any thread. Takes a lock that look-ups do not take; one allocation.
/// @errors errc::invalid_argument for a name that is empty or too long, and for a process of another runtime;
///         errc::already_registered, whose message says who has the name, or which name the process has; errc::noproc when
///         the process is gone; errc::system_limit when memory is refused; errc::not_running
/// Semantics: `erlang:register/2`.
FOUNDATION_API result<void> register_name(runtime& rt, std::string_view name, pid p) noexcept;
/// The same, in the runtime of the calling process.
FOUNDATION_API result<void> register_name(process& self, std::string_view name, pid p) noexcept;

/// Takes the name away from whoever has it. Any thread; takes the same lock, one reduction.
///
///     fn::unregister_name(rt, "logger").value();
///
/// @errors errc::noproc when nobody has it; errc::not_running. Semantics: `erlang:unregister/1`.
FOUNDATION_API result<void> unregister_name(runtime& rt, std::string_view name) noexcept;
FOUNDATION_API result<void> unregister_name(process& self, std::string_view name) noexcept;

/// Who has the name; none: nobody, as for one that cannot be a name. Any thread, lock-free, one reduction.
///
///     if (const fn::pid logger = fn::whereis(rt, "logger")) fn::send(logger, line{"started"});
///
/// Semantics: `erlang:whereis/1`.
[[nodiscard]] FOUNDATION_API pid whereis(const runtime& rt, std::string_view name) noexcept;
[[nodiscard]] FOUNDATION_API pid whereis(process& self, std::string_view name) noexcept;

namespace detail {
/// errc::noproc, with the name in its text.
[[nodiscard]] FOUNDATION_API error nobody_has(std::string_view name) noexcept;

template <typename Where, typename T>
result<void> send_to_name(Where& where, std::string_view name, T&& message) {
  const pid to = whereis(where, name);
  if (!to) return nobody_has(name);
  return send(to, std::forward<T>(message));
}
}  // namespace detail

/// Sends to whoever has the name: `whereis`, then `send`.
///
///     fn::send(rt, "logger", line{"started"}).value();
///
/// @errors errc::noproc, whose message has the name, when nobody has it: nothing was sent; and those of `send`.
/// @throws as `send`. Any thread; cost: a look-up without a lock, and a `send`.
template <typename T>
result<void> send(runtime& rt, std::string_view name, T&& message) {
  return detail::send_to_name(rt, name, std::forward<T>(message));
}
template <typename T>
result<void> send(process& self, std::string_view name, T&& message) {
  return detail::send_to_name(self, name, std::forward<T>(message));
}

}  // namespace foundation::inline v0
