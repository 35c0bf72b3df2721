// SPDX-License-Identifier: Apache-2.0
#include "sched/run_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "support/scale.hpp"

namespace foundation::sched {
namespace {

struct item {
  int number = 0;
};

using small_queue = run_queue<item, 4>;

std::vector<item> numbered(int count) {
  std::vector<item> items(static_cast<std::size_t>(count));
  for (int i = 0; i != count; ++i) items[static_cast<std::size_t>(i)].number = i;
  return items;
}

TEST(run_queue, pops_in_the_order_pushed) {
  auto items = numbered(3);
  small_queue queue;
  for (auto& each : items) ASSERT_TRUE(queue.push(&each));
  for (auto& each : items) EXPECT_EQ(queue.pop(), &each);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(run_queue, refuses_a_push_when_full_and_takes_one_again_after_a_pop) {
  auto items = numbered(5);
  small_queue queue;
  for (int i = 0; i != 4; ++i) ASSERT_TRUE(queue.push(&items[static_cast<std::size_t>(i)]));
  EXPECT_FALSE(queue.push(&items[4]));
  EXPECT_EQ(queue.size_hint(), 4u);
  EXPECT_EQ(queue.pop(), &items[0]);
  EXPECT_TRUE(queue.push(&items[4]));
  EXPECT_TRUE(queue.check_invariants());
}

TEST(run_queue, a_thief_gets_the_older_half_rounded_up_and_the_oldest_in_hand) {
  auto items = numbered(3);
  small_queue victim;
  small_queue mine;
  for (auto& each : items) ASSERT_TRUE(victim.push(&each));
  item* first = nullptr;
  EXPECT_EQ(victim.take_half_into(mine, &first), 2u);
  EXPECT_EQ(first, &items[0]);
  EXPECT_EQ(mine.pop(), &items[1]);
  EXPECT_EQ(mine.pop(), nullptr);
  EXPECT_EQ(victim.pop(), &items[2]);
  EXPECT_TRUE(victim.empty_hint());
}

TEST(run_queue, a_thief_gets_the_only_item) {
  auto items = numbered(1);
  small_queue victim;
  small_queue mine;
  ASSERT_TRUE(victim.push(&items[0]));
  item* first = nullptr;
  EXPECT_EQ(victim.take_half_into(mine, &first), 1u);
  EXPECT_EQ(first, &items[0]);
  EXPECT_TRUE(mine.empty_hint());
}

TEST(run_queue, a_thief_leaves_its_hand_alone_when_there_is_nothing) {
  item untouched;
  small_queue victim;
  small_queue mine;
  item* first = &untouched;
  EXPECT_EQ(victim.take_half_into(mine, &first), 0u);
  EXPECT_EQ(first, &untouched);
}

TEST(run_queue, a_thief_takes_no_more_than_it_has_room_for) {
  auto items = numbered(8);
  small_queue victim;
  small_queue mine;
  for (int i = 0; i != 4; ++i) ASSERT_TRUE(victim.push(&items[static_cast<std::size_t>(i)]));
  for (int i = 4; i != 8; ++i) ASSERT_TRUE(mine.push(&items[static_cast<std::size_t>(i)]));
  item* first = nullptr;
  EXPECT_EQ(victim.take_half_into(mine, &first), 1u);
  EXPECT_EQ(first, &items[0]);
  EXPECT_EQ(mine.size_hint(), 4u);
  EXPECT_EQ(mine.pop(), &items[4]);
}

TEST(run_queue, the_owner_takes_half_for_the_overflow_queue) {
  auto items = numbered(4);
  small_queue queue;
  for (auto& each : items) ASSERT_TRUE(queue.push(&each));
  item* out[4] = {};
  EXPECT_EQ(queue.take_half(out, 4), 2u);
  EXPECT_EQ(out[0], &items[0]);
  EXPECT_EQ(out[1], &items[1]);
  EXPECT_EQ(queue.take_half(out, 0), 0u);
  EXPECT_EQ(queue.pop(), &items[2]);
}

// Two queues against two deques: whatever the sequence, the same items in the same order.
TEST(run_queue_property, behaves_like_a_deque_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(50); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<item> items(2000);
    std::size_t unused = 0;
    small_queue queues[2];
    std::deque<item*> models[2];
    const auto half = [](std::size_t size) { return size - size / 2; };
    while (unused != items.size()) {
      const std::size_t which = random() % 2;
      auto& queue = queues[which];
      auto& model = models[which];
      switch (random() % 5) {
        case 0:
        case 1: {
          item* const fresh = &items[unused++];
          const bool pushed = queue.push(fresh);
          ASSERT_EQ(pushed, model.size() < small_queue::capacity);
          if (pushed) model.push_back(fresh);
          break;
        }
        case 2: {
          item* const expected = model.empty() ? nullptr : model.front();
          if (!model.empty()) model.pop_front();
          ASSERT_EQ(queue.pop(), expected);
          break;
        }
        case 3: {
          item* out[small_queue::capacity] = {};
          const auto max = static_cast<std::uint32_t>(random() % (small_queue::capacity + 1));
          const std::uint32_t taken = queue.take_half(out, max);
          ASSERT_EQ(taken, std::min<std::size_t>(half(model.size()), max));
          for (std::uint32_t at = 0; at != taken; ++at) {
            ASSERT_EQ(out[at], model.front());
            model.pop_front();
          }
          break;
        }
        default: {
          auto& mine = models[1 - which];
          item* first = nullptr;
          const std::uint32_t moved = queue.take_half_into(queues[1 - which], &first);
          ASSERT_EQ(moved, std::min(half(model.size()), small_queue::capacity - mine.size() + 1));
          for (std::uint32_t at = 0; at != moved; ++at) {
            if (at == 0)
              ASSERT_EQ(first, model.front());
            else
              mine.push_back(model.front());
            model.pop_front();
          }
        }
      }
      for (std::size_t at = 0; at != 2; ++at) {
        ASSERT_TRUE(queues[at].check_invariants());
        ASSERT_EQ(queues[at].size_hint(), models[at].size());
      }
    }
  }
}

}  // namespace
}  // namespace foundation::sched
