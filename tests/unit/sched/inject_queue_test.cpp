// SPDX-License-Identifier: Apache-2.0
#include "sched/inject_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "support/scale.hpp"

namespace foundation::sched {
namespace {

struct item {
  item* queue_next = nullptr;
};

using queue_of_items = inject_queue<item>;

/// Links items[from, from + count) and pushes them as one batch.
void push_linked(queue_of_items& queue, std::vector<item>& items, std::size_t from, std::size_t count) {
  for (std::size_t at = from; at + 1 != from + count; ++at) items[at].queue_next = &items[at + 1];
  queue.push_batch(&items[from], &items[from + count - 1], count);
}

TEST(inject_queue, pops_in_the_order_pushed) {
  std::vector<item> items(3);
  queue_of_items queue(base::lock_rank::inject_queue);
  for (auto& each : items) queue.push(&each);
  EXPECT_EQ(queue.size_hint(), 3u);
  for (auto& each : items) EXPECT_EQ(queue.pop(), &each);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.empty_hint());
}

TEST(inject_queue, takes_a_chain_and_gives_a_chain) {
  std::vector<item> items(5);
  queue_of_items queue(base::lock_rank::pinned_queue);
  push_linked(queue, items, 0, 5);
  const auto some = queue.pop_batch(3);
  EXPECT_EQ(some.first, &items[0]);
  EXPECT_EQ(some.last, &items[2]);
  EXPECT_EQ(some.count, 3u);
  EXPECT_EQ(some.last->queue_next, nullptr);
  const auto rest = queue.pop_batch(100);
  EXPECT_EQ(rest.first, &items[3]);
  EXPECT_EQ(rest.count, 2u);
  EXPECT_EQ(queue.pop_batch(100).first, nullptr);
}

TEST(inject_queue, does_not_read_the_link_of_the_last_of_a_batch) {
  std::vector<item> items(2);
  queue_of_items queue(base::lock_rank::inject_queue);
  items[1].queue_next = &items[0];
  queue.push_batch(&items[1], &items[1], 1);
  EXPECT_EQ(queue.pop_batch(10).count, 1u);
}

TEST(inject_queue, pops_nothing_when_asked_for_nothing) {
  std::vector<item> items(1);
  queue_of_items queue(base::lock_rank::inject_queue);
  queue.push(&items[0]);
  EXPECT_EQ(queue.pop_batch(0).count, 0u);
  EXPECT_EQ(queue.pop(), &items[0]);
}

TEST(inject_queue_property, behaves_like_a_deque_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(50); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<item> items(2000);
    std::size_t used = 0;
    queue_of_items queue(base::lock_rank::inject_queue);
    std::deque<item*> model;
    while (used != items.size()) {
      switch (random() % 4) {
        case 0:
          model.push_back(&items[used]);
          queue.push(&items[used++]);
          break;
        case 1: {
          const std::size_t count = std::min<std::size_t>(1 + random() % 5, items.size() - used);
          for (std::size_t at = 0; at != count; ++at) model.push_back(&items[used + at]);
          push_linked(queue, items, used, count);
          used += count;
          break;
        }
        case 2: {
          item* const expected = model.empty() ? nullptr : model.front();
          if (!model.empty()) model.pop_front();
          ASSERT_EQ(queue.pop(), expected);
          break;
        }
        default: {
          const std::size_t max = random() % 6;
          const auto taken = queue.pop_batch(max);
          ASSERT_EQ(taken.count, std::min(max, model.size()));
          std::size_t linked = 0;
          for (item* each = taken.first; each != nullptr; each = each->queue_next, ++linked) {
            ASSERT_EQ(each, model.front());
            model.pop_front();
          }
          ASSERT_EQ(linked, taken.count);
        }
      }
      ASSERT_EQ(queue.size_hint(), model.size());
      ASSERT_TRUE(queue.check_invariants());
    }
  }
}

}  // namespace
}  // namespace foundation::sched
