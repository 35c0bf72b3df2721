// SPDX-License-Identifier: Apache-2.0
//
// Which types may leave a process, and which part of one that may not is named. That the compiler says so is in
// compile_fail.
#include <gtest/gtest.h>

#include <any>
#include <array>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <initializer_list>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <ranges>
#include <regex>
#include <span>
#include <stack>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <foundation/foundation.hpp>

namespace fn = foundation;

namespace {

using fn::sendable;
using fn::detail::wrong_in;
using fn::detail::wrong_memory;
using fn::detail::wrong_view;
using view = std::string_view;
using text = std::pmr::string;

template <typename... Ts>
constexpr bool all_sendable = (sendable<Ts> && ...);
template <typename T, typename Part>
constexpr bool refused_for_view = !sendable<T> && std::is_same_v<wrong_in<T>, wrong_view<Part>>;
template <typename T, typename Part>
constexpr bool refused_for_memory = !sendable<T> && std::is_same_v<wrong_in<T>, wrong_memory<Part>>;
/// Refused for a view of text, wherever that is in it.
template <typename... Ts>
constexpr bool all_show_text = (refused_for_view<Ts, view> && ...);

struct with_view {
  int number;
  view name;
};
struct with_views_within {
  std::string name;
  std::vector<with_view> rows;
};
struct with_array_of_views {
  view names[2];
  std::string last;
};

TEST(Sendable, is_what_owns_what_it_needs) {
  EXPECT_TRUE((all_sendable<int, std::string, std::vector<std::string>, std::map<std::string, int>, std::any,
                            std::function<void()>, std::promise<int>, std::future<int>, std::tuple<int, std::string>,
                            std::variant<std::monostate, std::string>, std::regex, std::filesystem::path,
                            std::unique_ptr<int>, std::shared_ptr<int>, std::vector<bool>, std::stack<int>,
                            std::exception_ptr, std::vector<std::unique_ptr<int>>>));
  EXPECT_TRUE((all_sendable<fn::pid, fn::exited, fn::down, fn::result<std::string>, fn::result<void>, fn::reply_to<int>,
                            fn::error, fn::timer_expired<int>, fn::exit_reason>));
}

TEST(Sendable, is_what_has_memory_of_a_polymorphic_allocator_that_shows) {
  EXPECT_TRUE((all_sendable<text, std::pmr::vector<text>, std::vector<text>, std::map<int, text>, std::unique_ptr<text>,
                            fn::timer_expired<text>>));
}

TEST(Sendable, is_no_message_that_is_none) {
  EXPECT_FALSE(sendable<int*>);
  EXPECT_FALSE(sendable<const char*>);
  EXPECT_FALSE(sendable<int[3]>);
  EXPECT_FALSE(sendable<fn::any_message>);
}

TEST(Sendable, is_no_view) {
  EXPECT_TRUE((all_show_text<view>));
  EXPECT_TRUE((refused_for_view<std::u16string_view, std::u16string_view>));
  EXPECT_TRUE((refused_for_view<std::span<int>, std::span<int>>));
  EXPECT_TRUE((refused_for_view<std::span<int, 3>, std::span<int, 3>>));
}

TEST(Sendable, is_a_view_that_has_its_range_inside_and_no_other) {
  using numbers = std::vector<int>;
  using shown = std::ranges::ref_view<numbers>;
  const auto twice = [](int n) { return 2 * n; };
  using of_another = decltype(std::declval<numbers&>() | std::views::transform(twice));
  using of_its_own = decltype(std::declval<numbers>() | std::views::transform(twice) | std::views::take(2));
  EXPECT_TRUE((refused_for_view<shown, shown>));
  EXPECT_TRUE((refused_for_view<of_another, of_another>));
  EXPECT_TRUE((all_sendable<std::ranges::owning_view<numbers>, of_its_own, std::ranges::empty_view<int>>));
}

TEST(Sendable, is_no_wrapped_reference_and_no_reference_in_a_pair_or_tuple) {
  EXPECT_TRUE((refused_for_view<std::reference_wrapper<int>, std::reference_wrapper<int>>));
  EXPECT_TRUE((refused_for_view<std::initializer_list<int>, std::initializer_list<int>>));
  EXPECT_TRUE((refused_for_view<std::pair<int&, int>, int&>));
  EXPECT_TRUE((refused_for_view<std::tuple<int, const std::string&>, const std::string&>));
}

TEST(Sendable, finds_a_view_at_any_depth) {
  EXPECT_TRUE((all_show_text<std::pair<int, view>, std::tuple<view>, std::array<view, 2>, std::optional<view>,
                             std::variant<int, view>, fn::result<view>>));
  EXPECT_TRUE((all_show_text<std::vector<view>, std::deque<view>, std::list<view>, std::map<view, int>,
                             std::map<int, view>, std::unordered_map<int, std::vector<view>>, std::stack<view>>));
  EXPECT_TRUE((all_show_text<std::unique_ptr<view>, std::unique_ptr<view[]>, std::shared_ptr<view>>));
  EXPECT_TRUE((all_show_text<with_view, with_views_within, with_array_of_views, std::vector<with_views_within>>));
}

struct immovable {
  immovable(const immovable&) = delete;
};
struct with_functions {
  using allocator_type = std::pmr::polymorphic_allocator<>;
  with_functions(with_functions&&, const allocator_type&);
  with_functions(with_functions&&) = default;
  virtual ~with_functions() = default;
};
struct deleter {
  void operator()(text* p) const { delete p; }
};
class without_constructor {
 public:
  using allocator_type = std::pmr::polymorphic_allocator<>;
  without_constructor(without_constructor&&) = default;

 private:
  std::pmr::vector<int> values_;
};
struct holds_shared {
  int number;
  std::shared_ptr<text> name;
};
struct odd_collection {
  using value_type = text;
  [[nodiscard]] text* begin();
  [[nodiscard]] text* end();
  std::unique_ptr<text[]> elements;
};

TEST(Sendable, is_no_memory_that_others_hold_or_whose_size_or_type_is_not_known) {
  EXPECT_TRUE((refused_for_memory<std::shared_ptr<text>, std::shared_ptr<text>>));
  EXPECT_TRUE((refused_for_memory<holds_shared, std::shared_ptr<text>>));
  EXPECT_TRUE((refused_for_memory<std::vector<holds_shared>, std::shared_ptr<text>>));
  EXPECT_TRUE((refused_for_memory<std::unique_ptr<text[]>, std::unique_ptr<text[]>>));
  EXPECT_TRUE(sendable<with_functions>);
  EXPECT_TRUE((refused_for_memory<std::unique_ptr<with_functions>, std::unique_ptr<with_functions>>));
  EXPECT_TRUE((refused_for_memory<std::unique_ptr<text, deleter>, std::unique_ptr<text, deleter>>));
}

/// As std::expected is.
template <typename T, typename E>
struct either {
  using value_type = T;
  using error_type = E;
  either(std::in_place_t, T&& value);
  [[nodiscard]] bool has_value() const;
  T& operator*();
  std::unique_ptr<T> value;
};

TEST(Sendable, is_no_memory_that_cannot_be_made_anew) {
  EXPECT_TRUE((refused_for_memory<std::pmr::list<immovable>, std::pmr::list<immovable>>));
  EXPECT_TRUE((refused_for_memory<std::pmr::map<int, immovable>, std::pmr::map<int, immovable>>));
  EXPECT_TRUE((refused_for_memory<without_constructor, without_constructor>));
  EXPECT_TRUE((refused_for_memory<std::optional<without_constructor>, without_constructor>));
  EXPECT_TRUE((sendable<either<text, int>>));
  EXPECT_TRUE((refused_for_memory<either<int, text>, either<int, text>>));
  EXPECT_TRUE((refused_for_memory<odd_collection, odd_collection>)) << "nobody knows how to fill it";
}

struct hidden;
struct holds_hidden {
  std::shared_ptr<hidden> pointer;
  std::string name;
};

TEST(Sendable, is_what_points_to_a_type_that_is_not_complete) { EXPECT_TRUE(sendable<holds_hidden>); }

struct self_vouched {
  view name;
  std::shared_ptr<text> shared;
};

}  // namespace

template <>
inline constexpr bool fn::vouched_sendable<self_vouched> = true;

namespace {

TEST(Sendable, is_what_its_author_vouches_for) {
  EXPECT_TRUE((all_sendable<self_vouched, std::vector<self_vouched>, std::optional<self_vouched>>));
}

}  // namespace
