// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <foundation/detail/reply.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

namespace detail {

// Never defined: the compiler's first error line names it, with the user's types.
template <typename R, typename... Value>
struct a_reply_to_is_answered_with_its_own_type;

}  // namespace detail

/// The duty to answer a request with an R, taken over from the message (`process::reply_later`): kept as long as need be, or
/// sent on to whoever answers. Destroyed without a reply, it tells the asker so (errc::no_reply). Movable, a word; any thread.
///
///     void handle(fn::process& self, const query& q) {
///       if (auto to = self.reply_later<rows>()) waiting_.push_back(std::move(*to));  // else: it wants another type
///     }
///     void handle(fn::process&, const rows& r) { for (auto& each : waiting_) each.reply(r); waiting_.clear(); }
template <typename R>
class reply_to {
 public:
  reply_to() noexcept = default;
  explicit reply_to(detail::reply_handle handle) noexcept : handle_(std::move(handle)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// Answers; if the asker waits no more, it is dropped there. Any thread, once; never waits. The value is constructed in
  /// the room that the asker made: no allocation, one locked operation; one reduction.
  /// @errors errc::invalid_argument when it has been answered already; errc::system_limit as `process::reply`
  template <typename... Value>
  result<void> reply(Value&&... value) {
    if constexpr (!std::is_constructible_v<detail::reply_value<R>, Value...>) {
      static_cast<void>(sizeof(detail::a_reply_to_is_answered_with_its_own_type<R, Value...>));
    } else if constexpr (!detail::self_contained<detail::reply_value<R>>) {
      detail::say_what_is_wrong<R>();
    } else {
      if (!handle_) return error(errc::invalid_argument, "reply: the request has its reply already, or was taken over");
      detail::charge_late_reply();
      return detail::answer<detail::reply_value<R>>(std::move(handle_), std::forward<Value>(value)...);
    }
  }

 private:
  detail::reply_handle handle_;
};

}  // namespace foundation::inline v0
