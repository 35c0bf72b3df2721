// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "sched/inject_queue.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

struct item {
  item* queue_next = nullptr;
  std::size_t producer = 0;
  std::size_t number = 0;
  int taken = 0;  // plain: a race here is a missing publication
};

TEST(inject_queue_stress, each_item_is_popped_once_and_those_of_one_producer_in_order) {
  constexpr std::size_t producers = 2;
  constexpr std::size_t consumers = 2;
  const std::size_t count = testing::scaled(200'000);
  inject_queue<item> queue(base::lock_rank::inject_queue);
  std::vector<std::vector<item>> items(producers, std::vector<item>(count));
  sync::atomic<std::size_t> taken{0};
  sync::atomic<bool> order_broken{false};
  std::vector<sync::thread> threads;
  for (std::size_t producer = 0; producer != producers; ++producer) {
    threads.emplace_back([&, producer] {
      auto& mine = items[producer];
      for (std::size_t number = 0; number != count; ++number) {
        mine[number].producer = producer;
        mine[number].number = number;
      }
      for (std::size_t at = 0; at != count;) {
        const std::size_t batch = std::min<std::size_t>(1 + at % 7, count - at);
        for (std::size_t each = at; each + 1 != at + batch; ++each) mine[each].queue_next = &mine[each + 1];
        queue.push_batch(&mine[at], &mine[at + batch - 1], batch);
        at += batch;
      }
    });
  }
  for (std::size_t consumer = 0; consumer != consumers; ++consumer) {
    threads.emplace_back([&, consumer] {
      std::vector<std::size_t> next(producers, 0);
      while (taken.load() != producers * count) {
        const auto batch = queue.pop_batch(1 + consumer * 4);
        for (item* each = batch.first; each != nullptr; each = each->queue_next) {
          if (each->number < next[each->producer]) order_broken.store(true);
          next[each->producer] = each->number + 1;
          each->taken += 1;
        }
        taken.fetch_add(batch.count);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(order_broken.load());
  EXPECT_TRUE(queue.check_invariants());
  for (const auto& each_producer : items)
    for (const auto& each : each_producer) ASSERT_EQ(each.taken, 1);
}

}  // namespace
}  // namespace foundation::sched
