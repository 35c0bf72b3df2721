// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <tuple>
#include <typeinfo>
#include <utility>

#include <foundation/detail/clause.hpp>
#include <foundation/detail/envelope.hpp>
#include <foundation/export.hpp>
#include <foundation/result.hpp>

namespace foundation::proc {
class message_list;
}
namespace foundation::inline v0 {
class process;
}

namespace foundation::inline v0::detail {

/// One receive in progress: where it is in the mailbox, and what it waits for. Lives in the frame of the receive.
///
/// The receive asks `next()` for candidates (messages of a type it takes, oldest first), decides with its guards, and
/// either takes the candidate or goes on; when there is none, `block()` waits for more.
class FOUNDATION_API receive_wait {
 public:
  enum class outcome : std::uint8_t { more, timeout, killed, no_carrier };

  /// `types`: what the clauses take, null for any message; must outlive this object.
  receive_wait(process& self, const std::type_info* const* types, std::size_t count, std::chrono::nanoseconds timeout,
               reference since) noexcept;
  ~receive_wait();
  receive_wait(const receive_wait&) = delete;
  receive_wait& operator=(const receive_wait&) = delete;

  /// The next message of a wanted type, or null when none has arrived. May end the slice.
  [[nodiscard]] envelope* next() noexcept;

  /// Takes the message that `next` returned last out of the mailbox.
  [[nodiscard]] owned_mail take() noexcept;

  /// Waits until a message of a wanted type has arrived, or the time is over. Throws the process's exit when it has been
  /// told to exit and its frames can be unwound; otherwise says `killed`.
  [[nodiscard]] outcome block();

  [[nodiscard]] bool wants(const envelope& e) const noexcept;

  /// What it waits for; null: any message.
  template <typename Visit>
  void for_each_type(Visit&& visit) const {
    for (std::size_t i = 0; i != count_; ++i) visit(types_[i]);
  }

 private:
  [[nodiscard]] bool scan(proc::message_list& list, envelope*& before) noexcept;

  process& self_;
  const std::type_info* const* types_;
  std::size_t count_;
  std::chrono::nanoseconds timeout_;
  std::chrono::steady_clock::time_point deadline_;  // set when it first blocks
  // Of the priority messages and of the others: the last one looked at and left in the mailbox.
  envelope* priority_before_ = nullptr;
  envelope* before_ = nullptr;
  envelope* candidate_ = nullptr;                   // what `next` returned last
  bool candidate_has_priority_ = false;
  bool started_ = false;
};

/// The message types of the clauses, null for "any".
template <typename Clause>
constexpr const std::type_info* wanted_type() {
  if constexpr (is_message_clause<Clause>) {
    if constexpr (!std::is_same_v<typename Clause::message, any_message>) return &typeid(typename Clause::message);
  }
  return nullptr;
}

template <typename Clause>
bool accepts(Clause& clause, envelope& e) {
  if constexpr (!is_message_clause<Clause>) {
    return false;
  } else {
    using message = typename Clause::message;
    if constexpr (std::is_same_v<message, any_message>) {
      if constexpr (std::is_same_v<decltype(clause.guard), no_guard>) return true;
      else return clause.guard(any_message(e));
    } else {
      if (!same_type(*e.ops->type, typeid(message))) return false;
      if constexpr (std::is_same_v<decltype(clause.guard), no_guard>) return true;
      else return clause.guard(*static_cast<const message*>(e.payload()));
    }
  }
}

template <typename R, typename Clause>
result<R> handle(Clause& clause, envelope& e) {
  using argument = typename handler_argument<decltype(clause.handler)>::type;
  using message = typename Clause::message;
  const auto call = [&]() -> decltype(auto) {
    if constexpr (std::is_same_v<message, any_message>) {
      any_message any(e);
      return clause.handler(static_cast<argument&&>(any));
    } else if constexpr (std::is_lvalue_reference_v<argument>) {
      return clause.handler(*static_cast<message*>(e.payload()));
    } else {
      return clause.handler(std::move(*static_cast<message*>(e.payload())));
    }
  };
  if constexpr (std::is_void_v<R>) {
    call();
    return {};
  } else {
    return call();
  }
}

template <typename... Clauses>
  requires(std::is_same_v<Clauses, refused_clause> || ...)
result<void> receive_with(process&, std::tuple<Clauses...>&) {
  return {};
}

template <typename... Clauses>
auto receive_with(process& self, std::tuple<Clauses...>& clauses) {
  static_assert(check_receive<Clauses...>());
  using value = typename first_result<Clauses...>::type;
  using answer = result<value>;
  static const std::array<const std::type_info*, sizeof...(Clauses)> all = {wanted_type<Clauses>()...};
  // `after` and `since` take no message: only the others are looked for.
  static const auto wanted = [] {
    std::array<const std::type_info*, sizeof...(Clauses)> only{};
    std::size_t n = 0;
    std::size_t i = 0;
    ((is_message_clause<Clauses> ? void(only[n++] = all[i++]) : void(++i)), ...);
    return only;
  }();
  constexpr std::size_t count = (0 + ... + (is_message_clause<Clauses> ? 1 : 0));

  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();
  reference since;
  std::apply(
      [&](auto&... clause) {
        const auto note = [&](auto& each) {
          if constexpr (is_after_clause<std::remove_reference_t<decltype(each)>>) timeout = each.timeout;
          if constexpr (is_since_clause<std::remove_reference_t<decltype(each)>>) since = each.since;
        };
        (note(clause), ...);
      },
      clauses);

  receive_wait wait(self, wanted.data(), count, timeout, since);
  for (;;) {
    while (envelope* e = wait.next()) {
      std::size_t chosen = sizeof...(Clauses);
      std::size_t index = 0;
      std::apply(
          [&](auto&... clause) {
            static_cast<void>(((accepts(clause, *e) ? (chosen = index, true) : (++index, false)) || ...));
          },
          clauses);
      if (chosen == sizeof...(Clauses)) continue;
      const owned_mail taken = wait.take();
      return [&]<std::size_t... I>(std::index_sequence<I...>) -> answer {
        answer got{errc::killed};
        const auto run = [&](auto& clause) {
          if constexpr (is_message_clause<std::remove_reference_t<decltype(clause)>>) got = handle<value>(clause, *e);
        };
        static_cast<void>(((I == chosen ? (run(std::get<I>(clauses)), true) : false) || ...));
        return got;
      }(std::index_sequence_for<Clauses...>{});
    }
    switch (wait.block()) {
      case receive_wait::outcome::more: break;
      case receive_wait::outcome::killed: return answer{errc::killed};
      case receive_wait::outcome::no_carrier: return answer{errc::system_limit};
      case receive_wait::outcome::timeout: {
        answer got{errc::timeout};
        const auto run = [&](auto& clause) {
          if constexpr (is_after_clause<std::remove_reference_t<decltype(clause)>>) {
            if constexpr (std::is_void_v<value>) {
              clause.handler();
              got = answer{};
            } else {
              got = answer{clause.handler()};
            }
          }
        };
        std::apply([&](auto&... clause) { (run(clause), ...); }, clauses);
        return got;
      }
    }
  }
}

}  // namespace foundation::inline v0::detail
