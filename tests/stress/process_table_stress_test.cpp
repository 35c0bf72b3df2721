// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "process/process.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

using access = detail::pid_access;

constexpr std::uint32_t tag = access::make_tag(201, 3);
const detail::body_ops no_ops{};

/// A table of control blocks that belong to a space without threads.
struct world {
  explicit world(std::size_t capacity, unsigned schedulers = 0) : table(tag, capacity, schedulers) {}

  std::optional<pid> add(unsigned where = process_table::elsewhere) {
    const auto slot = table.reserve(where);
    if (!slot) return std::nullopt;
    void* memory = memory::allocate(sizeof(control_block));
    return table.publish(*slot, *::new (memory) control_block(space, no_ops, {0, {}}), where);
  }
  void remove(pid p, unsigned where = process_table::elsewhere) {
    control_block* block = nullptr;
    {
      const sched::epoch_guard guard(process_space::epochs());
      block = table.find(p);
    }
    ASSERT_NE(block, nullptr);
    table.hide(p);
    table.release(p, where);
    process_space::epochs().retire(block, [](sched::retired* r) noexcept {
      auto* const each = static_cast<control_block*>(r);
      each->~control_block();
      memory::deallocate(each);
    });
  }

  sched::scheduler_group group{sched::group_options{}};
  process_space space{group, tag, 1, std::chrono::milliseconds(0), {}};
  process_table table;
};

/// Makers add and remove, each its own processes, and show their newest pids; finders look those up meanwhile.
void makers_against_finders(std::size_t capacity, std::size_t rounds) {
  testing::backing_probe probe;
  constexpr int makers = 2;
  constexpr int finders = 2;
  {
    world w(capacity);
    struct shown {
      sync::atomic<std::uint64_t> low{0};
    };
    std::vector<shown> window(64);
    sync::atomic<int> making{makers};
    sync::atomic<std::uint64_t> found{0};
    std::vector<sync::thread> threads;
    for (int m = 0; m != makers; ++m) {
      threads.emplace_back([&, m] {
        std::vector<pid> mine;
        for (std::size_t i = 0; i != rounds; ++i) {
          if (const auto p = w.add()) {
            mine.push_back(*p);
            window[(i * makers + static_cast<std::size_t>(m)) % window.size()].low.store(access::low(*p));
          }
          // Dead pids stay in the window, so that finders meet them too.
          if (mine.size() > capacity / 4 || (i % 3 == 0 && !mine.empty())) {
            w.remove(mine.front());
            mine.erase(mine.begin());
          }
        }
        for (const pid p : mine) w.remove(p);
        making.fetch_sub(1);
      });
    }
    for (int f = 0; f != finders; ++f) {
      threads.emplace_back([&] {
        std::size_t at = 0;
        while (making.load() != 0) {
          const std::uint64_t low = window[++at % window.size()].low.load();
          const pid wanted = access::make(0, tag, static_cast<std::uint32_t>(low >> access::generation_bits),
                                          low & access::max_generation);
          const sched::epoch_guard guard(process_space::epochs());
          const control_block* p = w.table.find(wanted);
          if (p == nullptr) continue;
          ASSERT_EQ(p->self_pid(), wanted);
          ASSERT_EQ(&p->space(), &w.space);
          ASSERT_FALSE(p->outer().is_closed());
          found.fetch_add(1, sync::memory_order_relaxed);
        }
      });
    }
    threads.emplace_back([&] {
      while (making.load() != 0) {
        std::size_t seen = 0;
        w.table.for_each(process_space::epochs(), [&](control_block& p) {
          ASSERT_EQ(access::tag(p.self_pid()), tag);
          ++seen;
        });
        ASSERT_LE(seen, capacity);
      }
    });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(w.table.size(), 0u);
    EXPECT_TRUE(w.table.wait_empty(os::now()));
    process_space::epochs().drain();
  }
  EXPECT_EQ(probe.live(), 0);
}

/// Each thread is a scheduler, the last one none; together they have all slots, and want more.
TEST(process_table_stress, schedulers_at_the_limit_share_every_slot) {
  testing::backing_probe probe;
  constexpr unsigned schedulers = 3;
  constexpr std::size_t capacity = 400;  // a scheduler may keep 33 of them
  constexpr std::size_t each = capacity / (schedulers + 1);
  {
    world w(capacity, schedulers);
    std::vector<sync::thread> threads;
    for (unsigned t = 0; t != schedulers + 1; ++t) {
      threads.emplace_back([&, t] {
        const unsigned where = t == schedulers ? process_table::elsewhere : t;
        std::vector<pid> mine;
        const std::size_t rounds = testing::scaled(40'000, 400);
        for (std::size_t i = 0; i != rounds; ++i) {
          // Never more than its share: so there is always a slot, wherever it is.
          while (mine.size() < each) {
            const auto p = w.add(where);
            ASSERT_TRUE(p.has_value());
            mine.push_back(*p);
          }
          const std::size_t leave = i % each;
          for (; mine.size() > leave; mine.pop_back()) w.remove(mine.back(), where);
        }
        for (const pid p : mine) w.remove(p, where);
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(w.table.size(), 0u);
    EXPECT_TRUE(w.table.wait_empty(os::now()));
    process_space::epochs().drain();
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(process_table_stress, who_waits_for_the_last_one_hears_of_it) {
  constexpr unsigned schedulers = 3;
  const std::size_t rounds = testing::scaled(2000, 50);
  world w(1000, schedulers);
  for (std::size_t i = 0; i != rounds; ++i) {
    sync::atomic<unsigned> ready{0};
    std::vector<sync::thread> threads;
    for (unsigned t = 0; t != schedulers; ++t) {
      const pid mine = w.add(t).value();  // as the thread that it is about to be
      threads.emplace_back([&, t, mine] {
        ready.fetch_add(1);
        while (ready.load() != schedulers) os::yield_thread();
        w.remove(mine, t);
      });
    }
    EXPECT_TRUE(w.table.wait_empty(os::now() + std::chrono::seconds(60)));
    EXPECT_EQ(w.table.size(), 0u);
    for (auto& thread : threads) thread.join();
  }
  process_space::epochs().drain();
}

TEST(process_table_stress, a_look_up_finds_the_process_of_that_pid_or_none_with_few_slots) {
  makers_against_finders(8, testing::scaled(100'000, 1000));
}

TEST(process_table_stress, a_look_up_finds_the_process_of_that_pid_or_none_with_many_slots) {
  makers_against_finders(4096, testing::scaled(100'000, 1000));
}

}  // namespace
}  // namespace foundation::proc
