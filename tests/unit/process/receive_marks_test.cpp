// SPDX-License-Identifier: Apache-2.0
#include "process/receive_marks.hpp"

#include <gtest/gtest.h>

#include "support/backing_probe.hpp"

namespace foundation::proc {
namespace {

reference numbered(std::uint64_t n) { return detail::reference_access::make(1, 0, n); }

TEST(receive_marks, remembers_where_the_mailbox_ended) {
  receive_marks marks;
  envelope last;
  marks.set(numbered(1), &last);
  EXPECT_EQ(marks.find(numbered(1)), &last);
}

TEST(receive_marks, an_empty_mailbox_is_remembered_as_its_beginning) {
  receive_marks marks;
  marks.set(numbered(1), nullptr);
  ASSERT_TRUE(marks.find(numbered(1)).has_value());
  EXPECT_EQ(*marks.find(numbered(1)), nullptr);
}

TEST(receive_marks, knows_nothing_of_a_reference_that_was_never_set) {
  receive_marks marks;
  EXPECT_FALSE(marks.find(numbered(1)).has_value());
  envelope last;
  marks.set(numbered(1), &last);
  EXPECT_FALSE(marks.find(numbered(2)).has_value());
  EXPECT_FALSE(marks.find(reference{}).has_value()) << "the reference that is none matches an empty place";
}

TEST(receive_marks, keeps_the_last_four) {
  receive_marks marks;
  envelope at[6];
  for (std::uint64_t i = 0; i != 6; ++i) marks.set(numbered(i + 1), &at[i]);
  for (std::uint64_t i = 0; i != 2; ++i) EXPECT_FALSE(marks.find(numbered(i + 1)).has_value());
  for (std::uint64_t i = 2; i != 6; ++i) EXPECT_EQ(marks.find(numbered(i + 1)), &at[i]);
}

TEST(receive_marks, moves_to_the_message_in_front_when_its_own_is_taken) {
  receive_marks marks;
  envelope first;
  envelope second;
  marks.set(numbered(1), &second);
  marks.set(numbered(2), &second);
  marks.set(numbered(3), &first);
  marks.move(&second, &first);
  for (const std::uint64_t n : {1, 2, 3}) EXPECT_EQ(marks.find(numbered(n)), &first);
  marks.move(&first, nullptr);
  for (const std::uint64_t n : {1, 2, 3}) EXPECT_EQ(marks.find(numbered(n)), std::optional<envelope*>(nullptr));
}

TEST(receive_marks, remembers_nothing_when_memory_is_refused_and_recovers) {
  testing::backing_probe probe;
  {
    receive_marks marks;
    envelope last;
    probe.refuse_nth(1);
    marks.set(numbered(1), &last);
    marks.move(&last, nullptr);
    EXPECT_FALSE(marks.find(numbered(1)).has_value());
    marks.set(numbered(2), &last);
    EXPECT_EQ(marks.find(numbered(2)), &last);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(receive_marks, takes_no_memory_before_the_first_reference) {
  const testing::backing_probe probe;
  receive_marks marks;
  EXPECT_FALSE(marks.find(numbered(1)).has_value());
  EXPECT_EQ(probe.made(), 0);
}

}  // namespace
}  // namespace foundation::proc
