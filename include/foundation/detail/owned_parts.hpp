// SPDX-License-Identifier: Apache-2.0
/// What a value owns outside of itself, as far as its type shows (anatomy.hpp), and the binaries in it.
///
///   P1. A type says itself what it owns, by a function `owned_bytes` that is found with it, or it is looked into; what does
///       neither owns nothing as far as anybody can tell.
///   P2. Of containers in blocks it is what they have room for, of those in nodes an estimate: the elements, and for each
///       the pointers that such a node has.
///   P3. What is shared is nobody's: of a std::shared_ptr nothing counts, of a binary only itself.
///   P4. Elements are visited only where they can own something: a vector of numbers costs one look.
///   P5. A container is one whose iterators give what it says it holds, and that is not itself: a path goes over paths, a
///       number of a JSON library over itself.
///   P6. Below `deepest_part` nothing is looked at: a list of a million pointers would take a stack as deep.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <foundation/detail/anatomy.hpp>
#include <foundation/export.hpp>

namespace foundation::inline v0 {
class binary;
}

namespace foundation::inline v0::detail {

namespace owned_bytes_lookup {

void owned_bytes() = delete;  // hides foundation::owned_bytes: the function is to be found with the type alone

/// A T that nothing else can be made of: a function for what a T converts to is none for T.
template <typename T>
struct just_one {
  operator const T&() const noexcept;
};

template <typename T>
concept says_what_it_owns = requires(const just_one<T>& value) {
  { owned_bytes(value) } -> std::convertible_to<std::size_t>;
};
template <typename T>
[[nodiscard]] std::size_t ask(const T& value) noexcept {
  return owned_bytes(value);
}

}  // namespace owned_bytes_lookup

using owned_bytes_lookup::says_what_it_owns;

template <typename T>
using bare_part = std::remove_cv_t<std::remove_all_extents_t<T>>;

inline constexpr int deepest_part = 24;

// -- which types -------------------------------------------------------------------------------------------------------

/// P5.
template <typename T>
concept goes_over_its_elements = requires(const T& v) {
  v.begin() != v.end();
  requires std::is_same_v<std::remove_cvref_t<decltype(*v.begin())>, typename T::value_type>;
  requires !std::is_same_v<typename T::value_type, T>;
};

/// It owns blocks that can be seen.
template <typename T>
constexpr bool has_blocks() {
  constexpr shape form = anatomy_of<T>::form;
  if constexpr (form == shape::sequence || form == shape::list || form == shape::keyed || form == shape::collection) {
    return goes_over_its_elements<T>;
  } else {
    return form == shape::owner;
  }
}

/// A path: the text in it.
template <typename T>
concept has_native_text = requires(const T& v) {
  typename T::string_type;
  requires std::is_same_v<decltype(v.native()), const typename T::string_type&>;
};

template <typename T, typename... Seen>
constexpr bool find_owner();
template <typename... Seen, typename... Parts>
constexpr bool one_owns(type_list<Parts...>) {
  return (find_owner<bare_part<Parts>, Seen...>() || ...);
}
template <typename T, typename... Seen>
constexpr bool find_owner() {
  if constexpr (!std::is_class_v<T> || (std::is_same_v<T, Seen> || ...)) {
    return false;
  } else if constexpr (says_what_it_owns<T> || has_native_text<T>) {
    return true;
  } else if constexpr (std::is_trivially_copyable_v<T>) {
    return false;
  } else {
    using what = anatomy_of<T>;
    return has_blocks<T>() || (what::form != shape::shared && one_owns<T, Seen...>(typename what::parts{}));
  }
}
/// A T may own memory elsewhere, as far as it shows.
template <typename T>
inline constexpr bool may_own = find_owner<bare_part<T>>();

template <typename T, typename... Seen>
constexpr bool find_binary();
template <typename... Seen, typename... Parts>
constexpr bool one_has_binaries(type_list<Parts...>) {
  return (find_binary<bare_part<Parts>, Seen...>() || ...);
}
template <typename T, typename... Seen>
constexpr bool find_binary() {
  if constexpr (std::is_same_v<T, binary>) {
    return true;
  } else if constexpr (!std::is_class_v<T> || (std::is_same_v<T, Seen> || ...)) {
    return false;
  } else if constexpr (std::is_trivially_copyable_v<T>) {
    return false;
  } else {
    using what = anatomy_of<T>;
    return what::form != shape::shared && one_has_binaries<T, Seen...>(typename what::parts{});
  }
}
/// There may be a binary in a T, as far as it shows.
template <typename T>
inline constexpr bool may_have_binaries = find_binary<bare_part<T>>();

// -- their parts -------------------------------------------------------------------------------------------------------

template <std::size_t I = 0, typename T, typename Visit>
void visit_choice(const T& value, Visit& visit) {
  using std::get;
  if constexpr (I != type_count<typename anatomy_of<T>::parts>) {
    if (value.index() == I) visit(get<I>(value));
    else visit_choice<I + 1>(value, visit);
  }
}

/// Calls `visit` with each part of a value.
template <typename T, typename Visit>
void visit_parts(const T& value, Visit&& visit) {
  if constexpr (std::is_array_v<T>) {
    for (const auto& element : value) visit(element);
  } else {
    constexpr shape form = anatomy_of<T>::form;
    if constexpr (form == shape::product) {
      std::apply([&](const auto&... parts) { (visit(parts), ...); }, value);
    } else if constexpr (form == shape::aggregate) {
      with_members<member_count<T>>(value, [&](auto... parts) { (visit(parts.value), ...); });
    } else if constexpr (form == shape::perhaps) {
      if (value.has_value()) {
        if constexpr (!std::is_void_v<typename T::value_type>) visit(*value);
      } else if constexpr (requires { value.error(); }) {
        visit(value.error());
      }
    } else if constexpr (form == shape::choice) {
      visit_choice(value, visit);
    } else if constexpr (form == shape::owner) {
      if (value != nullptr) visit(*value);
    } else if constexpr (form == shape::adapter) {
      visit(value.*opened<T>::container());
    } else if constexpr (has_blocks<T>() && form == shape::keyed && requires { typename T::mapped_type; }) {
      for (const auto& [key, mapped] : value) {
        visit(key);
        visit(mapped);
      }
    } else if constexpr (form == shape::array || has_blocks<T>()) {
      for (const auto& element : value) visit(element);
    }
  }
}

// -- what they own -----------------------------------------------------------------------------------------------------

struct owned_count {
  std::size_t bytes = 0;
  std::size_t looks = 0;  ///< that it took
};

/// P2: the pointers of a node.
template <typename T>
constexpr std::size_t node_links() {
  constexpr std::size_t word = sizeof(void*);
  if constexpr (anatomy_of<T>::form == shape::list) return word;
  else if constexpr (requires(const T& v) { v.key_comp(); }) return 4 * word;
  else if constexpr (requires(const T& v) { v.bucket_count(); }) return 2 * word;
  else if constexpr (requires(const T& v) { v[0]; }) return 0;
  else return 2 * word;
}

template <typename T>
[[nodiscard]] std::size_t count_elements(const T& value) noexcept {
  if constexpr (requires { value.size(); }) {
    return static_cast<std::size_t>(value.size());
  } else {
    std::size_t count = 0;
    for (auto at = value.begin(); at != value.end(); ++at) ++count;
    return count;
  }
}

/// Of a value itself, without its parts.
template <typename T>
[[nodiscard]] std::size_t own_blocks(const T& value) noexcept {
  if constexpr (std::is_array_v<T>) {
    return 0;
  } else if constexpr (!has_blocks<T>()) {
    return 0;
  } else if constexpr (anatomy_of<T>::form == shape::owner) {
    return value == nullptr ? 0 : sizeof(*value);
  } else {
    using element = typename T::value_type;
    if constexpr (requires { value.data(), value.capacity(); }) {
      const auto* const first = reinterpret_cast<const std::byte*>(value.data());
      const auto* const here = reinterpret_cast<const std::byte*>(&value);
      const bool inside = first >= here && first < here + sizeof(T);  // a short string
      return inside ? 0 : value.capacity() * sizeof(element);
    } else if constexpr (requires { value.capacity(); }) {
      return std::is_same_v<element, bool> ? value.capacity() / 8 : value.capacity() * sizeof(element);
    } else {
      std::size_t blocks = count_elements(value) * (sizeof(element) + node_links<T>());
      if constexpr (requires { value.bucket_count(); }) blocks += value.bucket_count() * sizeof(void*);
      return blocks;
    }
  }
}

template <typename T>
constexpr bool parts_may_own() {
  if constexpr (std::is_array_v<T>) return may_own<T>;
  else return one_owns<>(typename anatomy_of<T>::parts{});
}

template <typename T>
void count_owned(const T& value, owned_count& all, int depth = 0) noexcept {
  if constexpr (may_own<T>) {
    ++all.looks;
    if (depth == deepest_part) return;  // P6
    if constexpr (says_what_it_owns<T>) {
      all.bytes += owned_bytes_lookup::ask(value);
    } else if constexpr (has_native_text<T>) {
      all.bytes += own_blocks(value.native());
    } else {
      all.bytes += own_blocks(value);
      if constexpr (parts_may_own<T>()) {
        visit_parts(value, [&](const auto& part) { count_owned(part, all, depth + 1); });
      }
    }
  }
}

// -- their binaries ----------------------------------------------------------------------------------------------------

/// `to`: whatever the visitor needs.
using binary_visitor = void (*)(const binary&, void* to) noexcept;

template <typename T>
void visit_binaries(const T& value, binary_visitor visit, void* to, int depth = 0) noexcept {
  if constexpr (std::is_same_v<T, binary>) {
    visit(value, to);
  } else if constexpr (may_have_binaries<T>) {
    if (depth == deepest_part) return;  // P6
    visit_parts(value, [&](const auto& part) { visit_binaries(part, visit, to, depth + 1); });
  }
}

/// Of a payload's type: what shows of it.
struct payload_parts {
  owned_count (*count_owned)(const void* payload) noexcept;
  void (*each_binary)(const void* payload, binary_visitor visit, void* to) noexcept;  ///< null: there are none
};

template <typename T>
inline constexpr payload_parts parts_of_payload = {
    [](const void* payload) noexcept {
      owned_count all;
      count_owned(*static_cast<const T*>(payload), all);
      return all;
    },
    [] {
      using walk = void (*)(const void*, binary_visitor, void*) noexcept;
      if constexpr (may_have_binaries<T>) {
        return walk{[](const void* payload, binary_visitor visit, void* to) noexcept {
          visit_binaries(*static_cast<const T*>(payload), visit, to);
        }};
      } else {
        return walk{nullptr};
      }
    }()};

/// Of a payload that the calling process sends away: if it has a limit, the binaries count for nobody until they have arrived.
FOUNDATION_API void let_go_of_binaries(const payload_parts& parts, const void* payload) noexcept;

/// Null for a type of which nothing shows that is elsewhere.
template <typename T>
[[nodiscard]] constexpr const payload_parts* find_parts() noexcept {
  if constexpr (may_own<T> || may_have_binaries<T>) return &parts_of_payload<T>;
  else return nullptr;
}

template <typename T>
void let_go_of(const T& payload) noexcept {
  if constexpr (may_have_binaries<T>) let_go_of_binaries(parts_of_payload<T>, &payload);
}

}  // namespace foundation::inline v0::detail
