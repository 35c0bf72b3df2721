// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <foundation/detail/body.hpp>
#include <foundation/message.hpp>

namespace foundation::inline v0 {

class process;

/// The message types that a handler object takes, listed once in its class.
template <typename... Messages>
struct messages {};

/// A process as an object: for each message one turn, a call of `handle(self, message)`.
///
///     class counter {
///      public:
///       using messages = fn::messages<increment, query>;
///       void handle(fn::process&, const increment& i) { count_ += i.by; }
///       void handle(fn::process&, query q) { fn::send(q.from, count_); }
///      private:
///       long count_ = 0;
///     };
///     fn::spawn(rt, counter{});
///
/// Between two turns it has no stack and costs a few hundred bytes; a turn runs in place, without a switch. It may wait
/// inside a turn like any process, and then its other messages wait, in order. A message of a type that is not listed is
/// dropped and logged. An exception that leaves a turn ends the process. (The base of servers; Erlang's gen_server.)
template <typename T>
concept handler = requires { typename T::messages; };

namespace detail {

// Never defined: the compiler's first error line names them, with the user's types.
template <typename Handler, typename Message>
struct a_listed_message_has_no_handle_function;

template <typename Handler, typename Message>
struct a_message_is_listed_twice;
template <typename Handler, typename Messages>
struct a_handler_lists_its_messages_as_fn_messages;

template <typename Handler, typename Message>
constexpr bool check_handles() {
  if constexpr (!message_type<Message>) {
    static_cast<void>(sizeof(a_message_must_be_a_movable_and_destructible_object_type<Message>));
  } else if constexpr (!requires(Handler& h, process& self, Message& m) { h.handle(self, std::move(m)); } &&
                       !requires(Handler& h, process& self, Message& m) { h.handle(self, m); }) {
    static_cast<void>(sizeof(a_listed_message_has_no_handle_function<Handler, Message>));
  }
  return true;
}

template <typename Handler, typename Message, typename... Messages>
constexpr bool check_listed_once() {
  if constexpr ((std::is_same_v<Message, Messages> + ...) != 1) {
    static_cast<void>(sizeof(a_message_is_listed_twice<Handler, Message>));
  }
  return true;
}

/// Complete when nothing is wrong with the class; otherwise an error in our words.
template <typename Handler, typename List>
struct check_handler {
  static_assert(sizeof(a_handler_lists_its_messages_as_fn_messages<Handler, List>) != 0);
};
template <typename Handler, typename... Messages>
struct check_handler<Handler, messages<Messages...>> {
  static_assert((check_handles<Handler, Messages>() && ...));
  static_assert((check_listed_once<Handler, Messages, Messages...>() && ...));
};

/// Calls the one `handle` for the message's type; false when it is none of the listed ones.
template <typename Handler, typename... Messages>
bool dispatch(Handler& h, process& self, envelope& e, messages<Messages...>) {
  const std::type_info& type = *e.ops->type;
  // By address first, for all of them: only a type from another module has to be compared by name.
  const bool known = ((&type == &typeid(Messages)) || ...);
  const auto try_one = [&]<typename Message>(std::type_identity<Message>) {
    if (known ? &type != &typeid(Message) : !same_type(type, typeid(Message))) return false;
    auto& message = *static_cast<Message*>(e.payload());
    if constexpr (requires { h.handle(self, std::move(message)); }) {
      h.handle(self, std::move(message));
    } else {
      h.handle(self, message);
    }
    return true;
  };
  return (try_one(std::type_identity<Messages>{}) || ...);
}

}  // namespace detail
}  // namespace foundation::inline v0
