// SPDX-License-Identifier: Apache-2.0
/// Whether a value of a type may leave its process, and whether parts of it have to be made anew for that.
///
/// A value's memory may be an arena of its process, where a polymorphic allocator got it. A part that has one is
/// *re-homed*: made anew by uses-allocator construction, with `message_resource()` (rehome.hpp). The rest is left
/// alone.
///
/// Each search goes depth first through what shows of a type (anatomy.hpp). `Seen` are the types it is inside of: a
/// type within itself, as in a tree, adds nothing.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <foundation/detail/anatomy.hpp>

namespace foundation::inline v0::detail {

// -- what has to be made anew -----------------------------------------------------------------------------------------

template <typename T, typename... Seen>
constexpr bool owns_pmr_memory();
template <typename... Seen, typename... Parts>
constexpr bool one_owns_pmr_memory(type_list<Parts...>) {
  return (owns_pmr_memory<Parts, Seen...>() || ...);
}
template <typename T, typename... Seen>
constexpr bool owns_pmr_memory() {
  using bare = std::remove_cv_t<std::remove_all_extents_t<T>>;
  if constexpr (!std::is_class_v<bare>) {
    return false;
  } else if constexpr (std::is_trivially_copyable_v<bare> || (std::is_same_v<bare, Seen> || ...)) {
    return false;
  } else {
    return (pmr_aware<bare> && !vouched_sendable<bare>) ||
           one_owns_pmr_memory<bare, Seen...>(typename anatomy_of<bare>::parts{});
  }
}

/// T has a part in the memory of a polymorphic allocator, as far as it shows.
template <typename T>
inline constexpr bool needs_rehoming = owns_pmr_memory<T>();

/// The uses-allocator construction of a T passes the allocator on to all that has to be re-homed in it.
template <typename T, typename... Seen>
constexpr bool passes_allocator_on();
template <typename... Seen, typename... Parts>
constexpr bool all_pass_allocator_on(type_list<Parts...>) {
  return (passes_allocator_on<std::remove_cv_t<Parts>, Seen...>() && ...);
}
template <typename T, typename... Seen>
constexpr bool passes_allocator_on() {
  if constexpr (!needs_rehoming<T> || (std::is_same_v<T, Seen> || ...)) {
    return true;
  } else {
    using what = anatomy_of<T>;
    constexpr bool asked = pmr_aware<T> || what::form == shape::product;
    return asked && all_pass_allocator_on<T, Seen...>(typename what::parts{});
  }
}

/// Re-homed at once and not part by part.
template <typename T>
inline constexpr bool rehomed_whole = pmr_aware<T> && passes_allocator_on<T>();

// -- what is wrong with a type, and with which part of it -------------------------------------------------------------

struct nothing_wrong {};
/// `Part` shows what it does not own.
template <typename Part>
struct wrong_view {};
/// `Part` has memory of a polymorphic allocator and cannot be made anew.
template <typename Part>
struct wrong_memory {};

template <typename... Wrong>
struct first_wrong : std::type_identity<nothing_wrong> {};
template <typename Wrong, typename... Others>
struct first_wrong<Wrong, Others...> : std::type_identity<Wrong> {};
template <typename... Others>
struct first_wrong<nothing_wrong, Others...> : first_wrong<Others...> {};

template <typename... Ts>
constexpr bool all_movable(type_list<Ts...>) {
  return (std::is_move_constructible_v<std::remove_cv_t<std::remove_all_extents_t<Ts>>> && ...);
}

/// For a T that needs it.
template <typename T>
constexpr bool can_be_rehomed() {
  using what = anatomy_of<T>;
  if constexpr (what::form == shape::shared || !all_movable(typename what::parts{})) {
    return false;
  } else if constexpr (requires { typename T::error_type; requires needs_rehoming<typename T::error_type>; }) {
    return false;  // how an error is put in its place is not known
  } else if constexpr (what::form == shape::perhaps) {
    return std::is_constructible_v<T, std::in_place_t, typename T::value_type>;
  } else if constexpr (rehomed_whole<T>) {
    return std::is_constructible_v<T, T, const message_allocator&> ||
           std::is_constructible_v<T, std::allocator_arg_t, const message_allocator&, T>;
  } else {
    return what::form != shape::collection;
  }
}

template <typename T, typename... Seen>
constexpr auto find_wrong();
template <typename T, typename... Seen, typename... Parts>
constexpr auto find_wrong_part(type_list<Parts...>) {
  using part = typename first_wrong<decltype(find_wrong<Parts, T, Seen...>())...>::type;
  if constexpr (!std::is_same_v<part, nothing_wrong> || !needs_rehoming<T>) return part{};
  else if constexpr (can_be_rehomed<T>()) return nothing_wrong{};
  else return wrong_memory<T>{};
}
template <typename T, typename... Seen>
constexpr auto find_wrong() {
  using bare = std::remove_cv_t<std::remove_all_extents_t<T>>;
  if constexpr (std::is_reference_v<T>) {
    return wrong_view<T>{};
  } else if constexpr (!std::is_class_v<bare>) {
    return nothing_wrong{};
  } else if constexpr ((std::is_same_v<bare, Seen> || ...)) {
    return nothing_wrong{};
  } else {
    using what = anatomy_of<bare>;
    if constexpr (what::form == shape::plain) return nothing_wrong{};
    else if constexpr (what::form == shape::view) return wrong_view<bare>{};
    else return find_wrong_part<bare, Seen...>(typename what::parts{});
  }
}

/// `nothing_wrong`, or what keeps a T from leaving its process.
template <typename T>
using wrong_in = decltype(find_wrong<T>());
template <typename T>
inline constexpr bool self_contained = std::is_same_v<wrong_in<T>, nothing_wrong>;

// Never defined: the compiler's first error line names them, with the user's type and the part of it.
template <typename T, typename View>
struct what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does;
template <typename T, typename Part>
struct what_leaves_a_process_must_not_hold_pmr_memory_that_cannot_be_made_anew;

template <typename T, typename View>
void explain(wrong_view<View>) {
  static_cast<void>(sizeof(what_leaves_a_process_must_own_what_it_shows_as_a_string_or_a_vector_does<T, View>));
}
template <typename T, typename Part>
void explain(wrong_memory<Part>) {
  static_cast<void>(sizeof(what_leaves_a_process_must_not_hold_pmr_memory_that_cannot_be_made_anew<T, Part>));
}
/// For a T that is not self-contained: the error that says so.
template <typename T>
void say_what_is_wrong() {
  explain<T>(wrong_in<T>{});
}

}  // namespace foundation::inline v0::detail
