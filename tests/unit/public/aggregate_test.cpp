// SPDX-License-Identifier: Apache-2.0
//
// What aggregate.hpp finds out of a struct, at compile time, and that it gives up instead of ending the compilation.
#include <gtest/gtest.h>

#include <any>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <queue>
#include <regex>
#include <set>
#include <span>
#include <stack>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <foundation/detail/aggregate.hpp>
#include <foundation/foundation.hpp>

namespace fn = foundation;

namespace {

using fn::detail::member_count;
using fn::detail::members_of;
using fn::detail::not_counted;
using fn::detail::type_list;

template <typename T, typename... Members>
constexpr bool has_members = std::is_same_v<members_of<T>, type_list<Members...>>;
template <typename T>
constexpr bool is_given_up = member_count<T> == not_counted && has_members<T>;

struct nothing {};
struct plain {
  int a;
  const std::string b;
  mutable bool c;
};
struct nested {
  plain inner;
  plain row[2];
};

TEST(Aggregate, has_its_members_in_their_order_with_const_and_arrays) {
  EXPECT_TRUE((has_members<plain, int, const std::string, bool>));
  EXPECT_TRUE((has_members<nested, plain, plain[2]>));
}

TEST(Aggregate, without_members_has_none) {
  EXPECT_TRUE(has_members<nothing>);
  EXPECT_EQ(member_count<nothing>, 0u);
}

// One member of each kind, alone and between others: a class may have any constructors.
template <typename M>
struct alone {
  M m;
};
template <typename M>
struct between {
  std::string before;
  M m;
  int behind;
};
enum class colour { red };
template <typename... Ms>
constexpr bool each_is_found =
    ((has_members<alone<Ms>, Ms> && has_members<between<Ms>, std::string, Ms, int>)&&...);

TEST(Aggregate, finds_members_that_are_scalars) {
  EXPECT_TRUE((each_is_found<bool, char, long, double, long double, colour, void*, const char*, void (*)(int),
                             int plain::*, void (plain::*)(), std::nullptr_t>));
}

TEST(Aggregate, finds_members_of_the_standard_s_vocabulary) {
  EXPECT_TRUE((each_is_found<std::any, std::optional<int>, std::optional<std::any>, std::variant<int, std::string>,
                             std::variant<std::monostate, std::any>, std::tuple<>, std::tuple<int, std::any>,
                             std::pair<int, std::string>, std::function<void()>, std::exception_ptr, std::error_code,
                             std::chrono::seconds, std::chrono::steady_clock::time_point, std::filesystem::path,
                             std::regex, std::thread, std::future<int>, std::promise<int>, std::unique_ptr<int>,
                             std::shared_ptr<int>, std::weak_ptr<int>, std::atomic<int>, std::mutex>));
}

TEST(Aggregate, finds_members_that_are_containers_or_views) {
  EXPECT_TRUE((each_is_found<std::string, std::pmr::string, std::vector<int>, std::vector<bool>, std::vector<std::any>,
                             std::pmr::vector<std::pmr::string>, std::array<int, 3>, std::array<std::string, 2>,
                             std::deque<int>, std::list<int>, std::forward_list<int>, std::set<int>, std::map<int, int>,
                             std::unordered_map<int, int>, std::stack<int>, std::priority_queue<int>, std::string_view,
                             std::span<int>, std::reference_wrapper<int>, std::initializer_list<int>>));
}

TEST(Aggregate, finds_members_of_this_library_s_types) {
  EXPECT_TRUE((each_is_found<fn::pid, fn::reference, fn::alias, fn::timer, fn::exit_reason, fn::error, fn::result<void>,
                             fn::result<std::string>, fn::reply_to<int>, fn::down, fn::exited>));
}

struct picky {
  explicit picky(std::string text);
};
struct made_of_int {
  made_of_int(int) {}
};
struct shy {
  explicit shy() {}
};
struct arrays {
  char text[20];
  std::string names[2][3];
  int last;
};
struct arrays_of_what_needs_an_initialiser {
  picky first[3];
  made_of_int second;
  shy third[2];
  made_of_int fourth[1];
};
struct initialised {
  made_of_int a = 1;
  std::string b = "b";
  made_of_int c[3] = {1, 2, 3};
  int d[4] = {};
  made_of_int e = 5;
};

TEST(Aggregate, finds_arrays_whatever_their_elements_need) {
  EXPECT_TRUE((has_members<arrays, char[20], std::string[2][3], int>));
  EXPECT_TRUE((has_members<arrays_of_what_needs_an_initialiser, picky[3], made_of_int, shy[2], made_of_int[1]>));
  EXPECT_TRUE((has_members<initialised, made_of_int, std::string, made_of_int[3], int[4], made_of_int>));
}

struct bits {
  std::string text;
  unsigned a : 3;
  bool b : 1;
  colour c : 4;
  int d;
};
struct packed {
  [[no_unique_address]] nothing a;
  int b;
  [[no_unique_address]] nothing c;
};
struct guarded {
  ~guarded() {}
  std::string text;
  std::unique_ptr<guarded> next;
  std::vector<guarded> more;
};

TEST(Aggregate, finds_bit_fields_empty_members_and_members_of_its_own_kind) {
  EXPECT_TRUE((has_members<bits, std::string, unsigned, bool, colour, int>));
  EXPECT_TRUE((has_members<packed, nothing, int, nothing>));
  EXPECT_TRUE((has_members<guarded, std::string, std::unique_ptr<guarded>, std::vector<guarded>>));
}

struct of_24 {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w;
  std::string x;
};
struct of_25 {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w;
  std::string x, y;
};
struct of_64_places {
  std::string a;
  char b[63];
};
struct of_65_places {
  std::string a;
  char b[64];
};

TEST(Aggregate, has_up_to_24_members_and_64_places) {
  EXPECT_EQ(member_count<of_24>, 24u);
  EXPECT_TRUE(is_given_up<of_25>);
  EXPECT_EQ(member_count<of_64_places>, 2u);
  EXPECT_TRUE(is_given_up<of_65_places>);
}

struct derived : plain {
  std::string text;
};
struct marked : nothing {
  std::string text;
};
struct with_reference {
  std::string a;
  int& b;
};
int somewhere = 0;
struct with_initialised_reference {
  std::string a;
  int& b = somewhere;
};
struct with_union {
  std::string a;
  union {
    int b;
    double c;
  };
  std::string d;
};
struct with_union_of_arrays {
  union {
    int b[4];
    double c;
  };
  std::string d;
};
union choice {
  int a;
  double b;
};
class secret {
 public:
  std::string a;

 private:
  [[maybe_unused]] int b_ = 0;
};

TEST(Aggregate, is_given_up_where_structured_bindings_would_not_open_it) {
  EXPECT_TRUE(is_given_up<derived>);
  EXPECT_TRUE(is_given_up<marked>);
  EXPECT_TRUE(is_given_up<with_reference>);
  EXPECT_TRUE(is_given_up<with_initialised_reference>);
  EXPECT_TRUE(is_given_up<with_union>);
  EXPECT_TRUE(is_given_up<with_union_of_arrays>);
  EXPECT_TRUE(is_given_up<choice>);
  EXPECT_TRUE(is_given_up<secret>);
  EXPECT_TRUE(is_given_up<int>);
}

TEST(Aggregate, opens_its_members_by_reference_and_bit_fields_by_value) {
  bits value{.text = "text", .a = 5, .b = true, .c = colour::red, .d = 7};
  fn::detail::with_members<member_count<bits>>(value, [&](auto text, auto a, auto b, auto, auto d) {
    EXPECT_EQ(&text.value, &value.text);
    EXPECT_EQ(a.value, 5u);
    EXPECT_TRUE(b.value);
    EXPECT_EQ(d.value, 7);
  });
}

}  // namespace
