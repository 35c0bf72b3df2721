// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "sched/epoch.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

struct node : retired {
  static constexpr std::uint64_t fresh = 0x1234'5678'9abc'def0;
  static inline sync::atomic<long> alive{0};

  explicit node(std::uint64_t n) : number(n) { alive.fetch_add(1, sync::memory_order_relaxed); }
  ~node() {
    mark = 0;  // volatile, or it would be no store at all
    alive.fetch_sub(1, sync::memory_order_relaxed);
  }
  static void free_it(retired* self) noexcept { delete static_cast<node*>(self); }

  volatile std::uint64_t mark = fresh;  // not atomic: a reader and a free at once are a race
  std::uint64_t number;
};

/// A table whose entries are replaced all the time.
struct table {
  static constexpr std::size_t slots = 16;
  epoch_domain domain;
  std::array<sync::atomic<node*>, slots> entries{};

  table() {
    for (std::size_t at = 0; at != slots; ++at) entries[at].store(new node(at));
  }
  ~table() {
    for (auto& each : entries) replace(each, nullptr);
  }
  void replace(sync::atomic<node*>& entry, node* by) {
    node* const old = entry.exchange(by, sync::memory_order_acq_rel);
    if (old != nullptr) domain.retire(old, &node::free_it);
  }
  /// How many entries were found unmarked, which means freed.
  std::size_t read(std::uint64_t random) {
    std::size_t bad = 0;
    const std::size_t at = random % slots;
    const epoch_guard guard(domain);
    const node* const found = entries[at].load(sync::memory_order_acquire);
    for (std::uint64_t looks = (random >> 8) % 32; looks != 0; --looks)
      bad += found->mark != node::fresh || found->number % slots != at ? 1 : 0;
    return bad;
  }
};

class epoch_stress : public ::testing::Test {
 protected:
  void SetUp() override {
    // A thread is in one domain at a time, and this one may have used that of the runtimes.
    if (auto* const record = static_cast<epoch_record*>(base::this_thread().epoch)) record->domain->leave_thread();
  }
};

TEST_F(epoch_stress, readers_never_find_freed_memory_and_all_of_it_is_freed) {
  const std::size_t rounds = testing::scaled(300'000);
  ASSERT_EQ(node::alive.load(), 0);
  {
    table shared;
    sync::atomic<std::size_t> bad{0};
    std::vector<sync::thread> threads;
    for (std::uint64_t self = 0; self != 4; ++self) {
      threads.emplace_back([&, self] {
        std::mt19937_64 random(self);
        for (std::size_t round = 0; round != rounds; ++round) {
          const std::uint64_t dice = random();
          if (dice % 4 == 0) {
            const std::size_t at = (dice >> 8) % table::slots;
            shared.replace(shared.entries[at], new node(at + table::slots * round));
          } else {
            bad.fetch_add(shared.read(dice >> 8));
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(bad.load(), 0u);
    EXPECT_LE(shared.domain.record_count(), 5u);
  }
  EXPECT_EQ(node::alive.load(), 0);
}

TEST_F(epoch_stress, threads_come_and_go_and_leave_nothing_behind) {
  const std::size_t generations = testing::scaled(500);
  ASSERT_EQ(node::alive.load(), 0);
  {
    table shared;
    sync::atomic<std::size_t> bad{0};
    std::vector<sync::thread> lines;
    for (std::uint64_t line = 0; line != 3; ++line) {
      lines.emplace_back([&, line] {
        for (std::size_t generation = 0; generation != generations; ++generation) {
          sync::thread([&] {
            std::mt19937_64 random(generation * 3 + line);
            for (int i = 0; i != 50; ++i) {
              const std::uint64_t dice = random();
              const std::size_t at = dice % table::slots;
              if (dice % 3 == 0) shared.replace(shared.entries[at], new node(at));
              bad.fetch_add(shared.read(dice));
            }
          }).join();
        }
      });
    }
    for (auto& line : lines) line.join();
    EXPECT_EQ(bad.load(), 0u);
    // One each for the three and for this thread; while one collects in an abandoned record it owns that too (E5).
    EXPECT_LE(shared.domain.record_count(), 7u);
    shared.domain.drain();
    EXPECT_EQ(node::alive.load(), static_cast<long>(table::slots));
  }
  EXPECT_EQ(node::alive.load(), 0);
}

// When a drain returns, what its caller has retired is freed, whoever else frees, drains, comes and goes.
TEST_F(epoch_stress, a_drain_leaves_nothing_of_its_caller) {
  const std::size_t rounds = testing::scaled(1'000);
  struct counted : retired {
    explicit counted(sync::atomic<std::size_t>& c) : count(c) {}
    sync::atomic<std::size_t>& count;
    static void free_it(retired* self) noexcept {
      auto* const one = static_cast<counted*>(self);
      one->count.fetch_sub(1, sync::memory_order_relaxed);
      delete one;
    }
  };
  epoch_domain domain;
  sync::atomic<bool> stop{false};
  sync::atomic<std::size_t> noise{0};
  std::vector<sync::thread> others;
  for (int i = 0; i != 2; ++i) {
    others.emplace_back([&, i] {
      while (!stop.load()) {
        {
          const epoch_guard guard(domain);
          noise.fetch_add(1);
          domain.retire(new counted(noise), &counted::free_it);
        }
        if (i == 0) domain.collect();
        if (i == 1 && noise.load() % 16 == 0) domain.leave_thread();
      }
    });
  }
  std::vector<sync::thread> drainers;
  sync::atomic<std::size_t> broken{0};
  for (int i = 0; i != 2; ++i) {
    drainers.emplace_back([&] {
      for (std::size_t round = 0; round != rounds; ++round) {
        sync::atomic<std::size_t> mine{0};
        // Some by a thread that ends, some by this one.
        sync::thread([&] {
          mine.fetch_add(1);
          domain.retire(new counted(mine), &counted::free_it);
        }).join();
        mine.fetch_add(1);
        domain.retire(new counted(mine), &counted::free_it);
        domain.drain();
        if (mine.load() != 0) broken.fetch_add(1);
        while (mine.load() != 0) os::relax();  // its counter is about to go
      }
    });
  }
  for (auto& each : drainers) each.join();
  stop.store(true);
  for (auto& each : others) each.join();
  EXPECT_EQ(broken.load(), 0u);
  domain.drain();
  EXPECT_EQ(noise.load(), 0u);
}

}  // namespace
}  // namespace foundation::sched
