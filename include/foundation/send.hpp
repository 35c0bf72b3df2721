// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <foundation/detail/envelope.hpp>
#include <foundation/export.hpp>
#include <foundation/message.hpp>
#include <foundation/pid.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

namespace detail {
/// Gives the message to the receiver, or destroys it.
FOUNDATION_API result<void> deliver(pid to, owned_envelope message) noexcept;
}  // namespace detail

/// Sends a message: an rvalue is moved, an lvalue copied into the receiver's mailbox.
///
///     fn::send(worker, job{"a.png", 640});
///     fn::send(worker, std::move(job));
///
/// Messages of one sender to one receiver arrive in the order sent; nothing is promised across pairs. To a process that
/// is dead the send succeeds and the message is destroyed, and counted. Never waits; from a process it may end the slice, so
/// hold no std::mutex across it. Any thread. One allocation, one locked operation, one reduction.
/// @errors errc::system_limit when memory is refused; errc::not_running when the receiver's runtime is gone
/// @throws what the message's copy or move constructor throws; then nothing was sent
template <typename T>
result<void> send(pid to, T&& message) {
  using stored = std::decay_t<T>;
  detail::check_message_type<stored>();
  auto envelope = detail::owned_envelope::make<stored>(std::forward<T>(message));
  if (!envelope) return errc::system_limit;
  return detail::deliver(to, std::move(envelope));
}

}  // namespace foundation::inline v0
