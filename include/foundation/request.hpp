// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include <foundation/detail/reply.hpp>
#include <foundation/message.hpp>
#include <foundation/pid.hpp>
#include <foundation/receive.hpp>
#include <foundation/result.hpp>
#include <foundation/send.hpp>

namespace foundation::inline v0 {

namespace detail {

// Never defined: the compiler's first error line names it, with the user's type.
template <typename R>
struct a_reply_must_be_a_movable_and_destructible_object_type_or_void;

template <typename R>
inline constexpr bool reply_type = std::is_void_v<R> || sendable<R>;

template <typename R>
void refuse_reply() {
  if constexpr (!message_type<R>) {
    static_cast<void>(sizeof(a_reply_must_be_a_movable_and_destructible_object_type_or_void<R>));
  } else {
    say_what_is_wrong<R>();
  }
}
/// R, unless that cannot be one: then `request` says so.
template <typename R>
using checked_reply = std::conditional_t<reply_type<R>, R, no_value>;

/// Sends the request. @returns what its reply is waited for with
template <typename R, typename T>
result<reply_wait> ask(pid to, T&& message) {
  using value = reply_value<R>;
  reply_wait wait(to, message_ops_of<value>, sizeof(value), alignof(value));
  if (!wait.opened()) return wait.opened().error();
  auto sent = deliver(to, question<std::decay_t<T>>::make(wait.take_handle(), std::forward<T>(message)));
  if (!sent) return sent.error();
  return wait;
}

template <typename R>
result<R> take_reply(reply_wait& wait, std::chrono::nanoseconds timeout) {
  if (auto ended = wait.wait(timeout); !ended) return ended.error();
  if constexpr (std::is_void_v<R>) {
    return {};
  } else {
    return std::move(*static_cast<R*>(wait.value()));
  }
}

}  // namespace detail

/// The reply to a request that was sent, as it will be. Movable; to be used and destroyed by the process that made the
/// request (on a plain thread that is none: by one thread at a time). Destroyed before the reply is there, it drops the reply.
template <typename R>
class future {
 public:
  explicit future(detail::reply_wait wait) noexcept : wait_(std::move(wait)) {}

  /// Waits for the reply and takes it; from a process as `receive` waits, on a plain thread it blocks. After errc::timeout
  /// it may be called again, after anything else not. A reply that is there costs no wait and no allocation; one reduction.
  ///
  ///     while (true) {
  ///       if (const auto answer = reply.get(1s); answer || answer.error().code() != fn::errc::timeout) return answer;
  ///       std::cerr << "still waiting\n";
  ///     }
  ///
  /// @errors as `request`; errc::invalid_argument on another process or thread than the asker's
  template <typename Rep, typename Period>
  [[nodiscard]] result<R> get(std::chrono::duration<Rep, Period> timeout) {
    return detail::take_reply<R>(wait_, detail::saturate(timeout));
  }
  [[nodiscard]] result<R> get() { return get(infinity); }

 private:
  detail::reply_wait wait_;
};

/// Sends a request and waits for its reply, an R (which may be void).
///
///     const fn::result<long> sum = fn::request<long>(adder, numbers{1, 2, 3}, 1s);
///
/// The receiver gets `message` as any other, and answers it with `self.reply(value)`, or later (process.hpp); the type of
/// the value, as decayed, must be R. From a process this waits as `receive` does, and messages stay where they are: a reply
/// is never in the mailbox, and one that comes after the time is up is dropped. On a plain thread it blocks the thread; one that
/// is no process (thread_process.hpp) becomes one meanwhile.
///
/// Any thread. Cost: two allocations, two signals; on a plain thread that is no process, those of making one.
/// @errors errc::timeout; errc::noproc when the receiver is dead, or dies or is given up before it takes the request;
///         errc::no_reply when it has taken it and drops it or dies (if it is given up, when it comes back); errc::unexpected_reply_type when it replies with another type;
///         errc::would_deadlock for a request to oneself; errc::killed as in `receive`; errc::system_limit when memory is
///         refused; errc::not_running when the receiver's runtime is gone, or shuts down and the
///         caller is a plain thread that is no process; errc::invalid_argument from a fiber that is no process
/// @throws what the copy or move constructors of message and reply throw. Message and reply are made anew as in `send`.
/// Semantics: `gen_server:call/3`, whose errors are values here.
template <typename R, typename T, typename Rep, typename Period>
[[nodiscard]] result<detail::checked_reply<R>> request(pid to, T&& message, std::chrono::duration<Rep, Period> timeout) {
  using stored = std::decay_t<T>;
  if constexpr (!detail::reply_type<R>) {
    detail::refuse_reply<R>();
  } else if constexpr (!sendable<stored>) {
    detail::refuse_message<stored>();
  } else {
    auto wait = detail::ask<R>(to, std::forward<T>(message));
    if (!wait) return wait.error();
    return detail::take_reply<R>(*wait, detail::saturate(timeout));
  }
}

/// The same without waiting: the reply is taken from the future, when it is needed.
///
///     auto first = fn::send_request<long>(one, job{}).value();
///     auto second = fn::send_request<long>(two, job{}).value();
///     const long both = first.get(1s).value() + second.get(1s).value();
///
/// @errors as `request`, as far as they are known at once. Semantics: `gen_server:send_request/2`.
template <typename R, typename T>
[[nodiscard]] result<future<R>> send_request(pid to, T&& message) {
  using stored = std::decay_t<T>;
  if constexpr (!detail::reply_type<R>) {
    detail::refuse_reply<R>();
  } else if constexpr (!sendable<stored>) {
    detail::refuse_message<stored>();
  } else {
    auto wait = detail::ask<R>(to, std::forward<T>(message));
    if (!wait) return wait.error();
    return future<R>(std::move(*wait));
  }
}

}  // namespace foundation::inline v0
