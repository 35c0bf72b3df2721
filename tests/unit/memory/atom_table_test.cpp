// SPDX-License-Identifier: Apache-2.0
#include "memory/atom_table.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <string>

#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::memory {
namespace {

using outcome = atom_table::outcome;

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

/// Whether large blocks are refused.
sync::atomic<bool> tight{false};

std::string text_of(const atom_table::entry* e) { return {e->text(), e->size}; }

TEST(AtomTable, one_text_has_one_entry_that_says_it) {
  atom_table table;
  const auto first = table.intern("alpha", any_number);
  ASSERT_EQ(first.result, outcome::done);
  EXPECT_EQ(text_of(first.at), "alpha");
  EXPECT_EQ(first.at->text()[5], '\0');
  EXPECT_EQ(table.intern(std::string("alpha"), any_number).at, first.at);
  EXPECT_EQ(table.find("alpha"), first.at);
  EXPECT_NE(table.intern("beta", any_number).at, first.at);
  EXPECT_EQ(table.find("alph"), nullptr);
  EXPECT_EQ(table.find(std::string("alpha\0", 6)), nullptr);
  EXPECT_EQ(table.count(), 2u);
}

TEST(AtomTable, is_full_at_its_limit_and_still_finds_what_is_there) {
  atom_table table(3);
  for (const char* text : {"a", "b", "c"}) ASSERT_EQ(table.intern(text, any_number).result, outcome::done);
  const auto refused = table.intern("d", any_number);
  EXPECT_EQ(refused.result, outcome::full);
  EXPECT_EQ(refused.at, nullptr);
  EXPECT_EQ(refused.count, 3u);
  EXPECT_EQ(refused.limit, 3u);
  EXPECT_EQ(table.intern("b", any_number).result, outcome::done);
  EXPECT_EQ(table.intern("b", 0).result, outcome::done);
  EXPECT_EQ(table.count(), 3u);
}

TEST(AtomTable, is_nearly_full_at_a_callers_bound) {
  atom_table table(10);
  ASSERT_EQ(table.intern("a", 2).result, outcome::done);
  ASSERT_EQ(table.intern("b", 2).result, outcome::done);
  EXPECT_EQ(table.intern("c", 2).result, outcome::nearly_full);
  EXPECT_EQ(table.intern("c", 0).result, outcome::nearly_full);
  EXPECT_EQ(table.intern("c", 3).result, outcome::done);
}

TEST(AtomTable, takes_a_limit_that_is_not_below_what_is_there) {
  atom_table table(2);
  for (const char* text : {"a", "b"}) ASSERT_EQ(table.intern(text, any_number).result, outcome::done);
  EXPECT_FALSE(table.set_limit(1));
  EXPECT_EQ(table.limit(), 2u);
  EXPECT_TRUE(table.set_limit(2));
  EXPECT_TRUE(table.set_limit(3));
  EXPECT_EQ(table.intern("c", any_number).result, outcome::done);
  EXPECT_EQ(table.intern("d", any_number).result, outcome::full);
  EXPECT_TRUE(table.set_limit(atom_table::largest_limit));
  EXPECT_FALSE(table.set_limit(atom_table::largest_limit + 1));
  EXPECT_EQ(table.limit(), atom_table::largest_limit);
}

TEST(AtomTable, a_full_table_allocates_nothing_for_those_it_refuses) {
  testing::backing_probe probe;
  atom_table table(1);
  ASSERT_EQ(table.intern("a", any_number).result, outcome::done);
  const long made = probe.made();
  for (int i = 0; i != 1000; ++i) ASSERT_EQ(table.intern(std::to_string(i), any_number).result, outcome::full);
  EXPECT_EQ(probe.made(), made);
}

TEST(AtomTable, gives_all_its_memory_back_and_says_how_much_it_has) {
  testing::backing_probe probe;
  {
    atom_table table;
    const std::size_t before = table.bytes();
    for (int i = 0; i != 10'000; ++i) ASSERT_EQ(table.intern(std::to_string(i), any_number).result, outcome::done);
    EXPECT_GT(table.bytes() - before, 10'000u * (sizeof(atom_table::entry) + 4));
    EXPECT_LT(table.bytes() - before, 10'000u * 100);
    EXPECT_GT(probe.live(), 10'000);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(AtomTable, each_allocation_refused_leaves_it_as_it_was) {
  testing::backing_probe probe;
  {
    atom_table table;
    for (int n = 1;; ++n) {
      const std::size_t bytes = table.bytes();
      probe.refuse_nth(n);
      const auto made = table.intern("a", any_number);
      probe.refuse_nth(0);
      if (made.result == outcome::done) {
        EXPECT_EQ(n, 3) << "an array, the entry";
        break;
      }
      EXPECT_EQ(made.result, outcome::no_memory);
      EXPECT_EQ(table.count(), 0u);
      EXPECT_EQ(table.find("a"), nullptr);
      if (n == 1) {
        EXPECT_EQ(table.bytes(), bytes);
      }
    }
    EXPECT_EQ(table.count(), 1u);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(AtomTable, goes_on_with_a_fuller_array_when_there_is_no_memory_for_a_larger_one_and_never_fills_it) {
  // Refuses whatever is larger than an entry, so that no array is ever made anew.
  static constexpr backing_table small_blocks_only{
      .allocate = [](std::size_t bytes) noexcept -> void* {
        return bytes > 100 && tight.load() ? nullptr : scoped_backing::original().allocate(bytes);
      },
      .deallocate = [](void* block) noexcept { scoped_backing::original().deallocate(block); },
      .name = "small blocks only"};
  const scoped_backing scope(small_blocks_only);
  atom_table table;
  std::map<std::string, const atom_table::entry*> made;
  int next = 0;
  while (table.count() < 64) {  // some in each part, with luck: its array is then there
    const std::string text = std::to_string(next++);
    made[text] = table.intern(text, any_number).at;
  }
  tight.store(true);
  std::size_t refused = 0;
  for (int i = 0; i != 5000; ++i) {
    const std::string text = std::to_string(next++);
    const auto result = table.intern(text, any_number);
    if (result.result == outcome::done) {
      made[text] = result.at;
    } else {
      ASSERT_EQ(result.result, outcome::no_memory);
      ASSERT_EQ(table.find(text), nullptr) << "the search has to end";
      ++refused;
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(made.size(), 64u * 8) << "more than half of each array";
  EXPECT_LE(made.size(), 64u * 15);
  for (const auto& [text, at] : made) ASSERT_EQ(table.find(text), at);
  tight.store(false);
  for (int i = 0; i != 5000; ++i) ASSERT_EQ(table.intern(std::to_string(next++), any_number).result, outcome::done);
  for (const auto& [text, at] : made) ASSERT_EQ(table.find(text), at);
}

TEST(AtomTableProperty, behaves_like_a_map_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(50, 10); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    testing::backing_probe probe;
    {
      std::mt19937_64 random(seed);
      std::size_t limit = 1 + random() % 600;
      atom_table table(limit);
      std::map<std::string, const atom_table::entry*> model;
      for (int i = 0; i != 3000; ++i) {
        const std::string text(random() % 4, static_cast<char>(random()));
        const std::string name = text + std::to_string(random() % 700);
        const auto known = model.find(name);
        switch (random() % 8) {
          case 0: {
            const std::size_t wanted = 1 + random() % 700;
            ASSERT_EQ(table.set_limit(wanted), wanted >= model.size());
            if (wanted >= model.size()) limit = wanted;
            break;
          }
          case 1:
          case 2:
            ASSERT_EQ(table.find(name), known == model.end() ? nullptr : known->second);
            break;
          case 3:
            if (known == model.end() && model.size() < limit) {
              // The first allocation is the entry or the array that has to be there; one that only makes room may fail.
              probe.refuse_nth(1);
              const auto made = table.intern(name, any_number);
              probe.refuse_nth(0);
              if (made.result == outcome::done) model[name] = made.at;
              else ASSERT_EQ(made.result, outcome::no_memory);
            }
            break;
          default: {
            const std::size_t most = random() % 2 == 0 ? any_number : random() % 700;
            const auto made = table.intern(name, most);
            if (known != model.end()) {
              ASSERT_EQ(made.at, known->second);
            } else if (model.size() >= limit) {
              ASSERT_EQ(made.result, outcome::full);
            } else if (model.size() >= most) {
              ASSERT_EQ(made.result, outcome::nearly_full);
            } else {
              ASSERT_EQ(made.result, outcome::done);
              ASSERT_EQ(text_of(made.at), name);
              model[name] = made.at;
            }
          }
        }
        ASSERT_EQ(table.count(), model.size());
        ASSERT_EQ(table.limit(), limit);
      }
      for (const auto& [name, at] : model) ASSERT_EQ(table.find(name), at);
    }
    ASSERT_EQ(probe.live(), 0);
  }
}

}  // namespace
}  // namespace foundation::memory
