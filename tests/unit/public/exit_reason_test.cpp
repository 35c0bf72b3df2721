// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <foundation/exit_reason.hpp>

namespace fn = foundation;
using fn::exit_kind;
using fn::exit_reason;

namespace {

struct disk_full {
  std::string path;
  bool operator==(const disk_full&) const = default;
};
struct no_equality {
  int value;
};
struct refuses_copies {
  refuses_copies() = default;
  refuses_copies(const refuses_copies&) { throw std::bad_alloc(); }
};
struct throws_when_compared {
  bool operator==(const throws_when_compared&) const { throw std::runtime_error("compare"); }
};

static_assert(sizeof(exit_reason) == 16);
static_assert(std::is_nothrow_copy_constructible_v<exit_reason> && std::is_nothrow_move_constructible_v<exit_reason>);
static_assert(std::is_nothrow_copy_assignable_v<exit_reason> && std::is_nothrow_move_assignable_v<exit_reason>);
static_assert(std::is_convertible_v<exit_kind, exit_reason>);
static_assert(noexcept(exit_reason::user(disk_full{})));

TEST(exit_reason, a_kind_is_a_reason) {
  const exit_reason reason = exit_reason::shutdown;
  EXPECT_EQ(reason.kind(), exit_kind::shutdown);
  EXPECT_EQ(reason, exit_reason::shutdown);
  EXPECT_NE(reason, exit_reason::killed);
  EXPECT_EQ(exit_reason(), exit_reason::normal);
}

TEST(exit_reason, the_orderly_ones_are_normal_and_shutdown) {
  EXPECT_TRUE(exit_reason(exit_reason::normal).is_normal());
  EXPECT_TRUE(exit_reason(exit_reason::normal).is_orderly());
  EXPECT_FALSE(exit_reason(exit_reason::normal).is_shutdown());
  EXPECT_TRUE(exit_reason(exit_reason::shutdown).is_orderly());
  EXPECT_TRUE(exit_reason::shutdown_with(1).is_shutdown());
  EXPECT_TRUE(exit_reason::shutdown_with(1).is_orderly());
  for (const exit_kind kind : {exit_reason::kill, exit_reason::killed, exit_reason::noproc, exit_reason::noconnection})
    EXPECT_FALSE(exit_reason(kind).is_orderly());
  EXPECT_FALSE(exit_reason::user(1).is_orderly());
  EXPECT_FALSE(exit_reason::exception("t", "w").is_orderly());
}

TEST(exit_reason, gives_a_users_value_back_by_its_type) {
  const exit_reason reason = exit_reason::user(disk_full{"/var"});
  EXPECT_EQ(reason.kind(), exit_kind::user);
  ASSERT_NE(reason.get_if<disk_full>(), nullptr);
  EXPECT_EQ(reason.get_if<disk_full>()->path, "/var");
  EXPECT_EQ(reason.get_if<int>(), nullptr);
  EXPECT_EQ(exit_reason().get_if<disk_full>(), nullptr);

  const exit_reason down = exit_reason::shutdown_with(42);
  ASSERT_NE(down.get_if<int>(), nullptr);
  EXPECT_EQ(*down.get_if<int>(), 42);
}

TEST(exit_reason, stores_a_move_only_value) {
  const exit_reason reason = exit_reason::user(std::make_unique<int>(3));
  const exit_reason copy = reason;
  ASSERT_NE(copy.get_if<std::unique_ptr<int>>(), nullptr);
  EXPECT_EQ(**copy.get_if<std::unique_ptr<int>>(), 3);
}

TEST(exit_reason, keeps_text_of_any_kind_as_a_string) {
  std::string text = "gone tomorrow";
  const exit_reason view = exit_reason::user(std::string_view(text));
  const exit_reason pointer = exit_reason::user(text.c_str());
  text.assign(text.size(), 'x');
  for (const exit_reason& reason : {view, pointer, exit_reason::user("gone tomorrow")}) {
    ASSERT_NE(reason.get_if<std::string>(), nullptr);
    EXPECT_EQ(*reason.get_if<std::string>(), "gone tomorrow");
  }
  EXPECT_EQ(view, pointer);
}

TEST(exit_reason, a_copy_shares_its_value_and_outlives_the_original) {
  exit_reason copy;
  {
    const exit_reason original = exit_reason::user(disk_full{"/var"});
    copy = original;
    EXPECT_EQ(copy.get_if<disk_full>(), original.get_if<disk_full>());
  }
  EXPECT_EQ(copy.get_if<disk_full>()->path, "/var");
  exit_reason& self = copy;
  copy = self;
  EXPECT_EQ(copy.get_if<disk_full>()->path, "/var");
  const exit_reason moved = std::move(copy);
  EXPECT_EQ(moved.get_if<disk_full>()->path, "/var");
  EXPECT_EQ(copy.kind(), exit_kind::user);  // NOLINT: a moved-from reason keeps its kind
  EXPECT_EQ(copy.get_if<disk_full>(), nullptr);
}

TEST(exit_reason, reasons_are_equal_when_kind_type_and_value_are) {
  EXPECT_EQ(exit_reason::user(disk_full{"/a"}), exit_reason::user(disk_full{"/a"}));
  EXPECT_NE(exit_reason::user(disk_full{"/a"}), exit_reason::user(disk_full{"/b"}));
  EXPECT_NE(exit_reason::user(1), exit_reason::user(1L));
  EXPECT_NE(exit_reason::user(1), exit_reason::shutdown_with(1));
  EXPECT_NE(exit_reason::shutdown_with(1), exit_reason::shutdown);
  EXPECT_EQ(exit_reason::exception("t", "w", "x"), exit_reason::exception("t", "w", "x"));
  EXPECT_NE(exit_reason::exception("t", "w", "x"), exit_reason::exception("t", "w", "y"));
}

TEST(exit_reason, values_without_a_usable_equality_equal_only_their_copies) {
  const exit_reason a = exit_reason::user(no_equality{1});
  const exit_reason copy = a;
  EXPECT_EQ(a, copy);
  EXPECT_NE(a, exit_reason::user(no_equality{1}));
  const exit_reason thrower = exit_reason::user(throws_when_compared{});
  EXPECT_NE(thrower, exit_reason::user(throws_when_compared{}));
}

TEST(exit_reason, a_value_that_cannot_be_stored_leaves_the_kind_alone) {
  const refuses_copies value;
  const exit_reason reason = exit_reason::user(value);
  EXPECT_EQ(reason.kind(), exit_kind::user);
  EXPECT_EQ(reason.get_if<refuses_copies>(), nullptr);
  EXPECT_EQ(reason.description(), "user");
  EXPECT_EQ(exit_reason::shutdown_with(value), exit_reason::shutdown);
}

TEST(exit_reason, describes_itself_to_a_person) {
  EXPECT_EQ(exit_reason().description(), "normal");
  EXPECT_EQ(exit_reason(exit_reason::shutdown).description(), "shutdown");
  EXPECT_EQ(exit_reason(exit_reason::kill).description(), "kill");
  EXPECT_EQ(exit_reason(exit_reason::killed).description(), "killed");
  EXPECT_EQ(exit_reason(exit_reason::noproc).description(), "noproc");
  EXPECT_EQ(exit_reason(exit_reason::noconnection).description(), "noconnection");
  EXPECT_EQ(exit_reason::user("disk full").description(), "user: disk full");
  EXPECT_EQ(exit_reason::user(-3).description(), "user: -3");
  EXPECT_EQ(exit_reason::shutdown_with(true).description(), "shutdown: true");
  EXPECT_EQ(exit_reason::user(std::vector<int>()).description(),
            "user: value of type std::vector<int, std::allocator<int> >");
  EXPECT_EQ(exit_reason::exception("std::runtime_error", "boom", "a.cpp:3").description(),
            "exception std::runtime_error: boom (at a.cpp:3)");
  EXPECT_EQ(exit_reason::exception("int", "").description(), "exception int");
}

TEST(exit_reason, tells_the_type_text_and_place_of_an_exception) {
  const exit_reason reason = exit_reason::exception("my::error", "boom", "a.cpp:3");
  EXPECT_EQ(reason.exception_info().type, "my::error");
  EXPECT_EQ(reason.exception_info().what, "boom");
  EXPECT_EQ(reason.exception_info().where, "a.cpp:3");
  EXPECT_EQ(exit_reason::user(1).exception_info().type, "");
}

template <typename Thrown>
exit_reason reason_of(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return fn::exit_reason_of_current_exception("here");
  }
}

TEST(exit_reason, is_made_from_whatever_was_thrown) {
  EXPECT_EQ(reason_of(std::runtime_error("boom")), exit_reason::exception("std::runtime_error", "boom", "here"));
  EXPECT_EQ(reason_of(std::string("text")).exception_info().what, "text");
  EXPECT_EQ(reason_of(static_cast<const char*>("text")).exception_info().what, "text");
  EXPECT_EQ(reason_of(7), exit_reason::exception("int", "", "here"));
  EXPECT_NE(reason_of(disk_full{"/"}).exception_info().type.find("disk_full"), std::string_view::npos);
}

TEST(exit_reason, finds_the_most_derived_type_and_leaves_the_exception_current) {
  try {
    try {
      throw std::out_of_range("far");
    } catch (const std::exception&) {
      const exit_reason reason = fn::exit_reason_of_current_exception();
      EXPECT_EQ(reason.description(), "exception std::out_of_range: far");
      throw;
    }
  } catch (const std::out_of_range& thrown) {
    EXPECT_STREQ(thrown.what(), "far");
  }
}

TEST(exit_reason, with_no_exception_in_flight_it_is_an_exception_of_unknown_type) {
  EXPECT_EQ(fn::exit_reason_of_current_exception().description(), "exception (unknown type)");
}

TEST(exit_reason, copies_may_be_made_and_dropped_on_many_threads_at_once) {
  const exit_reason shared = exit_reason::user(disk_full{"/var"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([mine = shared] {
      for (int i = 0; i < 2000; ++i) {
        exit_reason copy = mine;
        const exit_reason moved = std::move(copy);
        ASSERT_EQ(moved.get_if<disk_full>()->path, "/var");
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
