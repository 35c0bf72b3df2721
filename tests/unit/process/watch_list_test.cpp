// SPDX-License-Identifier: Apache-2.0
#include "process/watch_list.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "support/backing_probe.hpp"

namespace foundation::proc {
namespace {

using namespace std::chrono_literals;

constexpr os::time_point never_yet = os::time_point::min();
constexpr os::time_point end_of_time = os::time_point::max();

pid numbered(std::uint64_t n) { return detail::pid_access::make(0, 1, 0, n); }
std::uint64_t number_of(const watched& w) { return detail::pid_access::generation(w.target); }

class WatchList : public ::testing::Test {
 protected:
  void add(std::uint64_t n) { list.add(watch_list::make(), numbered(n)); }

  testing::backing_probe probe;
  watch_list list{1h};
};

TEST_F(WatchList, an_empty_one_asks_about_nobody) {
  EXPECT_FALSE(list.sweep(end_of_time, [](const watched&, bool) {
    ADD_FAILURE();
    return true;
  }));
}

TEST_F(WatchList, asks_about_each_in_the_order_added_and_says_whether_time_is_up) {
  for (std::uint64_t n = 1; n != 4; ++n) add(n);
  for (const bool late : {false, true}) {
    std::vector<std::uint64_t> asked;
    EXPECT_TRUE(list.sweep(late ? end_of_time : never_yet, [&](const watched& w, bool overdue) {
      EXPECT_EQ(overdue, late);
      asked.push_back(number_of(w));
      return false;
    }));
    EXPECT_EQ(asked, (std::vector<std::uint64_t>{1, 2, 3}));
  }
}

TEST_F(WatchList, time_is_up_after_the_grace_and_not_before) {
  const auto before = os::now();
  add(1);
  const auto after = os::now();
  const auto overdue_at = [&](os::time_point now) {
    bool answer = false;
    static_cast<void>(list.sweep(now, [&](const watched&, bool overdue) {
      answer = overdue;
      return false;
    }));
    return answer;
  };
  EXPECT_FALSE(overdue_at(before + 1h - 1ns));
  EXPECT_TRUE(overdue_at(after + 1h));
}

TEST_F(WatchList, forgets_those_that_are_settled_and_keeps_the_others_in_order) {
  for (std::uint64_t n = 1; n != 7; ++n) add(n);
  EXPECT_TRUE(list.sweep(never_yet, [](const watched& w, bool) { return number_of(w) % 2 == 0; }));
  add(7);
  std::vector<std::uint64_t> asked;
  EXPECT_FALSE(list.sweep(never_yet, [&](const watched& w, bool) {
    asked.push_back(number_of(w));
    return true;
  }));
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{1, 3, 5, 7}));
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(WatchList, what_is_added_during_a_sweep_comes_behind_and_is_kept) {
  add(1);
  add(2);
  EXPECT_TRUE(list.sweep(never_yet, [&](const watched& w, bool) {
    if (number_of(w) == 1) add(3);
    return number_of(w) == 2;
  }));
  std::vector<std::uint64_t> asked;
  const auto ask = [&](const watched& w, bool) {
    asked.push_back(number_of(w));
    return true;
  };
  EXPECT_FALSE(list.sweep(never_yet, ask));
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{1, 3}));
  add(4);
  EXPECT_FALSE(list.sweep(never_yet, ask));
  EXPECT_EQ(asked.back(), 4u);
}

TEST_F(WatchList, one_added_while_all_others_are_settled_is_kept) {
  add(1);
  EXPECT_TRUE(list.sweep(never_yet, [&](const watched& w, bool) {
    if (number_of(w) == 1) add(2);
    return true;
  }));
  EXPECT_FALSE(list.sweep(never_yet, [](const watched& w, bool) { return number_of(w) == 2; }));
}

TEST_F(WatchList, looks_at_a_long_list_in_pieces_but_at_all_that_are_overdue) {
  constexpr std::size_t many = 5000;
  for (std::uint64_t n = 1; n <= many; ++n) add(n);
  std::size_t asked = 0;
  const auto count = [&](const watched&, bool) {
    ++asked;
    return false;
  };
  EXPECT_TRUE(list.sweep(never_yet, count));
  EXPECT_LT(asked, many);
  EXPECT_GT(asked, 0u);
  asked = 0;
  EXPECT_TRUE(list.sweep(end_of_time, count));
  EXPECT_EQ(asked, many);
}

TEST_F(WatchList, entries_left_at_the_end_are_freed_with_the_list) {
  {
    watch_list other{1h};
    other.add(watch_list::make(), numbered(1));
    other.add(watch_list::make(), numbered(2));
    EXPECT_EQ(probe.live(), 2);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(WatchList, an_entry_that_memory_is_refused_for_is_null) {
  probe.refuse_nth(1);
  EXPECT_EQ(watch_list::make(), nullptr);
  watch_list::discard(nullptr);
  watch_list::discard(watch_list::make());
  EXPECT_EQ(probe.live(), 0);
}

}  // namespace
}  // namespace foundation::proc
