// SPDX-License-Identifier: Apache-2.0
/// What a type is made of, as far as it shows: by which shape its parts are reached, and which types they have. Types
/// are told by what they can do, not by their names, so that no header of a container is needed and those of other
/// libraries count too.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <foundation/detail/aggregate.hpp>
#include <foundation/vouched_sendable.hpp>

namespace foundation::inline v0::detail {

enum class shape {
  plain,       ///< is whole, or does not show what it is made of
  view,        ///< shows what it does not own
  product,     ///< std::pair, std::tuple
  array,       ///< std::array
  aggregate,   ///< one that can be looked into (aggregate.hpp)
  perhaps,     ///< std::optional, fn::result, std::expected
  choice,      ///< std::variant
  owner,       ///< std::unique_ptr to an object of just that type
  shared,      ///< what has parts that cannot be made anew: others hold them, or their number or type is not known
  sequence,    ///< a container that grows at its end
  list,        ///< std::forward_list
  keyed,       ///< a container with keys, ordered or not
  collection,  ///< any other container
  adapter,     ///< std::stack, std::queue, std::priority_queue
  pmr_class,   ///< advertises a polymorphic allocator, and nothing else is known of it
};

template <shape Shape, typename... Parts>
struct anatomy {
  static constexpr shape form = Shape;
  using parts = type_list<Parts...>;
};

// -- what does not own ------------------------------------------------------------------------------------------------

/// A view in the sense of <ranges>, but for one that has the range it shows inside, as std::ranges::owning_view has,
/// which its base() tells. (<string_view> and <span> declare what is used of <ranges> here.)
template <typename T>
constexpr bool shows_only() {
  if constexpr (!std::ranges::enable_view<T> || std::is_empty_v<T>) {
    return false;
  } else if constexpr (std::ranges::enable_borrowed_range<T> || !requires { std::declval<T>().base(); }) {
    return true;
  } else {
    return shows_only<std::remove_cvref_t<decltype(std::declval<T>().base())>>();
  }
}

template <typename T>
inline constexpr bool is_reference_wrapper = false;
template <typename T>
inline constexpr bool is_reference_wrapper<std::reference_wrapper<T>> = true;
template <typename T>
inline constexpr bool is_reference_wrapper<std::initializer_list<T>> = true;

// -- polymorphic allocators -------------------------------------------------------------------------------------------

using message_allocator = std::pmr::polymorphic_allocator<std::byte>;

/// Advertises an allocator that a polymorphic one can stand for.
template <typename T>
concept pmr_aware = requires { typename T::allocator_type; } &&
                    std::is_convertible_v<message_allocator, typename T::allocator_type>;

// -- shapes -----------------------------------------------------------------------------------------------------------

template <typename T>
struct product_of : std::false_type {};
template <typename A, typename B>
struct product_of<std::pair<A, B>> : std::true_type {
  using type = anatomy<shape::product, A, B>;
};
template <typename... Ts>
struct product_of<std::tuple<Ts...>> : std::true_type {
  using type = anatomy<shape::product, Ts...>;
};
template <typename T, std::size_t N>
struct product_of<std::array<T, N>> : std::true_type {
  using type = anatomy<shape::array, T>;
};

template <typename T>
inline constexpr bool is_complete = requires { sizeof(T); };

template <typename T>
struct pointer_of : std::false_type {};
template <typename T, typename Deleter>
struct pointer_of<std::unique_ptr<T, Deleter>> : std::true_type {
  /// The pointer owns a T and not something derived from it: deleting that through a T* would be undefined.
  static constexpr bool exact = std::is_same_v<Deleter, std::default_delete<T>> && !std::is_array_v<T>;
  static constexpr auto find() {
    if constexpr (!is_complete<std::remove_extent_t<T>>) return anatomy<shape::plain>{};
    else if constexpr (exact && !std::is_polymorphic_v<T>) return anatomy<shape::owner, T>{};
    else return anatomy<shape::shared, T>{};
  }
};
template <typename T>
struct pointer_of<std::shared_ptr<T>> : std::true_type {
  static constexpr auto find() {
    if constexpr (!is_complete<std::remove_extent_t<T>>) return anatomy<shape::plain>{};
    else return anatomy<shape::shared, T>{};
  }
};

template <typename T>
struct choice_of : std::false_type {};
template <template <typename...> typename Variant, typename... Ts>
  requires requires(const Variant<Ts...>& v) { v.valueless_by_exception(), v.index(); }
struct choice_of<Variant<Ts...>> : std::true_type {
  using type = anatomy<shape::choice, Ts...>;
};

template <typename T>
concept has_value_or_not = requires(T& v) {
  typename T::value_type;
  requires std::is_same_v<std::remove_cvref_t<decltype(*v)>, std::remove_cv_t<typename T::value_type>>;
  v.has_value();
};

template <typename T>
concept container = requires(T& v) {
  typename T::value_type;
  v.begin() != v.end();
};
template <typename T>
concept keyed_container = container<T> && requires(T& v) {
  typename T::key_type;
  v.emplace_hint(v.end(), v.extract(v.begin()));
};

/// What an adapter keeps its elements in is a protected member of it, `c`, by the standard; its order is `comp`.
template <typename T>
struct opened : T {
  static constexpr bool has_container = requires { &opened::c; };
  static constexpr bool has_order = requires { &opened::comp; };
  static constexpr auto container() noexcept { return &opened::c; }
  static constexpr auto order() noexcept { return &opened::comp; }
};
template <typename T>
constexpr bool is_adapter() {
  if constexpr (requires { typename T::container_type; requires !std::is_final_v<T>; }) return opened<T>::has_container;
  else return false;
}

template <typename T>
constexpr auto find_container() {
  if constexpr (requires { typename T::mapped_type; } && keyed_container<T>) {
    return anatomy<shape::keyed, typename T::key_type, typename T::mapped_type>{};
  } else if constexpr (keyed_container<T>) {
    return anatomy<shape::keyed, typename T::key_type>{};
  } else if constexpr (requires(T& v) { v.before_begin(); }) {
    return anatomy<shape::list, typename T::value_type>{};
  } else if constexpr (requires(T& v) { v.emplace_back(std::declval<typename T::value_type>()); }) {
    return anatomy<shape::sequence, typename T::value_type>{};
  } else {
    return anatomy<shape::collection, typename T::value_type>{};
  }
}

template <typename... Members>
constexpr auto aggregate_of(type_list<Members...>) {
  if constexpr (sizeof...(Members) == 0) return anatomy<shape::plain>{};
  else return anatomy<shape::aggregate, Members...>{};
}

/// T without const. What is trivially copyable owns no memory; if no pointer fits in, it shows none either.
template <typename T>
constexpr auto dissect() {
  constexpr bool may_point = sizeof(T) >= sizeof(void*) && alignof(T) >= alignof(void*);
  if constexpr (!std::is_class_v<T> || vouched_sendable<T> || (std::is_trivially_copyable_v<T> && !may_point)) {
    return anatomy<shape::plain>{};
  } else if constexpr (is_reference_wrapper<T> || shows_only<T>()) {
    return anatomy<shape::view>{};
  } else if constexpr (product_of<T>::value) {
    return typename product_of<T>::type{};
  } else if constexpr (choice_of<T>::value) {
    return typename choice_of<T>::type{};
  } else if constexpr (pointer_of<T>::value) {
    return pointer_of<T>::find();
  } else if constexpr (has_value_or_not<T>) {
    if constexpr (requires { typename T::error_type; }) {
      return anatomy<shape::perhaps, typename T::value_type, typename T::error_type>{};
    } else {
      return anatomy<shape::perhaps, typename T::value_type>{};
    }
  } else if constexpr (container<T>) {
    return find_container<T>();
  } else if constexpr (is_adapter<T>()) {
    return anatomy<shape::adapter, typename T::container_type>{};
  } else if constexpr (pmr_aware<T>) {
    return anatomy<shape::pmr_class>{};
  } else {
    return aggregate_of(members_of<T>{});
  }
}

template <typename T>
using anatomy_of = decltype(dissect<T>());

}  // namespace foundation::inline v0::detail
