// SPDX-License-Identifier: Apache-2.0
/// How many members an aggregate has, which structured bindings have to be told (members.hpp), and of which types they
/// are.
///
/// A member is found by what can be given for it. `places` is the largest number of placeholders, each convertible to
/// anything, that T{…} takes. Brace elision has each element of an array take one, so the arrays are found next.
///
///   A1. A placeholder does not stand for T itself: T{p} would be a copy.
///   A2. The member at a place takes one placeholder, unless T{p…, {}, p…} has one initialiser too many: then `{}`
///       stands for an array. Its length is that of the one {p, …, p} behind which the rest fits, and no more.
///   A3. Nothing is guessed: T is not looked into where structured bindings would refuse it or placeholders do not
///       tell. It may then have bases, unions, references, more than `largest_place_count` places or
///       `largest_member_count` members, or a member that takes no placeholder.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <foundation/detail/members.hpp>

namespace foundation::inline v0::detail {

/// Of an aggregate, each element of an array counted.
inline constexpr std::size_t largest_place_count = 64;

// -- placeholders: nothing is ever converted, it is only asked whether it could be ------------------------------------

/// The conversions have bodies because Clang warns of undefined ones to types without linkage.
/// Not movable: what is made of any movable value, as a std::any is, is not to be made of a placeholder itself.
struct placeholder {
  placeholder() = default;
  placeholder(const placeholder&) = delete;
};
template <typename T>
struct any_member : placeholder {
  template <typename U>
    requires(!std::is_same_v<U, T>)
  operator U() const noexcept {
    __builtin_unreachable();
  }
};
template <typename T>
struct any_base : placeholder {
  template <typename U>
    requires(!std::is_same_v<U, T> && std::is_base_of_v<U, T>)
  operator U() const noexcept {
    __builtin_unreachable();
  }
};
struct any_union : placeholder {
  template <typename U>
    requires std::is_union_v<U>
  operator U() const noexcept {
    __builtin_unreachable();
  }
};
struct any_reference : placeholder {
  template <typename U>
  operator U&() const noexcept {
    __builtin_unreachable();
  }
};

template <typename Placeholder, std::size_t>
using repeated = Placeholder;

template <typename T, std::size_t... Before>
constexpr bool takes(std::index_sequence<Before...>) {
  return requires { T{repeated<any_member<T>, Before>()...}; };
}
/// With One at the place behind the first ones.
template <typename T, typename One, std::size_t... Before, std::size_t... Behind>
constexpr bool takes_one(std::index_sequence<Before...>, std::index_sequence<Behind...>) {
  return requires { T{repeated<any_member<T>, Before>()..., One(), repeated<any_member<T>, Behind>()...}; };
}
/// With placeholders in braces there.
template <typename T, typename One, std::size_t... Before, std::size_t... Inside, std::size_t... Behind>
constexpr bool takes_braces(std::index_sequence<Before...>, std::index_sequence<Inside...>,
                            std::index_sequence<Behind...>) {
  return requires {
    T{repeated<any_member<T>, Before>()..., {repeated<One, Inside>()...}, repeated<any_member<T>, Behind>()...};
  };
}

template <std::size_t N>
using up_to = std::make_index_sequence<N>;

// -- counting ---------------------------------------------------------------------------------------------------------

/// See `count_places`.
inline constexpr std::size_t arrays_probed = 8;
inline constexpr std::size_t not_counted = static_cast<std::size_t>(-1);

/// The largest number taken that is not larger than N. Not every smaller one is: a member may be left without the
/// initialiser it needs.
template <typename T, std::size_t N>
constexpr std::size_t count_downwards() {
  if constexpr (takes<T>(up_to<N>{})) return N;
  else if constexpr (N == 0) return not_counted;
  else return count_downwards<T, N - 1>();
}
/// N is taken. Cheaper, and often right.
template <typename T, std::size_t N>
constexpr std::size_t count_upwards() {
  if constexpr (N <= largest_place_count && takes<T>(up_to<N + 1>{})) return count_upwards<T, N + 1>();
  else return N;
}
template <typename T>
constexpr std::size_t count_places() {
  constexpr std::size_t most = largest_place_count + 1;
  if constexpr (!takes<T>(up_to<0>{})) {
    return count_downwards<T, most>();
  } else {
    constexpr std::size_t places = count_upwards<T, 0>();
    // An array whose elements only its own initialiser can make takes all of its placeholders or none: looked for up to
    // a length that nobody writes such an initialiser for.
    constexpr bool more = []<std::size_t... Behind>(std::index_sequence<Behind...>) {
      return (takes<T>(up_to<places + 2 + Behind>{}) || ...);
    }(up_to<arrays_probed>{});
    if constexpr (more) return count_downwards<T, most>();
    else return places;
  }
}

/// A2: how many of the `Places` belong to the member whose first one is `At`.
template <typename T, std::size_t Places, std::size_t At, std::size_t Length = 1>
constexpr std::size_t places_of_member() {
  if constexpr (Length == 1) {
    if constexpr (takes_braces<T, any_member<T>>(up_to<At>{}, up_to<0>{}, up_to<Places - At - 1>{})) return 1;
    else return places_of_member<T, Places, At, 2>();
  } else if constexpr (At + Length > Places) {
    return 1;
  } else if constexpr (takes_braces<T, any_member<T>>(up_to<At>{}, up_to<Length>{}, up_to<Places - At - Length>{}) &&
                       !takes_braces<T, any_member<T>>(up_to<At>{}, up_to<Length>{},
                                                       up_to<Places - At - Length + 1>{})) {
    return Length;
  } else {
    return places_of_member<T, Places, At, Length + 1>();
  }
}

template <typename T, std::size_t Places, std::size_t At = 0>
constexpr std::size_t count_members() {
  if constexpr (At == Places) return 0;
  else return 1 + count_members<T, Places, At + places_of_member<T, Places, At>()>();
}

/// A3, but for the numbers.
template <typename T, std::size_t Places>
constexpr bool hides_something() {
  constexpr bool more = takes_braces<T, any_member<T>>(up_to<Places>{}, up_to<0>{}, up_to<0>{}) ||
                        takes_braces<T, any_reference>(up_to<Places>{}, up_to<1>{}, up_to<0>{}) ||
                        takes_one<T, any_reference>(up_to<Places>{}, up_to<0>{});
  if constexpr (Places == 0 || more) {
    return more;
  } else {
    constexpr bool with_union = []<std::size_t... At>(std::index_sequence<At...>) {
      return (takes_one<T, any_union>(up_to<At>{}, up_to<Places - At - 1>{}) || ...);
    }(up_to<Places>{});
    return with_union || takes_one<T, any_base<T>>(up_to<0>{}, up_to<Places - 1>{});
  }
}

template <typename T>
constexpr std::size_t find_member_count() {
  if constexpr (!std::is_aggregate_v<T> || !std::is_class_v<T> || requires { std::tuple_size<T>::value; }) {
    return not_counted;
  } else if constexpr (std::is_empty_v<T>) {
    return 0;
  } else {
    constexpr std::size_t places = count_places<T>();
    if constexpr (places > largest_place_count) {
      return not_counted;
    } else if constexpr (hides_something<T, places>()) {
      return not_counted;
    } else {
      constexpr std::size_t members = count_members<T, places>();
      return members > largest_member_count ? not_counted : members;
    }
  }
}

/// Of an aggregate that can be looked into; else `not_counted`.
template <typename T>
inline constexpr std::size_t member_count = find_member_count<T>();

template <typename... Ts>
struct type_list {};
template <typename List>
inline constexpr std::size_t type_count = 0;
template <typename... Ts>
inline constexpr std::size_t type_count<type_list<Ts...>> = sizeof...(Ts);

struct types_of_parts {
  template <typename... Fs>
  constexpr type_list<Fs...> operator()(part<Fs>...) const noexcept {
    return {};
  }
};

template <typename T, std::size_t Count = member_count<T>>
struct member_list : std::type_identity<decltype(with_members<Count>(std::declval<T&>(), types_of_parts{}))> {};
template <typename T>
struct member_list<T, 0> : std::type_identity<type_list<>> {};
template <typename T>
struct member_list<T, not_counted> : std::type_identity<type_list<>> {};

/// The types of its members as they are declared, arrays and const as well; none where it cannot be looked into.
template <typename T>
using members_of = typename member_list<T>::type;

}  // namespace foundation::inline v0::detail
