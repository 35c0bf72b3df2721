// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "process/process.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

using access = detail::pid_access;

constexpr std::uint32_t tag = access::make_tag(200, 77);
const detail::body_ops no_ops{};

/// Control blocks need a space to belong to; this one has no threads.
class ProcessTable : public ::testing::Test {
 protected:
  control_block& block() {
    blocks_.push_back(std::make_unique<control_block>(space_, no_ops, control_block::layout{}));
    return *blocks_.back();
  }
  pid add(process_table& table, unsigned where = process_table::elsewhere) {
    const auto slot = table.reserve(where);
    return slot ? table.publish(*slot, block(), where) : pid{};
  }

  static void remove(process_table& table, pid p, unsigned where = process_table::elsewhere) {
    table.hide(p);
    table.release(p, where);
  }

  testing::backing_probe probe;

 private:
  sched::scheduler_group group_{sched::group_options{}};
  process_space space_{group_, tag, 1, std::chrono::milliseconds(0), {}};
  std::vector<std::unique_ptr<control_block>> blocks_;
};

TEST_F(ProcessTable, finds_a_process_by_the_pid_it_got) {
  process_table table(tag, 10, 0);
  control_block& b = block();
  const auto slot = table.reserve(process_table::elsewhere);
  ASSERT_TRUE(slot.has_value());
  EXPECT_EQ(table.size(), 0u) << "a reserved slot holds nobody yet";
  const pid p = table.publish(*slot, b, process_table::elsewhere);
  EXPECT_EQ(table.find(p), &b);
  EXPECT_EQ(b.self_pid(), p);
  EXPECT_EQ(access::tag(p), tag);
  EXPECT_EQ(access::slot(p), *slot);
  EXPECT_EQ(access::generation(p), 1u);
  EXPECT_EQ(table.size(), 1u);
  remove(table, p);
}

TEST_F(ProcessTable, does_not_find_a_process_that_was_removed) {
  process_table table(tag, 10, 0);
  const pid p = add(table);
  remove(table, p);
  EXPECT_EQ(table.find(p), nullptr);
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(ProcessTable, a_pid_of_a_dead_process_never_reaches_the_one_that_has_its_slot) {
  process_table table(tag, 1, 0);
  std::vector<pid> dead;
  for (std::uint64_t generation = 1; generation != 100; ++generation) {
    const pid p = add(table);
    EXPECT_EQ(access::slot(p), 0u);
    EXPECT_EQ(access::generation(p), generation);
    for (const pid gone : dead) ASSERT_EQ(table.find(gone), nullptr);
    ASSERT_NE(table.find(p), nullptr);
    remove(table, p);
    dead.push_back(p);
  }
}

TEST_F(ProcessTable, does_not_find_pids_it_never_gave) {
  process_table table(tag, 5000, 0);
  EXPECT_EQ(table.find(access::make(0, tag, 0, 1)), nullptr) << "an empty table";
  const pid p = add(table);
  EXPECT_EQ(table.find(pid{}), nullptr);
  EXPECT_EQ(table.find(access::make(0, tag, 1, 1)), nullptr) << "a slot not used yet";
  EXPECT_EQ(table.find(access::make(0, tag, 4999, 1)), nullptr) << "a chunk not made yet";
  EXPECT_EQ(table.find(access::make(0, tag, access::max_slot, 1)), nullptr) << "beyond the table";
  EXPECT_EQ(table.find(access::make(0, tag, access::slot(p), 2)), nullptr) << "a generation to come";
  EXPECT_EQ(table.find(access::make(0, tag + 1, access::slot(p), 1)), nullptr) << "another runtime's";
  EXPECT_EQ(table.find(access::make(1, tag, access::slot(p), 1)), nullptr) << "another node's";
  remove(table, p);
}

TEST_F(ProcessTable, reuses_slots_first_in_first_out) {
  process_table table(tag, 4, 0);
  std::vector<pid> all;
  for (int i = 0; i != 4; ++i) all.push_back(add(table));
  const std::size_t order[] = {2, 0, 3, 1};
  for (const std::size_t i : order) remove(table, all[i]);
  for (const std::size_t i : order) EXPECT_EQ(access::slot(add(table)), access::slot(all[i]));
}

TEST_F(ProcessTable, refuses_a_slot_at_the_limit_and_has_one_again_when_a_process_ends) {
  process_table table(tag, 3, 0);
  EXPECT_EQ(table.capacity(), 3u);
  const pid first = add(table);
  add(table);
  add(table);
  EXPECT_FALSE(table.reserve(process_table::elsewhere).has_value());
  remove(table, first);
  EXPECT_TRUE(add(table));
  EXPECT_FALSE(table.reserve(process_table::elsewhere).has_value());
}

TEST_F(ProcessTable, a_reservation_counts_against_the_limit_until_it_is_cancelled) {
  process_table table(tag, 1, 0);
  const auto slot = table.reserve(process_table::elsewhere);
  ASSERT_TRUE(slot.has_value());
  EXPECT_FALSE(table.reserve(process_table::elsewhere).has_value());
  table.cancel(*slot);
  const pid p = add(table);
  EXPECT_EQ(access::generation(p), 1u) << "nobody has had the slot before";
}

TEST_F(ProcessTable, refuses_a_slot_when_memory_for_more_is_refused_and_recovers) {
  process_table table(tag, 3000, 0);
  const long before = probe.live();
  probe.refuse_nth(1);
  EXPECT_FALSE(table.reserve(process_table::elsewhere).has_value());
  EXPECT_EQ(probe.live(), before);
  EXPECT_TRUE(add(table));
}

TEST_F(ProcessTable, a_process_has_ended_when_its_slot_was_released_and_not_before) {
  process_table table(tag, 1, 0);
  EXPECT_FALSE(table.has_ended(access::make(0, tag, 0, 1))) << "nobody has had the slot";
  const pid first = add(table);
  EXPECT_FALSE(table.has_ended(first));
  table.hide(first);
  EXPECT_FALSE(table.has_ended(first));
  table.release(first, process_table::elsewhere);
  EXPECT_TRUE(table.has_ended(first));
  const pid second = add(table);
  EXPECT_TRUE(table.has_ended(first)) << "another one has its slot";
  EXPECT_FALSE(table.has_ended(second));
  remove(table, second);
  table.cancel(table.reserve(process_table::elsewhere).value());
  EXPECT_FALSE(table.has_ended(access::make(0, tag, 0, 3))) << "a slot that was given back without an occupant";
}

TEST_F(ProcessTable, counts_those_it_has_had) {
  process_table table(tag, 2, 0);
  EXPECT_EQ(table.spawned(), 0u);
  const pid first = add(table);
  add(table);
  EXPECT_FALSE(table.reserve(process_table::elsewhere));
  EXPECT_EQ(table.spawned(), 2u) << "the one that was refused does not count";
  remove(table, first);
  table.cancel(table.reserve(process_table::elsewhere).value());
  EXPECT_EQ(table.spawned(), 2u) << "nor does the one that was cancelled";
  add(table);
  EXPECT_EQ(table.spawned(), 3u);
}

TEST_F(ProcessTable, visits_everybody_who_is_there) {
  process_table table(tag, 5000, 0);
  std::unordered_map<pid, int> expected;
  for (int i = 0; i != 3000; ++i) {
    const pid p = add(table);
    if (i % 3 == 0) {
      remove(table, p);
    } else {
      expected[p] = 0;
    }
  }
  table.for_each(process_space::epochs(), [&](control_block& each) { ++expected[each.self_pid()]; });
  EXPECT_EQ(expected.size(), table.size());
  for (const auto& [p, visits] : expected) EXPECT_EQ(visits, 1);
}

TEST_F(ProcessTable, waits_until_the_last_process_is_gone) {
  process_table table(tag, 10, 0);
  EXPECT_TRUE(table.wait_empty(os::now()));
  const pid first = add(table);
  const pid second = add(table);
  EXPECT_FALSE(table.wait_empty(os::now()));
  sync::thread ends([&] {
    remove(table, first);
    remove(table, second);
  });
  EXPECT_TRUE(table.wait_empty(os::time_point::max()));
  ends.join();
}

TEST_F(ProcessTable, is_full_only_when_no_scheduler_has_a_slot_left) {
  constexpr std::size_t capacity = 1000;
  process_table table(tag, capacity, 3);
  std::vector<pid> all;
  for (std::size_t i = 0; i != capacity; ++i) all.push_back(add(table, i % 3));
  EXPECT_FALSE(table.reserve(0).has_value());
  for (std::size_t i = 0; i != 50; ++i) remove(table, all[i], 1);  // the second scheduler keeps them
  for (std::size_t i = 0; i != 50; ++i) EXPECT_TRUE(add(table, i % 2 == 0 ? 0 : process_table::elsewhere));
  EXPECT_FALSE(table.reserve(1).has_value());
  EXPECT_FALSE(table.reserve(process_table::elsewhere).has_value());
  EXPECT_EQ(table.size(), capacity);
}

TEST_F(ProcessTable, gives_a_pid_of_its_own_to_each_life_in_a_schedulers_slots) {
  process_table table(tag, 10'000, 2);
  std::unordered_map<pid, int> seen;
  for (int i = 0; i != 2000; ++i) {
    const pid p = add(table, 0);
    EXPECT_EQ(++seen[p], 1);
    EXPECT_EQ(table.size(), 1u);
    remove(table, p, i % 3 == 0 ? 1 : 0);
    EXPECT_TRUE(table.has_ended(p));
    EXPECT_EQ(table.find(p), nullptr);
  }
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.spawned(), 2000u);
}

// Against a set and counts: whoever does it, a slot is somebody's or free, and all of them can be had.
TEST_F(ProcessTable, loses_no_slot_between_schedulers_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(100, 10); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const std::size_t capacity = 1 + random() % 1500;  // from none to all that a scheduler may keep
    constexpr unsigned schedulers = 3;
    process_table table(tag, capacity, schedulers);
    const auto somewhere = [&] {
      const auto at = static_cast<unsigned>(random() % (schedulers + 1));
      return at == schedulers ? process_table::elsewhere : at;
    };
    std::unordered_map<std::uint32_t, pid> alive;  // by slot
    std::unordered_map<std::uint32_t, std::uint64_t> generation;
    std::uint64_t published = 0;
    for (int i = 0; i != 2000; ++i) {
      if (random() % 16 < (i / 500 % 2 == 0 ? 11u : 5u)) {
        const unsigned where = somewhere();
        const auto slot = table.reserve(where);
        ASSERT_EQ(slot.has_value(), alive.size() != capacity);
        if (!slot) continue;
        ASSERT_LT(*slot, capacity);
        ASSERT_FALSE(alive.contains(*slot));
        if (random() % 5 == 0) {
          table.cancel(*slot);
          continue;
        }
        const pid p = table.publish(*slot, block(), somewhere());
        ++published;
        ASSERT_EQ(access::generation(p), ++generation[*slot]);
        alive.emplace(*slot, p);
      } else if (!alive.empty()) {
        const auto gone = alive.begin();
        const pid p = gone->second;
        alive.erase(gone);
        remove(table, p, somewhere());
        ASSERT_TRUE(table.has_ended(p));
        ASSERT_EQ(table.find(p), nullptr);
      }
      ASSERT_EQ(table.size(), alive.size());
      ASSERT_EQ(table.spawned(), published);
    }
  }
}

// Against a list of free slots and a map: whatever the sequence, the same slots, generations and answers.
TEST_F(ProcessTable, behaves_like_a_map_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(100, 10); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    constexpr std::size_t capacity = 8;
    process_table table(tag, capacity, 0);
    std::deque<std::uint32_t> free;
    std::uint64_t generation[capacity] = {};
    std::uint32_t used = 0;
    std::vector<std::pair<pid, control_block*>> alive;
    std::vector<pid> dead;
    for (int i = 0; i != 300; ++i) {
      if (random() % 2 == 0) {
        const auto slot = table.reserve(process_table::elsewhere);
        ASSERT_EQ(slot.has_value(), !free.empty() || used != capacity);
        if (!slot) continue;
        const std::uint32_t expected = free.empty() ? used++ : free.front();
        if (!free.empty()) free.pop_front();
        ASSERT_EQ(*slot, expected);
        if (random() % 5 == 0) {
          table.cancel(*slot);
          free.push_back(*slot);
          continue;
        }
        control_block& b = block();
        const pid p = table.publish(*slot, b, process_table::elsewhere);
        ASSERT_EQ(access::generation(p), ++generation[*slot]);
        alive.emplace_back(p, &b);
      } else if (!alive.empty()) {
        const auto at = static_cast<std::ptrdiff_t>(random() % alive.size());
        const pid p = alive[static_cast<std::size_t>(at)].first;
        remove(table, p);
        free.push_back(access::slot(p));
        alive.erase(alive.begin() + at);
        dead.push_back(p);
      }
      ASSERT_EQ(table.size(), alive.size());
      for (const auto& [p, b] : alive) {
        ASSERT_EQ(table.find(p), b);
        ASSERT_FALSE(table.has_ended(p));
      }
      if (dead.empty()) continue;
      const pid gone = dead[random() % dead.size()];
      ASSERT_EQ(table.find(gone), nullptr);
      ASSERT_TRUE(table.has_ended(gone));
      ASSERT_EQ(table.spawned(), alive.size() + dead.size());
    }
  }
}

}  // namespace
}  // namespace foundation::proc
