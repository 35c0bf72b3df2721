// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <foundation/message.hpp>
#include <foundation/reference.hpp>

/// The clauses of a receive: handlers, guarded handlers, `after` and `since`, and the checks made on them at compile
/// time. Public spellings are in receive.hpp.
namespace foundation::inline v0::detail {

/// Any duration as nanoseconds, the longest and the shortest where it does not fit.
template <typename Rep, typename Period>
[[nodiscard]] constexpr std::chrono::nanoseconds saturate(std::chrono::duration<Rep, Period> d) noexcept {
  using std::chrono::nanoseconds;
  if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>, nanoseconds>) return d;
  using seconds = std::chrono::duration<long double>;
  if (seconds(d) >= seconds(nanoseconds::max())) return nanoseconds::max();
  if (seconds(d) <= seconds(nanoseconds::min())) return nanoseconds::min();
  return std::chrono::duration_cast<nanoseconds>(d);
}

// -- what a handler takes ------------------------------------------------------------------------------------------------

template <typename F>
struct single_argument {};  // no `type`: overloaded, generic, or not a callable of one argument

template <typename R, typename A>
struct single_argument<R (*)(A)> : std::type_identity<A> {};
template <typename R, typename A>
struct single_argument<R (*)(A) noexcept> : std::type_identity<A> {};
template <typename C, typename R, typename A>
struct single_argument<R (C::*)(A)> : std::type_identity<A> {};
template <typename C, typename R, typename A>
struct single_argument<R (C::*)(A) const> : std::type_identity<A> {};
template <typename C, typename R, typename A>
struct single_argument<R (C::*)(A) noexcept> : std::type_identity<A> {};
template <typename C, typename R, typename A>
struct single_argument<R (C::*)(A) const noexcept> : std::type_identity<A> {};

template <typename F>
struct handler_argument : single_argument<F> {};
template <typename F>
  requires requires { &F::operator(); }
struct handler_argument<F> : single_argument<decltype(&F::operator())> {};

template <typename F>
concept names_its_message = requires { typename handler_argument<std::decay_t<F>>::type; };

/// What a handler may take: a message, or any.
template <typename M>
concept receivable = message_type<M> || std::same_as<M, any_message>;

// -- kinds of clauses ----------------------------------------------------------------------------------------------------

/// A handler for messages of type M that a guard may still refuse.
template <typename M, typename Guard, typename Handler>
struct message_clause {
  using message = M;
  Guard guard;      // no_guard, or called with const M&
  Handler handler;
};

struct no_guard {};

template <typename Handler>
struct after_clause {
  std::chrono::nanoseconds timeout;
  Handler handler;
};

struct since_clause {
  reference since;
};

/// What stands for a clause whose mistake has been reported: the rest of the receive is then not looked at.
struct refused_clause {};

template <typename T>
inline constexpr bool is_message_clause = false;
template <typename M, typename G, typename H>
inline constexpr bool is_message_clause<message_clause<M, G, H>> = true;
template <typename T>
inline constexpr bool is_after_clause = false;
template <typename H>
inline constexpr bool is_after_clause<after_clause<H>> = true;
template <typename T>
inline constexpr bool is_since_clause = std::is_same_v<T, since_clause>;

// -- mistakes, in our words: never defined, so that naming one is the compiler's first error line ------------------------

template <typename Handler>
struct a_receive_handler_must_take_one_message_of_a_named_type;
template <typename Message>
struct two_unguarded_receive_handlers_take_the_same_message_type;
template <typename Message>
struct a_guarded_receive_handler_behind_an_unguarded_one_for_its_message_can_never_match;
template <typename Message>
struct a_receive_handler_behind_one_for_any_message_can_never_match;
template <typename First, typename Other, typename OthersClause>
struct all_receive_handlers_must_return_the_same_type;
template <typename Message, typename Guard>
struct a_receive_guard_must_return_bool_for_the_message;
template <typename Handler>
struct an_after_handler_must_be_callable_without_arguments;
template <typename... Clauses>
struct a_receive_has_at_most_one_after_and_one_since;
template <typename... Clauses>
struct a_receive_needs_a_handler_or_an_after;

// A check is made where the mistake would first be used, and what follows is not instantiated: compilers put off the
// bodies of ordinary functions, so that a check in one of them comes too late to be the first error.

// -- making clauses ------------------------------------------------------------------------------------------------------

/// Turns what the user wrote into a clause; a bare callable becomes an unguarded handler.
template <typename C>
constexpr auto make_clause(C&& c) {
  using clause = std::decay_t<C>;
  if constexpr (is_message_clause<clause> || is_after_clause<clause> || is_since_clause<clause> ||
                std::is_same_v<clause, refused_clause>) {
    return clause(std::forward<C>(c));
  } else if constexpr (!names_its_message<C>) {
    static_cast<void>(sizeof(a_receive_handler_must_take_one_message_of_a_named_type<clause>));
    return refused_clause{};
  } else {
    using message = std::remove_cvref_t<typename handler_argument<clause>::type>;
    if constexpr (!receivable<message>) {
      static_cast<void>(sizeof(a_message_must_be_a_movable_and_destructible_object_type<message>));
      return refused_clause{};
    } else {
      return message_clause<message, no_guard, clause>{{}, std::forward<C>(c)};
    }
  }
}

/// What a clause's handler returns; void for `since`.
template <typename Clause>
struct clause_result : std::type_identity<void> {};
template <typename M, typename G, typename H>
struct clause_result<message_clause<M, G, H>>
    : std::type_identity<std::invoke_result_t<H&, typename handler_argument<H>::type>> {};
template <typename H>
struct clause_result<after_clause<H>> : std::type_identity<std::invoke_result_t<H&>> {};

/// The result of the first clause that is no `since`.
template <typename... Clauses>
struct first_result : std::type_identity<void> {};
template <typename First, typename... Rest>
struct first_result<First, Rest...>
    : std::conditional_t<is_since_clause<First>, first_result<Rest...>, clause_result<First>> {};

// -- checks --------------------------------------------------------------------------------------------------------------

template <typename Clause>
inline constexpr bool is_unguarded = std::is_same_v<decltype(Clause::guard), no_guard>;

template <typename Earlier, typename Later>
constexpr bool check_pair() {
  if constexpr (is_message_clause<Earlier> && is_message_clause<Later>) {
    using message = typename Later::message;
    if constexpr (!is_unguarded<Earlier>) {
      return true;
    } else if constexpr (std::is_same_v<typename Earlier::message, message>) {
      if constexpr (is_unguarded<Later>) {
        static_cast<void>(sizeof(two_unguarded_receive_handlers_take_the_same_message_type<message>));
      } else {
        static_cast<void>(
            sizeof(a_guarded_receive_handler_behind_an_unguarded_one_for_its_message_can_never_match<message>));
      }
    } else if constexpr (std::is_same_v<typename Earlier::message, any_message>) {
      static_cast<void>(sizeof(a_receive_handler_behind_one_for_any_message_can_never_match<message>));
    }
  }
  return true;
}

template <typename First, typename... Rest>
constexpr bool check_order() {
  bool sound = (true && ... && check_pair<First, Rest>());
  if constexpr (sizeof...(Rest) > 0) sound = sound && check_order<Rest...>();
  return sound;
}

template <typename Result, typename Clause>
constexpr bool check_result() {
  if constexpr (!is_since_clause<Clause>) {
    using other = typename clause_result<Clause>::type;
    if constexpr (!std::is_same_v<other, Result>) {
      static_cast<void>(sizeof(all_receive_handlers_must_return_the_same_type<Result, other, Clause>));
    }
  }
  return true;
}

/// Everything that is wrong with a receive as a whole.
template <typename... Clauses>
constexpr bool check_receive() {
  constexpr std::size_t afters = (0 + ... + (is_after_clause<Clauses> ? 1 : 0));
  constexpr std::size_t sinces = (0 + ... + (is_since_clause<Clauses> ? 1 : 0));
  if constexpr (afters > 1 || sinces > 1) {
    static_cast<void>(sizeof(a_receive_has_at_most_one_after_and_one_since<Clauses...>));
  } else if constexpr (sinces == sizeof...(Clauses)) {
    static_cast<void>(sizeof(a_receive_needs_a_handler_or_an_after<Clauses...>));
  }
  return check_order<Clauses...>() && (check_result<typename first_result<Clauses...>::type, Clauses>() && ...);
}

}  // namespace foundation::inline v0::detail
