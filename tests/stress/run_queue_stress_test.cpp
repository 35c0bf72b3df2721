// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "sched/run_queue.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

struct item {
  std::size_t number = 0;  // plain: a race here is a missing publication (R2)
  int taken = 0;
};

template <std::uint32_t Capacity>
void owner_against_thieves(std::size_t count, int thieves) {
  run_queue<item, Capacity> queue;
  std::vector<item> items(count);
  sync::atomic<std::size_t> taken{0};
  sync::atomic<bool> order_broken{false};

  const auto take = [&](item* each, std::size_t& newest, bool& any) {
    // What one thread takes from one queue comes in the order pushed.
    if (any && each->number <= newest) order_broken.store(true);
    any = true;
    newest = each->number;
    each->taken += 1;
    taken.fetch_add(1);
  };

  std::vector<sync::thread> threads;
  for (int i = 0; i != thieves; ++i) {
    threads.emplace_back([&] {
      run_queue<item, Capacity> mine;
      std::size_t newest = 0;
      bool any = false;
      while (taken.load() != count) {
        item* first = nullptr;
        if (queue.take_half_into(mine, &first) == 0) continue;
        take(first, newest, any);
        while (item* each = mine.pop()) take(each, newest, any);
      }
    });
  }

  std::size_t newest = 0;
  bool any = false;
  item* half[Capacity];
  for (std::size_t number = 0; number != count; ++number) {
    items[number].number = number;
    while (!queue.push(&items[number])) {
      const std::uint32_t out = queue.take_half(half, Capacity);
      for (std::uint32_t at = 0; at != out; ++at) take(half[at], newest, any);
    }
    if (number % 3 == 0)
      if (item* each = queue.pop()) take(each, newest, any);
  }
  while (taken.load() != count)
    if (item* each = queue.pop()) take(each, newest, any);
  for (auto& thread : threads) thread.join();

  EXPECT_FALSE(order_broken.load());
  for (const auto& each : items) ASSERT_EQ(each.taken, 1) << "item " << each.number;
}

TEST(run_queue_stress, each_item_is_taken_once_with_a_tiny_ring) {
  owner_against_thieves<2>(testing::scaled(200'000), 3);
}

TEST(run_queue_stress, each_item_is_taken_once_with_a_small_ring) {
  owner_against_thieves<8>(testing::scaled(500'000), 3);
}

TEST(run_queue_stress, each_item_is_taken_once_with_the_usual_ring) {
  owner_against_thieves<256>(testing::scaled(1'000'000), 2);
}

// Everybody owns a queue and steals from all the others; items are pushed again until they are used up.
TEST(run_queue_stress, thieves_that_are_victims_lose_nothing) {
  struct hopper {
    int hops_left = 0;
  };
  constexpr std::size_t owners = 4;
  constexpr std::size_t items_each = 6;
  const int hops = static_cast<int>(testing::scaled(20'000));
  std::vector<hopper> items(owners * items_each);
  for (auto& each : items) each.hops_left = hops;
  std::vector<run_queue<hopper, 8>> queues(owners);
  sync::atomic<std::size_t> done{0};
  std::vector<sync::thread> threads;
  for (std::size_t self = 0; self != owners; ++self) {
    threads.emplace_back([&, self] {
      auto& mine = queues[self];
      std::size_t victim = self;
      for (std::size_t at = 0; at != items_each; ++at) ASSERT_TRUE(mine.push(&items[self * items_each + at]));
      hopper* current = nullptr;
      while (done.load() != items.size()) {
        if (current == nullptr) current = mine.pop();
        if (current == nullptr) {
          victim = (victim + 1) % owners;
          if (victim == self || queues[victim].take_half_into(mine, &current) == 0) continue;
        }
        if (--current->hops_left == 0) {
          done.fetch_add(1);
          current = nullptr;
        } else if (mine.push(current)) {
          current = nullptr;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& each : items) ASSERT_EQ(each.hops_left, 0);
}

}  // namespace
}  // namespace foundation::sched
