// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>
#include <typeinfo>

#include <foundation/detail/envelope.hpp>
#include <foundation/detail/self_contained.hpp>
#include <foundation/vouched_sendable.hpp>

namespace foundation::inline v0 {

class any_message;

/// What can be sent: an object type, without const or reference, that can be moved and destroyed.
///
/// A message is moved or copied into the receiver's mailbox and is never shared, so it must be self-contained: no
/// views or pointers into what the sender keeps (`sendable` refuses what of that shows). Any type will do otherwise;
/// nothing has to be declared or registered.
///
/// Not a message, on purpose:
///
/// | type                         | why                                                     | send instead                |
/// |------------------------------|---------------------------------------------------------|-----------------------------|
/// | a raw pointer, `const char*` | names memory that sender and receiver would then share  | a value, `std::unique_ptr`, |
/// |                              |                                                         | `std::string`               |
/// | a reference, an array        | the same; an array decays to a pointer                  | a value, `std::array`       |
/// | what cannot be moved         | it could not get into the mailbox                       | a `std::unique_ptr` to it   |
/// | what throws when destroyed   | a message may be destroyed where nobody can catch       |                             |
/// | `any_message`                | a view of a message in its receiver's mailbox           | the message it stands for   |
/// | alignment beyond 32 KiB      | an envelope has no room for it                          |                             |
template <typename T>
concept message_type = std::is_object_v<T> && !std::is_array_v<T> && !std::is_pointer_v<T> &&
                       std::same_as<T, std::remove_cv_t<T>> && std::move_constructible<T> &&
                       std::is_nothrow_destructible_v<T> && !std::same_as<T, any_message> &&
                       alignof(T) <= detail::largest_message_alignment;

/// What may leave its process, as a message, a reply or the value of an exit reason: a message type in which nothing
/// shows that belongs to the sender.
///
/// Looked into are pairs, tuples, arrays, optionals, variants, containers and what they contain, smart pointers, and
/// aggregates of up to 24 members. Refused are there:
///
/// | what                                                    | why                         | send instead            |
/// |---------------------------------------------------------|-----------------------------|-------------------------|
/// | views: `std::string_view`, `std::span`, what is a view  | show what the sender keeps  | `std::string`,          |
/// | by `std::ranges::enable_view` and does not own          |                             | `std::vector`           |
/// | `std::reference_wrapper`, `std::initializer_list`,      | the same                    | the value               |
/// | references in pairs and tuples                          |                             |                         |
/// | pmr memory behind a `std::shared_ptr`, an array or a    | is not the message's alone, | a `std::unique_ptr`     |
/// | base class in a `std::unique_ptr`, a deleter            | or of unknown size          | to just that type       |
/// | pmr containers of what cannot be moved; a class that    | cannot be made anew with    | a type that takes an    |
/// | has `allocator_type` and no constructor that takes one  | memory of the program       | allocator when moved    |
///
/// Other parts with a polymorphic allocator are made anew with `message_resource()` when they are sent. Members that
/// are private, of base classes or captured by lambdas do not show, nor where a raw pointer in a class points to: that
/// is yours to keep. A type that you vouch for is not looked into (`vouched_sendable`).
template <typename T>
concept sendable = message_type<T> && detail::self_contained<T>;

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

/// For a T that is not sendable: the error that says why.
template <typename T>
void refuse_message() {
  if constexpr (!message_type<T>) {
    static_cast<void>(sizeof(a_message_must_be_a_movable_and_destructible_object_type<T>));
  } else {
    say_what_is_wrong<T>();
  }
}

}  // namespace detail
}  // namespace foundation::inline v0
