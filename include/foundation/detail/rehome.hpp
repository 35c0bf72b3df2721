// SPDX-License-Identifier: Apache-2.0
/// Makes a value anew where `needs_rehoming`: with all that polymorphic allocators own of it in `message_resource()`.
///
///   R1. Parts of an rvalue are moved, of an lvalue copied. What does not need to be made anew is not looked into.
///   R2. A container keeps its comparator or hash; a standard allocator of its own stays as it is.
///   R3. Whatever throws, what was made is destroyed; an rvalue may then have lost the parts that were moved.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <foundation/detail/self_contained.hpp>
#include <foundation/message_resource.hpp>

namespace foundation::inline v0::detail {

/// A T from a T. Semantics: std::make_obj_using_allocator, for each part that has an allocator.
template <typename T, typename U>
[[nodiscard]] T rehome(U&& value);

/// A part of a value as the value itself was given: to be moved, or copied.
template <typename Whole, typename Part>
[[nodiscard]] constexpr auto&& given_as(Part& part) noexcept {
  if constexpr (std::is_lvalue_reference_v<Whole>) return std::as_const(part);
  else return std::move(part);
}

/// The part made anew, or itself.
template <typename Whole, typename Part>
[[nodiscard]] constexpr decltype(auto) home(Part& part) {
  using bare = std::remove_cv_t<Part>;
  if constexpr (needs_rehoming<bare>) return rehome<bare>(given_as<Whole>(part));
  else return given_as<Whole>(part);
}

// -- containers -------------------------------------------------------------------------------------------------------

/// `T(given..., allocator)`, with `message_resource()` or the allocator that `value` has, if any.
template <typename T, typename... Given>
[[nodiscard]] T empty_container(const T& value, Given&&... given) {
  if constexpr (pmr_aware<T>) {
    return T(std::forward<Given>(given)..., message_allocator(message_resource()));
  } else if constexpr (requires { value.get_allocator(); }) {
    return T(std::forward<Given>(given)..., value.get_allocator());
  } else {
    return T(std::forward<Given>(given)...);
  }
}

template <typename T, typename U>
[[nodiscard]] T rehome_sequence(U&& value) {
  T made = empty_container<T>(value);
  if constexpr (requires { made.reserve(value.size()); }) made.reserve(value.size());
  for (auto& element : value) made.emplace_back(home<U>(element));
  return made;
}

template <typename T, typename U>
[[nodiscard]] T rehome_list(U&& value) {
  T made = empty_container<T>(value);
  auto last = made.before_begin();
  for (auto& element : value) last = made.emplace_after(last, home<U>(element));
  return made;
}

template <typename T>
[[nodiscard]] T empty_keyed(const T& value) {
  if constexpr (requires { value.hash_function(); }) {
    return empty_container<T>(value, value.bucket_count(), value.hash_function(), value.key_eq());
  } else {
    return empty_container<T>(value, value.key_comp());
  }
}

/// Keys are const in their container, and can be moved only out of a node.
template <typename T, typename U>
[[nodiscard]] T rehome_keyed(U&& value) {
  constexpr bool mapped = requires { typename T::mapped_type; };
  T made = empty_keyed<T>(value);
  if constexpr (!std::is_lvalue_reference_v<U>) {
    while (!value.empty()) {
      auto node = value.extract(value.begin());
      if constexpr (mapped) made.emplace_hint(made.end(), home<U>(node.key()), home<U>(node.mapped()));
      else made.emplace_hint(made.end(), home<U>(node.value()));
    }
  } else if constexpr (mapped) {
    for (auto& [key, value_of_key] : value) made.emplace_hint(made.end(), home<U>(key), home<U>(value_of_key));
  } else {
    for (auto& key : value) made.emplace_hint(made.end(), home<U>(key));
  }
  return made;
}

template <typename T, typename U>
[[nodiscard]] T rehome_adapter(U&& value) {
  auto& elements = value.*opened<T>::container();
  if constexpr (opened<T>::has_order) return T(value.*opened<T>::order(), home<U>(elements));
  else return T(home<U>(elements));
}

// -- what has a fixed number of parts ---------------------------------------------------------------------------------

template <typename T, typename U>
[[nodiscard]] T rehome_product(U&& value) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    if constexpr (anatomy_of<T>::form == shape::array) return T{{home<U>(std::get<I>(value))...}};
    else return T(home<U>(std::get<I>(value))...);
  }(std::make_index_sequence<std::tuple_size_v<T>>{});
}

template <typename T, std::size_t I = 0, typename U>
[[nodiscard]] T rehome_choice(U&& value) {
  using std::get;
  if constexpr (I == type_count<typename anatomy_of<T>::parts>) {
    return T(std::forward<U>(value));  // it has lost its value
  } else {
    if (value.index() == I) return T(std::in_place_index<I>, home<U>(get<I>(value)));
    return rehome_choice<T, I + 1>(std::forward<U>(value));
  }
}

template <typename T, typename U>
[[nodiscard]] T rehome_owner(U&& value) {
  using element = typename T::element_type;
  return value == nullptr ? T() : T(new element(home<U>(*value)));
}

/// The elements of an array that is a member, one after the other, as brace elision wants them.
template <typename T>
inline constexpr std::size_t element_count = 1;
template <typename T, std::size_t N>
inline constexpr std::size_t element_count<T[N]> = N * element_count<T>;

template <std::size_t I, typename T>
[[nodiscard]] constexpr auto& element_of(T& member) noexcept {
  if constexpr (std::is_array_v<T>) {
    constexpr std::size_t row = element_count<std::remove_extent_t<T>>;
    return element_of<I % row>(member[I / row]);
  } else {
    return member;
  }
}

/// Where the I-th initialiser of an aggregate with arrays comes from.
struct place {
  std::size_t member;
  std::size_t element;
};
template <std::size_t... Counts>
constexpr auto places_of() {
  std::array<place, (Counts + ... + 0)> found{};
  std::size_t member = 0, next = 0;
  const auto add = [&](std::size_t count) {
    for (std::size_t element = 0; element < count; ++element) found[next++] = {member, element};
    ++member;
  };
  (add(Counts), ...);
  return found;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-braces"
template <typename T, typename U>
[[nodiscard]] T rehome_aggregate(U&& value) {
  return with_members<member_count<T>>(value, []<typename... Fs>(part<Fs>... parts) {
    constexpr auto places = places_of<element_count<Fs>...>();
    const auto members = std::tie(parts.value...);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return T{home<U>(element_of<places[I].element>(std::get<places[I].member>(members)))...};
    }(std::make_index_sequence<places.size()>{});
  });
}
#pragma GCC diagnostic pop

template <typename T, typename U>
[[nodiscard]] T rehome(U&& value) {
  constexpr shape form = anatomy_of<T>::form;
  if constexpr (rehomed_whole<T>) {
    return std::make_obj_using_allocator<T>(message_allocator(message_resource()), std::forward<U>(value));
  } else if constexpr (form == shape::product || form == shape::array) {
    return rehome_product<T>(std::forward<U>(value));
  } else if constexpr (form == shape::aggregate) {
    return rehome_aggregate<T>(std::forward<U>(value));
  } else if constexpr (form == shape::perhaps) {
    if (!value.has_value()) return T(std::forward<U>(value));
    return T(std::in_place, home<U>(*value));
  } else if constexpr (form == shape::choice) {
    return rehome_choice<T>(std::forward<U>(value));
  } else if constexpr (form == shape::owner) {
    return rehome_owner<T>(std::forward<U>(value));
  } else if constexpr (form == shape::sequence) {
    return rehome_sequence<T>(std::forward<U>(value));
  } else if constexpr (form == shape::list) {
    return rehome_list<T>(std::forward<U>(value));
  } else if constexpr (form == shape::keyed) {
    return rehome_keyed<T>(std::forward<U>(value));
  } else {
    static_assert(form == shape::adapter);
    return rehome_adapter<T>(std::forward<U>(value));
  }
}

}  // namespace foundation::inline v0::detail
