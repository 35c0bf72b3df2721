// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "memory/atom_table.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::memory {
namespace {

using outcome = atom_table::outcome;

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();
constexpr std::size_t threads_at_once = 4;

std::string name_of(std::size_t number) { return "name " + std::to_string(number); }

template <typename Body>
void run_threads(Body body) {
  std::vector<sync::thread> threads;
  for (std::size_t t = 0; t != threads_at_once; ++t) threads.emplace_back([&body, t] { body(t); });
  for (auto& t : threads) t.join();
}

TEST(AtomStress, threads_that_intern_the_same_names_get_the_same_entries) {
  testing::backing_probe probe;
  {
    const std::size_t names = testing::scaled(100'000, 2000);
    atom_table table;
    std::vector<std::vector<const atom_table::entry*>> seen(threads_at_once);
    run_threads([&](std::size_t t) {
      for (std::size_t i = 0; i != names; ++i) {
        // Pairs go up, pairs go down, so that names are met as new ones and as old ones.
        const std::size_t number = t % 2 == 0 ? i : names - 1 - i;
        const auto made = table.intern(name_of(number), any_number);
        ASSERT_EQ(made.result, outcome::done);
        ASSERT_EQ(std::string(made.at->text(), made.at->size), name_of(number));
        ASSERT_EQ(table.find(name_of(number)), made.at);
        seen[t].push_back(made.at);
      }
    });
    EXPECT_EQ(table.count(), names);
    for (std::size_t t = 0; t != threads_at_once; ++t) {
      ASSERT_EQ(seen[t].size(), names);
      for (std::size_t i = 0; i != names; ++i) ASSERT_EQ(seen[t][i], seen[0][t % 2 == 0 ? i : names - 1 - i]);
    }
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(AtomStress, the_limit_is_never_passed_and_exactly_reached_while_threads_intern_different_names) {
  const std::size_t limit = testing::scaled(50'000, 1000);
  atom_table table(limit);
  sync::atomic<std::size_t> made{0};
  run_threads([&](std::size_t t) {
    for (std::size_t i = 0; i != limit; ++i) {
      const auto one = table.intern(name_of(i * threads_at_once + t), any_number);
      ASSERT_LE(table.count(), limit);
      if (one.result == outcome::done) {
        made.fetch_add(1);
      } else {
        ASSERT_EQ(one.result, outcome::full);
        ASSERT_EQ(one.count, limit);
      }
    }
  });
  EXPECT_EQ(made.load(), limit);
  EXPECT_EQ(table.count(), limit);
}

TEST(AtomStress, a_callers_bound_is_never_passed_by_those_who_keep_it) {
  const std::size_t bound = testing::scaled(20'000, 1000);
  atom_table table;
  run_threads([&](std::size_t t) {
    for (std::size_t i = 0; i != bound; ++i) {
      const auto one = table.intern(name_of(i * threads_at_once + t), bound);
      ASSERT_TRUE(one.result == outcome::done || one.result == outcome::nearly_full);
      ASSERT_LE(table.count(), bound);
    }
  });
  EXPECT_EQ(table.count(), bound);
}

TEST(AtomStress, a_limit_that_moves_is_never_below_the_count) {
  const std::size_t names = testing::scaled(50'000, 2000);
  atom_table table(1);
  sync::atomic<bool> done{false};
  sync::thread mover([&] {
    for (std::size_t i = 0; !done.load(); ++i) {
      const std::size_t wanted = 1 + i % names;
      if (!table.set_limit(wanted)) {
        ASSERT_LT(wanted, table.count());
      }
      ASSERT_LE(table.count(), table.limit());
    }
  });
  run_threads([&](std::size_t t) {
    for (std::size_t i = 0; i != names; ++i)
      static_cast<void>(table.intern(name_of(i * threads_at_once + t), any_number));
  });
  done.store(true);
  mover.join();
  EXPECT_LE(table.count(), names);
}

TEST(AtomStress, whoever_has_heard_of_a_name_finds_it) {
  const std::size_t names = testing::scaled(100'000, 2000);
  atom_table table;
  sync::atomic<std::size_t> made{0};  // names 0 to made - 1 are there: release, read with acquire
  sync::thread maker([&] {
    for (std::size_t i = 0; i != names; ++i) {
      ASSERT_EQ(table.intern(name_of(i), any_number).result, outcome::done);
      made.store(i + 1, sync::memory_order_release);
    }
  });
  run_threads([&](std::size_t t) {
    for (std::size_t i = t;; i += 7) {
      const std::size_t there = made.load(sync::memory_order_acquire);
      if (there == 0) continue;
      ASSERT_NE(table.find(name_of(i % there)), nullptr) << i % there << " of " << there;
      if (there == names) return;
    }
  });
  maker.join();
}

}  // namespace
}  // namespace foundation::memory
