// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <foundation/alias.hpp>
#include <foundation/detail/envelope.hpp>
#include <foundation/export.hpp>
#include <foundation/message.hpp>
#include <foundation/pid.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

namespace detail {
// Never defined: the compiler's first error line names it, with the user's type.
template <typename T>
struct a_message_that_cannot_be_copied_must_be_moved_into_send;

/// Gives the message to the receiver, or destroys it; an empty one stands for memory that was refused.
FOUNDATION_API result<void> deliver(pid to, owned_envelope message) noexcept;
}  // namespace detail

/// Sends a message: an rvalue is moved, an lvalue copied into the receiver's mailbox.
///
///     fn::send(worker, job{"a.png", 640});
///     fn::send(worker, std::move(job));
///
/// Messages of one sender to one receiver arrive in the order sent; nothing is promised across pairs. To a process that
/// is dead the send succeeds and the message is destroyed, and counted. Never waits; from a process it may end the slice, so
/// hold no std::mutex across it. Any thread. One allocation, one locked operation, three reductions.
///
/// Parts with a polymorphic allocator (std::pmr) are made anew with `message_resource()`, at any depth that shows
/// (`sendable`, message.hpp): their elements are moved or copied one by one, unless they are there already. Nothing
/// else is looked at.
/// @errors errc::system_limit when memory is refused, for such a part too; an rvalue may then have lost parts;
///         errc::not_running when the receiver's runtime is gone, and for a
///         default-constructed pid, which is of no runtime
/// @throws what the message's copy or move constructor throws; then nothing was sent. For a message that has to be made
///         anew not std::bad_alloc, which is errc::system_limit
/// Semantics of making anew: std::make_obj_using_allocator.
template <typename T>
result<void> send(pid to, T&& message) {
  using stored = std::decay_t<T>;
  if constexpr (!sendable<stored>) {
    detail::refuse_message<stored>();
  } else if constexpr (!std::is_constructible_v<stored, T>) {
    static_cast<void>(sizeof(detail::a_message_that_cannot_be_copied_must_be_moved_into_send<stored>));
  } else {
    return detail::deliver(to, detail::owned_envelope::make<stored>(std::forward<T>(message)));
  }
}

/// Asks for a message to overtake others in the receiver's mailbox (EEP 76): `send(alias, message, priority_message)`.
struct priority_message_t {
  explicit priority_message_t() = default;
};
inline constexpr priority_message_t priority_message{};

namespace detail {
template <typename T>
result<void> send_to_alias(alias to, T&& message, bool priority) {
  using stored = std::decay_t<T>;
  if constexpr (!sendable<stored>) {
    refuse_message<stored>();
  } else if constexpr (!std::is_constructible_v<stored, T>) {
    static_cast<void>(sizeof(a_message_that_cannot_be_copied_must_be_moved_into_send<stored>));
  } else {
    auto envelope = owned_envelope::make_to<stored>(to.ref(), std::forward<T>(message));
    if (envelope) envelope.get()->priority = priority;
    return deliver(to.owner(), std::move(envelope));
  }
}
}  // namespace detail

/// Sends to an alias (alias.hpp). As for a pid; a message to an alias that is not good any more is dropped by the
/// receiver before it is queued, and counted as one to a dead process.
template <typename T>
result<void> send(alias to, T&& message) {
  return detail::send_to_alias(to, std::forward<T>(message), false);
}

/// The same; where the alias lets priority messages in, the message is queued behind the other priority messages and
/// before all others. Elsewhere it is an ordinary one.
template <typename T>
result<void> send(alias to, T&& message, priority_message_t) {
  return detail::send_to_alias(to, std::forward<T>(message), true);
}

}  // namespace foundation::inline v0
