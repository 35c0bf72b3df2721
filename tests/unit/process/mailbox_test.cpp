// SPDX-License-Identifier: Apache-2.0
#include "process/mailbox.hpp"

#include <gtest/gtest.h>

#include <new>
#include <vector>

#include "support/backing_probe.hpp"

namespace foundation::proc {
namespace {

constexpr std::uint32_t unlimited = 1'000'000;

/// A mailbox of numbers: messages carry one, signals of any other kind are counted.
class Mailbox : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const int number : take_all()) EXPECT_GE(number, 0);
    if (!box.outer().is_closed()) box.close();
    rest();
    EXPECT_EQ(probe.live(), 0);
  }

  push_result push(int number) { return box.push(detail::owned_envelope::make<int>(number).release()); }
  push_result push_signal() {
    auto* s = ::new (memory::allocate(sizeof(signal))) signal;
    s->kind = signal_kind::shutdown_request;
    return box.push(s);
  }

  /// True when everything has been taken over.
  bool gather(std::uint32_t budget = unlimited) {
    return box.gather(
        budget,
        [this](signal& s) {
          ++signals;
          events.push_back(-1);
          box.release(&s);
        },
        [this](envelope& e) { events.push_back(*static_cast<int*>(e.payload())); });
  }

  static int number_of(envelope& e) { return *static_cast<int*>(e.payload()); }

  int take_after(envelope* before) {
    envelope* const e = box.ordinary().take_after(before);
    const int number = number_of(*e);
    box.release(e);
    return number;
  }
  std::vector<int> take_all() {
    std::vector<int> taken;
    while (box.ordinary().first() != nullptr) taken.push_back(take_after(nullptr));
    return taken;
  }
  /// What was not taken over when it closed, newest first; then the end of the mailbox.
  std::vector<int> rest() {
    std::vector<int> left;
    while (signal* s = box.next_rest()) {
      left.push_back(s->kind == signal_kind::message ? number_of(*static_cast<envelope*>(s)) : -1);
      box.release(s);
    }
    box.forget_pin();
    return left;
  }

  testing::backing_probe probe;
  mailbox box{true};
  int signals = 0;
  std::vector<int> events;  // in the order in which they were taken over; -1: a signal
};

TEST_F(Mailbox, goes_on_with_a_signal_that_was_put_back_and_what_came_behind_it) {
  for (const int before : {0, 1, 5}) {
    for (const int behind : {0, 1, 5}) {
      events.clear();
      signals = 0;
      std::vector<int> expected;
      for (int i = 0; i != before; ++i) expected.push_back(i);
      expected.push_back(-1);
      for (int i = 0; i != behind; ++i) expected.push_back(100 + i);
      for (int i = 0; i != before; ++i) push(i);
      push_signal();
      for (int i = 0; i != behind; ++i) push(100 + i);
      std::uint32_t budget = unlimited;
      int put_back = 0;
      static_cast<void>(box.gather_batch(
          budget,
          [&](signal& s) {
            ++put_back;
            budget = 0;
            box.put_back(s);
          },
          [this](envelope& e) { events.push_back(number_of(e)); }));
      EXPECT_EQ(put_back, 1);
      EXPECT_EQ(events.size(), static_cast<std::size_t>(before));
      EXPECT_TRUE(box.in_batch());
      EXPECT_TRUE(box.has_unsorted());
      push(200);
      EXPECT_TRUE(gather());
      expected.push_back(200);
      EXPECT_EQ(events, expected);
      EXPECT_EQ(signals, 1);
      EXPECT_FALSE(box.in_batch());
      static_cast<void>(take_all());
    }
  }
}

TEST_F(Mailbox, gives_a_message_that_is_alone_without_queueing_it_and_no_other) {
  EXPECT_EQ(box.take_alone(), nullptr) << "nothing has come";
  push(1);
  envelope* const first = box.take_alone();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(number_of(*first), 1);
  EXPECT_FALSE(box.has_messages());
  EXPECT_EQ(box.take_alone(), nullptr) << "it is taken once";
  box.release(first);
  push(2);
  push(3);
  EXPECT_EQ(box.take_alone(), nullptr) << "two are a batch";
  EXPECT_TRUE(gather());
  push(4);
  EXPECT_EQ(box.take_alone(), nullptr) << "others were there before it";
  EXPECT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector<int>{2, 3, 4}));
  EXPECT_TRUE(box.try_sleep(outer_queue::sleep::idle));
}

TEST_F(Mailbox, takes_a_batch_over_in_the_order_pushed) {
  for (int i = 0; i != 4; ++i) push(i);
  EXPECT_TRUE(gather());
  EXPECT_EQ(box.ordinary().length(), 4u);
  EXPECT_EQ(take_all(), (std::vector{0, 1, 2, 3}));
}

TEST_F(Mailbox, hands_signals_over_at_their_place_among_the_messages) {
  push(0);
  push_signal();
  push(1);
  EXPECT_TRUE(gather());
  EXPECT_EQ(events, (std::vector{0, -1, 1}));
  EXPECT_EQ(take_all(), (std::vector{0, 1}));
}

TEST_F(Mailbox, appends_a_later_batch_behind_what_was_left) {
  push(0);
  push(1);
  EXPECT_TRUE(gather());
  push(2);
  EXPECT_TRUE(gather());
  EXPECT_TRUE(gather()) << "and again with nothing new";
  EXPECT_EQ(take_all(), (std::vector{0, 1, 2}));
}

TEST_F(Mailbox, can_be_left_at_any_node_and_goes_on_there) {
  for (int i = 0; i != 10; ++i) push(i);
  int steps = 1;
  while (!gather(1)) {
    ++steps;
    if (steps == 7) push(10);  // into the next batch
    ASSERT_LT(steps, 100);
  }
  EXPECT_GE(steps, 20) << "a node was turned round or sorted without being counted";
  EXPECT_EQ(take_all(), (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(Mailbox, counts_the_budget_down_and_takes_nothing_over_without_one) {
  for (int i = 0; i != 5; ++i) push(i);
  std::uint32_t budget = 7;
  EXPECT_FALSE(box.gather(
      budget, [](signal&) {}, [](envelope&) {}));
  EXPECT_EQ(budget, 0u);
  EXPECT_EQ(box.ordinary().length(), 2u);
  EXPECT_FALSE(gather(0));
  EXPECT_EQ(box.ordinary().length(), 2u);
  EXPECT_TRUE(gather(3));
  EXPECT_EQ(take_all(), (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(Mailbox, takes_from_the_middle_and_from_the_end) {
  for (int i = 0; i != 4; ++i) push(i);
  ASSERT_TRUE(gather());
  envelope* const first = box.ordinary().first();
  EXPECT_EQ(take_after(first), 1);
  EXPECT_EQ(take_after(message_list::after(*first)), 3);
  EXPECT_EQ(number_of(*box.ordinary().last()), 2);
  push(4);
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{0, 2, 4}));
  EXPECT_EQ(box.ordinary().last(), nullptr);
}

// -- the pin (M1, M2) -------------------------------------------------------------------------------------------------

TEST_F(Mailbox, keeps_the_newest_nodes_memory_until_something_newer_is_taken_over) {
  push(0);
  push(1);
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{0, 1}));
  EXPECT_EQ(probe.live(), 1) << "node 1 is the one that the outer word equals";
  push(2);
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{2}));
  EXPECT_EQ(probe.live(), 1);
}

TEST_F(Mailbox, gives_the_newest_nodes_memory_back_when_it_goes_to_sleep) {
  push(0);
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{0}));
  EXPECT_TRUE(box.try_sleep(outer_queue::sleep::idle));
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(Mailbox, sleeps_over_a_message_that_is_left_in_the_queue) {
  push(0);
  ASSERT_TRUE(gather());
  EXPECT_TRUE(box.try_sleep(outer_queue::sleep::waiting));
  EXPECT_EQ(push(1), push_result::enqueue_receiver);
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{0, 1}));
}

TEST_F(Mailbox, does_not_sleep_when_something_has_come) {
  push(0);
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{0}));
  push(1);
  EXPECT_FALSE(box.try_sleep(outer_queue::sleep::idle));
  ASSERT_TRUE(gather());
  EXPECT_EQ(take_all(), (std::vector{1}));
}

// -- the end ----------------------------------------------------------------------------------------------------------

TEST_F(Mailbox, closing_leaves_what_was_outside_for_the_drain) {
  push(0);
  ASSERT_TRUE(gather());
  push(1);
  push(2);
  box.close();
  EXPECT_EQ(take_all(), (std::vector{0}));
  EXPECT_EQ(rest(), (std::vector{2, 1}));
}

TEST_F(Mailbox, closing_when_nothing_is_outside_leaves_nothing) {
  push(0);
  ASSERT_TRUE(gather());
  box.close();
  EXPECT_EQ(take_all(), (std::vector{0}));
  EXPECT_EQ(rest(), (std::vector<int>{}));
}

// A destructor that runs while the process ends may wait, and every wait looks for what has arrived.
TEST_F(Mailbox, may_be_looked_at_after_it_was_closed) {
  for (const bool taken_before : {true, false}) {
    mailbox closed(true);
    const auto make = [](int n) { return detail::owned_envelope::make<int>(n).release(); };
    static_cast<void>(closed.push(make(0)));
    std::uint32_t budget = unlimited;
    const auto look = [&] {
      return closed.gather(
          budget, [](signal&) { ADD_FAILURE(); }, [](envelope&) {});
    };
    ASSERT_TRUE(look());
    if (taken_before) closed.release(closed.ordinary().take_after(nullptr));
    static_cast<void>(closed.push(make(1)));
    static_cast<void>(closed.push(make(2)));
    closed.close();
    EXPECT_TRUE(look());
    if (!taken_before) closed.release(closed.ordinary().take_after(nullptr));
    std::vector<int> left;
    while (signal* s = closed.next_rest()) {
      left.push_back(number_of(*static_cast<envelope*>(s)));
      closed.release(s);
      EXPECT_TRUE(look());
    }
    closed.forget_pin();
    EXPECT_EQ(left, (std::vector{2, 1}));
  }
}

TEST_F(Mailbox, an_abandoned_one_keeps_what_its_owner_had_taken_over) {
  push(0);
  push(1);
  ASSERT_TRUE(gather());
  push(2);
  push(3);
  box.abandon();
  EXPECT_TRUE(box.outer().is_closed());
  EXPECT_TRUE(gather()) << "its owner comes back and looks";
  box.close();
  EXPECT_EQ(take_all(), (std::vector{0, 1}));
  EXPECT_EQ(rest(), (std::vector{3, 2}));
}

// A handler runs a turn between two pieces of a long batch, and may be abandoned in that turn.
TEST_F(Mailbox, can_be_abandoned_wherever_a_batch_was_left) {
  for (std::uint32_t left_after = 0; left_after != 12; ++left_after) {
    for (const int later : {0, 2}) {
      SCOPED_TRACE(::testing::Message() << left_after << " steps, then " << later << " more messages");
      mailbox each(true);
      const auto make = [](int n) { return detail::owned_envelope::make<int>(n).release(); };
      std::vector<int> seen;
      const auto look = [&](std::uint32_t budget) {
        return each.gather(
            budget, [](signal&) { ADD_FAILURE(); }, [](envelope&) {});
      };
      static_cast<void>(each.push(make(0)));
      ASSERT_TRUE(look(unlimited));
      for (int i = 1; i != 6; ++i) static_cast<void>(each.push(make(i)));
      static_cast<void>(look(left_after));
      for (int i = 0; i != later; ++i) static_cast<void>(each.push(make(6 + i)));
      each.abandon();
      EXPECT_TRUE(look(unlimited));
      each.close();
      while (each.ordinary().first() != nullptr) {
        envelope* const e = each.ordinary().take_after(nullptr);
        seen.push_back(number_of(*e));
        each.release(e);
      }
      std::vector<int> left;
      while (signal* s = each.next_rest()) {
        left.push_back(number_of(*static_cast<envelope*>(s)));
        each.release(s);
      }
      each.forget_pin();
      seen.insert(seen.end(), left.rbegin(), left.rend());
      std::vector<int> all(6u + static_cast<unsigned>(later));
      for (std::size_t i = 0; i != all.size(); ++i) all[i] = static_cast<int>(i);
      EXPECT_EQ(seen, all);
      ASSERT_EQ(probe.live(), 0);
    }
  }
}

}  // namespace
}  // namespace foundation::proc
