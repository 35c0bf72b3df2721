// SPDX-License-Identifier: Apache-2.0
/// The clauses of `process::receive`.
#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include <foundation/detail/clause.hpp>

namespace foundation::inline v0 {

/// No time limit: `after(fn::infinity, …)`.
inline constexpr std::chrono::nanoseconds infinity = std::chrono::nanoseconds::max();

/// What a receive does when nothing matched for `timeout`: calls `handler` without arguments.
///
/// Zero or less: looks at what has arrived, waits for nothing (Erlang's `after 0`). `infinity`: never. At most one a
/// receive. The time is measured on the monotonic clock, in steps of 66 microseconds, and is never cut short.
template <typename Rep, typename Period, typename Handler>
[[nodiscard]] constexpr auto after(std::chrono::duration<Rep, Period> timeout, Handler&& handler) {
  using function = std::decay_t<Handler>;
  if constexpr (!std::is_invocable_v<function&>) {
    static_cast<void>(sizeof(detail::an_after_handler_must_be_callable_without_arguments<function>));
    return detail::refused_clause{};
  } else {
    return detail::after_clause<function>{detail::saturate(timeout), std::forward<Handler>(handler)};
  }
}
/// The same without a handler, where the other clauses return nothing: the receive then just returns.
[[nodiscard]] constexpr auto after(std::chrono::nanoseconds timeout) {
  return after(timeout, [] {});
}

/// A handler that takes a message only if `guard(const Message&)` is true. The guard runs on the receiver, once for each
/// message of that type until one is taken; it must not change anything and should be cheap. (Erlang's `when`.)
///
///     self.receive(fn::when([&](const answer& a) { return a.to == ref; }, [](const answer& a) { use(a); }));
template <typename Guard, typename Handler>
[[nodiscard]] constexpr auto when(Guard&& guard, Handler&& handler) {
  using function = std::decay_t<Handler>;
  if constexpr (!detail::names_its_message<function>) {
    static_cast<void>(sizeof(detail::a_receive_handler_must_take_one_message_of_a_named_type<function>));
    return detail::refused_clause{};
  } else {
    using message = std::remove_cvref_t<typename detail::handler_argument<function>::type>;
    using test = std::decay_t<Guard>;
    if constexpr (!detail::receivable<message>) {
      static_cast<void>(sizeof(detail::a_message_must_be_a_movable_and_destructible_object_type<message>));
      return detail::refused_clause{};
    } else if constexpr (!std::is_invocable_r_v<bool, test&, const message&>) {
      static_cast<void>(sizeof(detail::a_receive_guard_must_return_bool_for_the_message<message, test>));
      return detail::refused_clause{};
    } else {
      return detail::message_clause<message, test, function>{std::forward<Guard>(guard),
                                                             std::forward<Handler>(handler)};
    }
  }
}

/// Looks only at messages that arrived after `ref` was made by this process (`process::make_reference`).
///
/// An answer that carries a fresh reference cannot be older than the reference, so waiting for it costs the same however
/// many other messages wait. The last four references a process made are remembered; for an older one, and for one
/// that another process made, every message is looked at. (Erlang's receive markers.)
///
///     const fn::reference ref = self.make_reference();
///     fn::send(to, question{self.id(), ref});
///     self.receive(fn::since(ref), fn::when([&](const answer& a) { return a.ref == ref; }, …));
[[nodiscard]] constexpr detail::since_clause since(reference ref) noexcept { return {ref}; }

}  // namespace foundation::inline v0
