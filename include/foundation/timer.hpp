// SPDX-License-Identifier: Apache-2.0
/// Messages sent later (Erlang's `send_after` and `start_timer`).
#pragma once

#include <chrono>
#include <compare>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <foundation/detail/clause.hpp>
#include <foundation/detail/envelope.hpp>
#include <foundation/export.hpp>
#include <foundation/message.hpp>
#include <foundation/pid.hpp>
#include <foundation/reference.hpp>
#include <foundation/result.hpp>
#include <foundation/send.hpp>

namespace foundation::inline v0 {

namespace detail {
class timer_ticket;
}

/// The name of a message on its way through time, for ever: a value of 16 bytes, good on any thread. It does not own the
/// timer, which goes on when this is forgotten.
class FOUNDATION_API timer {
 public:
  constexpr timer() noexcept = default;

  /// Stops it: the message is destroyed, and does not come. @returns the time that was left; nothing when the message has
  /// been sent already, when its receiver is gone, and the second time. Any thread; two short locks.
  /// Semantics: `erlang:cancel_timer/1`.
  std::optional<std::chrono::nanoseconds> cancel() const noexcept;
  /// The time that is left; nothing as above. Any thread, no lock. Semantics: `erlang:read_timer/1`.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> read() const noexcept;

  [[nodiscard]] constexpr reference ref() const noexcept { return ref_; }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return static_cast<bool>(ref_); }
  [[nodiscard]] friend constexpr bool operator==(const timer&, const timer&) noexcept = default;
  [[nodiscard]] friend constexpr auto operator<=>(const timer&, const timer&) noexcept = default;

 private:
  friend class detail::timer_ticket;
  constexpr explicit timer(reference ref) noexcept : ref_(ref) {}
  reference ref_;
};

/// What `start_timer` sends (Erlang's `{timeout, TimerRef, Msg}`).
template <message_type T>
struct timer_expired {
  foundation::timer timer;
  T value;
};

namespace detail {

/// A timer being made: it has a name, and does not run yet.
class FOUNDATION_API timer_ticket {
 public:
  explicit timer_ticket(pid to) noexcept;
  ~timer_ticket();
  timer_ticket(const timer_ticket&) = delete;
  timer_ticket& operator=(const timer_ticket&) = delete;

  [[nodiscard]] foundation::timer name() const noexcept { return foundation::timer(ref_); }
  /// @errors errc::not_running, errc::system_limit: also where `message` is empty
  [[nodiscard]] result<foundation::timer> start(std::chrono::nanoseconds delay, owned_envelope message) noexcept;

 private:
  [[nodiscard]] bool is_there() const noexcept;

  void* place_ = nullptr;
  reference ref_;
  pid to_;
  errc refused_{};
};

}  // namespace detail

/// Sends `message` to `to` after `delay`, on the monotonic clock: never earlier, in steps of 66 microseconds; at once for
/// zero or less. The timer ends with its receiver: when that dies, the message is destroyed.
///
///     const fn::timer t = fn::send_after(30s, session, idle{}).value();
///     if (auto left = t.cancel()) …                    // it would have come in *left
///
/// Never waits; from a process it may end the slice. Any thread. Cost: an allocation, one reduction; to start and to cancel
/// one takes two short locks of a few that the processes share.
/// @errors errc::system_limit when memory is refused; errc::not_running when the receiver's runtime is gone. To a
///         process that is dead it succeeds, the message is destroyed, and counted.
/// @throws what the message's copy or move constructor throws; then there is no timer. What is made anew, and what is
///         an error then: as in `send`.
/// Semantics: `erlang:send_after/3`.
template <typename Rep, typename Period, typename T>
result<timer> send_after(std::chrono::duration<Rep, Period> delay, pid to, T&& message) {
  using stored = std::decay_t<T>;
  if constexpr (!sendable<stored>) {
    detail::refuse_message<stored>();
  } else if constexpr (!std::is_constructible_v<stored, T>) {
    static_cast<void>(sizeof(detail::a_message_that_cannot_be_copied_must_be_moved_into_send<stored>));
  } else {
    detail::timer_ticket made(to);
    return made.start(detail::saturate(delay), detail::owned_envelope::make<stored>(std::forward<T>(message)));
  }
}

/// The same; the message is a `timer_expired<T>`, which says which timer it was.
///
///     const fn::timer t = fn::start_timer(1s, self.id(), tick{}).value();
///     self.receive([&](const fn::timer_expired<tick>& e) { if (e.timer == t) … });
///
/// Semantics: `erlang:start_timer/3`.
template <typename Rep, typename Period, typename T>
result<timer> start_timer(std::chrono::duration<Rep, Period> delay, pid to, T&& message) {
  using stored = std::decay_t<T>;
  if constexpr (!sendable<stored>) {
    detail::refuse_message<stored>();
  } else if constexpr (!std::is_constructible_v<stored, T>) {
    static_cast<void>(sizeof(detail::a_message_that_cannot_be_copied_must_be_moved_into_send<stored>));
  } else {
    detail::timer_ticket made(to);
    using expired = timer_expired<stored>;
    if constexpr (detail::needs_rehoming<stored>) {
      const auto build = [&] { return expired{made.name(), detail::rehome<stored>(std::forward<T>(message))}; };
      return made.start(detail::saturate(delay), detail::owned_envelope::make_by<expired>(build));
    } else {
      return made.start(detail::saturate(delay),
                        detail::owned_envelope::make<expired>(expired{made.name(), std::forward<T>(message)}));
    }
  }
}

}  // namespace foundation::inline v0

template <>
struct std::hash<foundation::timer> {
  [[nodiscard]] constexpr std::size_t operator()(foundation::timer t) const noexcept {
    return std::hash<foundation::reference>{}(t.ref());
  }
};
