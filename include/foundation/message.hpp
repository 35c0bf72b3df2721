// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>
#include <typeinfo>

#include <foundation/detail/envelope.hpp>

namespace foundation::inline v0 {

/// What can be sent: an object type, without const or reference, that can be moved and destroyed.
///
/// A message is moved or copied into the receiver's mailbox and is never shared, so it must be self-contained: no
/// views or pointers into what the sender keeps. Any type will do otherwise; nothing has to be declared or registered.
template <typename T>
concept message_type = std::is_object_v<T> && !std::is_array_v<T> && !std::is_pointer_v<T> &&
                       std::same_as<T, std::remove_cv_t<T>> && std::move_constructible<T> &&
                       std::is_nothrow_destructible_v<T>;

/// A message whose type a handler does not name: a clause that takes it matches any message.
///
///     self.receive([](const fn::any_message& m) { log("dropped a {}", m.type().name()); });
///
/// Valid during the handler's call.
class any_message {
 public:
  explicit any_message(detail::envelope& e) noexcept : envelope_(e) {}

  [[nodiscard]] const std::type_info& type() const noexcept { return *envelope_.ops->type; }

  /// The message if it is a T, else null.
  template <message_type T>
  [[nodiscard]] T* get_if() const noexcept {
    return detail::same_type(type(), typeid(T)) ? static_cast<T*>(envelope_.payload()) : nullptr;
  }

 private:
  detail::envelope& envelope_;
};

namespace detail {

/// Never defined. Naming it in an error makes the compiler's first line say what is wrong, with the user's type.
template <typename T>
struct a_message_must_be_a_movable_and_destructible_object_type;

/// Stops the compilation with that line when T cannot be a message.
template <typename T>
constexpr bool check_message_type() {
  if constexpr (!message_type<T>) {
    static_cast<void>(sizeof(a_message_must_be_a_movable_and_destructible_object_type<T>));
  }
  return true;
}

}  // namespace detail
}  // namespace foundation::inline v0
