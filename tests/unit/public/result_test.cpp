// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <foundation/result.hpp>

namespace fn = foundation;
using fn::errc;
using fn::result;

namespace {

/// Counts the objects alive, and throws from its copy constructor when told to.
struct tracked {
  explicit tracked(int v) : value(v) { ++alive; }
  tracked(const tracked& other) : value(other.value) {
    if (throw_on_copy) throw std::runtime_error("copy");
    ++alive;
  }
  tracked(tracked&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  tracked& operator=(const tracked&) = default;
  tracked& operator=(tracked&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~tracked() { --alive; }

  int value;
  static inline int alive = 0;
  static inline bool throw_on_copy = false;
};

struct immovable {
  explicit immovable(int v) noexcept : value(v) {}
  immovable(const immovable&) = delete;
  immovable& operator=(const immovable&) = delete;
  int value;
};

struct greedy {
  template <typename T>
  greedy(const T&) {}  // NOLINT: implicit by design
};

using move_only = std::unique_ptr<int>;

static_assert(sizeof(result<void>) == sizeof(void*));
static_assert(std::is_nothrow_copy_constructible_v<result<void>>);
static_assert(std::is_nothrow_move_constructible_v<result<move_only>>);
static_assert(!std::is_copy_constructible_v<result<move_only>> && !std::is_copy_assignable_v<result<move_only>>);
static_assert(!std::is_move_constructible_v<result<immovable>>);
static_assert(std::is_convertible_v<errc, result<int>> && std::is_convertible_v<fn::error, result<int>>);
static_assert(std::is_convertible_v<const char*, result<std::string>>);
static_assert(!std::is_convertible_v<int, result<tracked>> && std::is_constructible_v<result<tracked>, int>);
static_assert(!std::is_convertible_v<result<int>, bool>);
static_assert(!std::is_default_constructible_v<result<tracked>> && std::is_default_constructible_v<result<int>>);
static_assert(std::is_same_v<decltype(std::declval<result<int>>().value()), int&&>);
static_assert(std::is_same_v<decltype(*std::declval<const result<int>&>()), const int&>);

class result_test : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(tracked::alive, 0);
    tracked::throw_on_copy = false;
  }
};

TEST_F(result_test, holds_a_value_or_an_error) {
  const result<int> good = 7;
  EXPECT_TRUE(good.has_value());
  EXPECT_TRUE(good);
  EXPECT_EQ(*good, 7);
  EXPECT_EQ(good.value(), 7);

  const result<int> bad = errc::timeout;
  EXPECT_FALSE(bad.has_value());
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), errc::timeout);

  const result<int> worse = fn::error(errc::noproc, "nobody");
  EXPECT_EQ(worse.error().message(), "nobody");
}

TEST_F(result_test, is_default_made_with_a_default_value) {
  EXPECT_EQ(result<int>().value(), 0);
  EXPECT_EQ(result<std::string>().value(), "");
}

TEST_F(result_test, an_error_code_is_the_error_even_where_the_value_could_be_made_from_anything) {
  const result<greedy> r = errc::timeout;
  EXPECT_FALSE(r);
  const result<bool> flag = errc::timeout;
  EXPECT_FALSE(flag.has_value());
}

TEST_F(result_test, is_made_in_place_from_the_arguments_of_the_value_or_of_the_error) {
  const result<std::string> text(std::in_place, 3u, 'x');
  EXPECT_EQ(*text, "xxx");
  const result<immovable> still(std::in_place, 4);
  EXPECT_EQ(still->value, 4);
  const result<immovable> none(fn::unexpect, errc::init_failed, "refused");
  EXPECT_EQ(none.error().message(), "refused");
  const result<void> nothing(fn::unexpect, errc::timeout);
  EXPECT_EQ(nothing.error(), errc::timeout);
}

TEST_F(result_test, value_throws_what_can_be_asked_for_the_error) {
  const result<int> bad = fn::error(errc::noproc, "nobody there");
  try {
    static_cast<void>(bad.value());
    FAIL() << "value() of an error returned";
  } catch (const std::exception& thrown) {
    EXPECT_STREQ(thrown.what(), "nobody there");
    const auto* access = dynamic_cast<const fn::bad_result_access*>(&thrown);
    ASSERT_NE(access, nullptr);
    EXPECT_EQ(access->cause(), errc::noproc);
    const fn::bad_result_access copy = *access;  // NOLINT: the copy is the test
    EXPECT_STREQ(copy.what(), "nobody there");
  }
  EXPECT_THROW(result<void>(errc::timeout).value(), fn::bad_result_access);
  EXPECT_THROW(static_cast<void>(result<move_only>(errc::timeout).value()), fn::bad_result_access);
  EXPECT_NO_THROW(result<void>().value());
}

TEST_F(result_test, a_move_only_value_is_moved_out) {
  result<move_only> r = std::make_unique<int>(5);
  result<move_only> moved = std::move(r);
  EXPECT_TRUE(r.has_value());  // NOLINT: a moved-from result still holds a value
  EXPECT_EQ(*r, nullptr);
  EXPECT_EQ(**moved, 5);
  const move_only out = *std::move(moved);
  EXPECT_EQ(*out, 5);

  result<move_only> assigned = errc::timeout;
  assigned = result<move_only>(std::make_unique<int>(6));
  EXPECT_EQ(*std::move(assigned).value(), 6);
}

TEST_F(result_test, copies_and_assigns_between_every_pair_of_states) {
  for (const bool from_value : {true, false}) {
    for (const bool to_value : {true, false}) {
      const result<tracked> from = from_value ? result<tracked>(std::in_place, 1) : result<tracked>(errc::noproc);
      result<tracked> to = to_value ? result<tracked>(std::in_place, 2) : result<tracked>(errc::timeout);
      to = from;
      EXPECT_EQ(to.has_value(), from_value);
      if (from_value) {
        EXPECT_EQ(to->value, 1);
      } else {
        EXPECT_EQ(to.error(), errc::noproc);
      }
      result<tracked> moved = to_value ? result<tracked>(std::in_place, 2) : result<tracked>(errc::timeout);
      moved = std::move(to);
      EXPECT_EQ(moved.has_value(), from_value);
      EXPECT_EQ(to.has_value(), from_value);  // NOLINT: moving does not change the state
      const result<tracked>& self = moved;
      moved = self;
      EXPECT_EQ(moved.has_value(), from_value);
    }
  }
}

TEST_F(result_test, a_throwing_copy_leaves_the_old_error) {
  const result<tracked> from(std::in_place, 1);
  result<tracked> to = errc::timeout;
  tracked::throw_on_copy = true;
  EXPECT_THROW(to = from, std::runtime_error);
  EXPECT_EQ(to.error(), errc::timeout);
  EXPECT_THROW(result<tracked>{from}, std::runtime_error);
}

TEST_F(result_test, emplace_replaces_either_state) {
  result<immovable> r = errc::timeout;
  EXPECT_EQ(r.emplace(3).value, 3);
  EXPECT_TRUE(r);
  EXPECT_EQ(r.emplace(4).value, 4);
  result<void> nothing = errc::timeout;
  nothing.emplace();
  EXPECT_TRUE(nothing);
}

TEST_F(result_test, converts_from_a_result_of_a_convertible_value) {
  const result<std::string> text = result<const char*>("hi");
  EXPECT_EQ(*text, "hi");
  const result<std::string> none = result<const char*>(errc::timeout);
  EXPECT_EQ(none, errc::timeout);
  static_assert(!std::is_constructible_v<result<move_only>, result<std::string>>);
}

TEST_F(result_test, value_or_gives_the_other_only_for_an_error) {
  EXPECT_EQ(result<int>(1).value_or(2), 1);
  EXPECT_EQ(result<int>(errc::timeout).value_or(2), 2);
  EXPECT_EQ(*result<move_only>(errc::timeout).value_or(std::make_unique<int>(9)), 9);
  const result<std::string> text = errc::timeout;
  EXPECT_EQ(text.value_or("none"), "none");
}

TEST_F(result_test, and_then_goes_on_with_the_value_and_stops_at_an_error) {
  const auto half = [](int v) -> result<int> {
    if (v % 2 != 0) return errc::invalid_argument;
    return v / 2;
  };
  EXPECT_EQ(result<int>(8).and_then(half).and_then(half), 2);
  EXPECT_EQ(result<int>(6).and_then(half).and_then(half), errc::invalid_argument);
  EXPECT_EQ(result<int>(errc::timeout).and_then(half), errc::timeout);
  EXPECT_EQ(result<void>().and_then([] { return result<int>(3); }), 3);
  EXPECT_EQ(result<void>(errc::killed).and_then([] { return result<int>(3); }), errc::killed);
  result<move_only> owner = std::make_unique<int>(5);
  EXPECT_EQ(std::move(owner).and_then([](move_only p) { return result<int>(*p); }), 5);
}

TEST_F(result_test, transform_changes_the_value_and_keeps_the_error) {
  EXPECT_EQ(result<int>(2).transform([](int v) { return std::to_string(v); }), std::string("2"));
  EXPECT_EQ(result<int>(fn::error(errc::timeout, "late")).transform([](int v) { return v; }).error().message(), "late");
  int seen = 0;
  const result<void> done = result<int>(2).transform([&](int v) { seen = v; });
  EXPECT_TRUE(done);
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(result<void>().transform([] { return 4; }), 4);
  EXPECT_TRUE(result<void>().transform([] {}));
  EXPECT_EQ(result<void>(errc::timeout).transform([] { return 4; }), errc::timeout);
  EXPECT_EQ(*result<int>(2).transform([](int v) { return std::make_unique<int>(v); }).value(), 2);
}

TEST_F(result_test, or_else_answers_an_error_and_keeps_the_value) {
  const auto retry = [](const fn::error& e) -> result<int> {
    if (e == errc::timeout) return 0;
    return e;
  };
  EXPECT_EQ(result<int>(5).or_else(retry), 5);
  EXPECT_EQ(result<int>(errc::timeout).or_else(retry), 0);
  EXPECT_EQ(result<int>(errc::noproc).or_else(retry), errc::noproc);
  EXPECT_TRUE(result<void>(errc::timeout).or_else([](const fn::error&) { return result<void>(); }));
  EXPECT_EQ(*result<move_only>(errc::timeout)
                 .or_else([](const fn::error&) { return result<move_only>(std::make_unique<int>(1)); })
                 .value(),
            1);
}

TEST_F(result_test, results_compare_by_value_or_by_code) {
  EXPECT_EQ(result<int>(1), result<int>(1));
  EXPECT_EQ(result<int>(1), result<long>(1));
  EXPECT_NE(result<int>(1), result<int>(2));
  EXPECT_NE(result<int>(1), result<int>(errc::timeout));
  EXPECT_EQ(result<int>(errc::timeout), result<int>(fn::error(errc::timeout, "late")));
  EXPECT_NE(result<int>(0), errc::timeout);
  EXPECT_EQ(result<void>(), result<void>());
  EXPECT_NE(result<void>(), errc::timeout);
}

TEST_F(result_test, destroys_its_value_once) {
  {
    result<tracked> a(std::in_place, 1);
    result<tracked> b = a;
    const result<tracked> c = std::move(a);
    b = errc::timeout;
    EXPECT_EQ(tracked::alive, 2);
  }
  EXPECT_EQ(tracked::alive, 0);
}

}  // namespace
