// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <foundation/errc.hpp>
#include <foundation/error.hpp>

namespace fn = foundation;

namespace {

TEST(errc, every_code_has_a_name_and_a_line_of_its_own) {
  for (int i = 1; i <= static_cast<int>(fn::errc::invalid_data); ++i) {
    const auto code = static_cast<fn::errc>(i);
    EXPECT_STRNE(fn::name(code), "unknown");
    EXPECT_STRNE(fn::describe(code), "an unknown error");
    for (int j = 1; j < i; ++j) {
      EXPECT_STRNE(fn::name(code), fn::name(static_cast<fn::errc>(j)));
      EXPECT_STRNE(fn::describe(code), fn::describe(static_cast<fn::errc>(j)));
    }
  }
}

TEST(errc, a_value_that_is_no_code_is_unknown) {
  EXPECT_STREQ(fn::name(static_cast<fn::errc>(0)), "unknown");
  EXPECT_STREQ(fn::name(static_cast<fn::errc>(200)), "unknown");
  EXPECT_STREQ(fn::describe(static_cast<fn::errc>(200)), "an unknown error");
}

static_assert(sizeof(fn::error) == sizeof(void*));
static_assert(std::is_nothrow_copy_constructible_v<fn::error> && std::is_nothrow_move_constructible_v<fn::error>);
static_assert(std::is_nothrow_copy_assignable_v<fn::error> && std::is_nothrow_move_assignable_v<fn::error>);
static_assert(std::is_convertible_v<fn::errc, fn::error> && !std::is_default_constructible_v<fn::error>);

TEST(error, a_plain_code_says_what_the_code_says) {
  const fn::error e = fn::errc::timeout;
  EXPECT_EQ(e.code(), fn::errc::timeout);
  EXPECT_EQ(e.message(), fn::describe(fn::errc::timeout));
}

TEST(error, every_code_survives_the_word_it_is_kept_in) {
  for (int i = 1; i <= 255; ++i) {
    const auto code = static_cast<fn::errc>(i);
    EXPECT_EQ(fn::error(code).code(), code);
    EXPECT_EQ(fn::error(code, "text").code(), code);
  }
}

TEST(error, a_message_is_copied_and_ends_in_a_nul) {
  std::string text = "the table is full";
  const fn::error e(fn::errc::system_limit, text);
  text.assign(text.size(), 'x');
  EXPECT_EQ(e.code(), fn::errc::system_limit);
  EXPECT_EQ(e.message(), "the table is full");
  EXPECT_EQ(std::strlen(e.message().data()), e.message().size());
}

TEST(error, an_empty_message_stays_empty) {
  EXPECT_EQ(fn::error(fn::errc::timeout, "").message(), "");
  EXPECT_EQ(fn::error(fn::errc::timeout, std::string_view()).message(), "");
}

TEST(error, a_copy_shares_its_message_and_outlives_the_original) {
  fn::error copy = fn::errc::timeout;
  {
    const fn::error original(fn::errc::noproc, "nobody there");
    copy = original;
    EXPECT_EQ(copy.message().data(), original.message().data());
  }
  EXPECT_EQ(copy.message(), "nobody there");
  fn::error& self = copy;
  copy = self;
  EXPECT_EQ(copy.message(), "nobody there");
  copy = fn::errc::killed;
  EXPECT_EQ(copy.message(), fn::describe(fn::errc::killed));
}

TEST(error, a_moved_from_error_keeps_its_code) {
  fn::error from(fn::errc::noproc, "nobody there");
  const fn::error to = std::move(from);
  EXPECT_EQ(to.message(), "nobody there");
  EXPECT_EQ(from.code(), fn::errc::noproc);  // NOLINT: that is the point
  EXPECT_EQ(from.message(), fn::describe(fn::errc::noproc));

  fn::error assigned = fn::errc::timeout;
  fn::error again(fn::errc::killed, "gone");
  assigned = std::move(again);
  EXPECT_EQ(assigned.message(), "gone");
  EXPECT_EQ(again.code(), fn::errc::killed);  // NOLINT: that is the point
}

TEST(error, errors_are_equal_when_their_codes_are) {
  EXPECT_EQ(fn::error(fn::errc::timeout, "a"), fn::error(fn::errc::timeout, "b"));
  EXPECT_NE(fn::error(fn::errc::timeout), fn::error(fn::errc::noproc));
  EXPECT_EQ(fn::error(fn::errc::timeout, "a"), fn::errc::timeout);
  EXPECT_NE(fn::errc::noproc, fn::error(fn::errc::timeout, "a"));
}

TEST(error, out_of_range_names_the_field_what_was_given_and_what_is_allowed) {
  const fn::error text = fn::error::out_of_range("name", "\"\"", "1..255 bytes");
  EXPECT_EQ(text.code(), fn::errc::invalid_argument);
  EXPECT_EQ(text.message(), "name: \"\" given, 1..255 bytes allowed");

  EXPECT_EQ(fn::error::out_of_range("schedulers", 5000, 0, 1024).message(), "schedulers: 5000 given, 0..1024 allowed");
  EXPECT_EQ(fn::error::out_of_range("x", std::numeric_limits<std::int64_t>::min(), -1,
                                    std::numeric_limits<std::int64_t>::max())
                .message(),
            "x: -9223372036854775808 given, -1..9223372036854775807 allowed");
}

TEST(error, a_failed_system_call_is_spelled_out) {
  const fn::error e = fn::error::from_errno(fn::errc::system_limit, "mmap", ENOMEM);
  EXPECT_EQ(e.code(), fn::errc::system_limit);
  EXPECT_EQ(e.message(), "mmap: Cannot allocate memory (errno 12)");
}

#if defined(__has_feature)
#define FOUNDATION_HAS_FEATURE(x) __has_feature(x)
#else
#define FOUNDATION_HAS_FEATURE(x) 0
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !FOUNDATION_HAS_FEATURE(address_sanitizer) && \
    !FOUNDATION_HAS_FEATURE(thread_sanitizer)
TEST(error, a_message_that_finds_no_memory_leaves_the_code_alone) {
  // never read: the allocation of more bytes than there are addresses fails first
  volatile std::size_t size = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - 64;
  const char byte = 'x';
  const fn::error e(fn::errc::system_limit, std::string_view(&byte, size));
  EXPECT_EQ(e.code(), fn::errc::system_limit);
  EXPECT_EQ(e.message(), fn::describe(fn::errc::system_limit));
}
#endif

TEST(error, copies_may_be_made_and_dropped_on_many_threads_at_once) {
  const fn::error shared(fn::errc::noproc, "nobody there");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([mine = shared] {
      for (int i = 0; i < 2000; ++i) {
        fn::error copy = mine;
        fn::error moved = std::move(copy);
        ASSERT_EQ(moved.message(), "nobody there");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(shared.message(), "nobody there");
}

}  // namespace
