// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include <foundation/pid.hpp>
#include <foundation/reference.hpp>

namespace fn = foundation;
using pids = fn::detail::pid_access;
using references = fn::detail::reference_access;

namespace {

static_assert(sizeof(fn::pid) == 16 && std::is_trivially_copyable_v<fn::pid>);
static_assert(sizeof(fn::reference) == 16 && std::is_trivially_copyable_v<fn::reference>);
static_assert(std::is_nothrow_default_constructible_v<fn::pid>);
static_assert(!std::is_convertible_v<fn::pid, bool>);
static_assert(!fn::pid() && !fn::reference(), "usable in constant expressions");
static_assert(pids::slot(pids::make(0, 1, 12, 3)) == 12);

TEST(pid, a_default_one_names_no_process) {
  EXPECT_FALSE(fn::pid());
  EXPECT_EQ(fn::pid(), fn::pid());
  EXPECT_TRUE(pids::make(0, 0, 0, 1));
}

TEST(pid, keeps_each_field_at_its_limits) {
  const std::uint32_t tag = pids::make_tag(pids::max_runtime_slot, pids::max_runtime_generation);
  EXPECT_EQ(tag, 0xffff'ffffu);
  const fn::pid full = pids::make(0xffff'ffffu, tag, pids::max_slot, pids::max_generation);
  EXPECT_EQ(pids::node(full), 0xffff'ffffu);
  EXPECT_EQ(pids::tag(full), tag);
  EXPECT_EQ(pids::slot(full), 16'777'215u);
  EXPECT_EQ(pids::generation(full), (std::uint64_t{1} << 40) - 1);

  EXPECT_EQ(pids::tag_slot(pids::make_tag(7, 9)), 7u);
  EXPECT_EQ(pids::tag_generation(pids::make_tag(7, 9)), 9u);

  const fn::pid small = pids::make(1, 2, 3, 4);
  EXPECT_EQ(pids::node(small), 1u);
  EXPECT_EQ(pids::tag(small), 2u);
  EXPECT_EQ(pids::slot(small), 3u);
  EXPECT_EQ(pids::generation(small), 4u);
}

TEST(pid, differs_when_any_field_does) {
  const fn::pid base = pids::make(1, 2, 3, 4);
  EXPECT_EQ(base, pids::make(1, 2, 3, 4));
  EXPECT_NE(base, pids::make(9, 2, 3, 4));
  EXPECT_NE(base, pids::make(1, 9, 3, 4));
  EXPECT_NE(base, pids::make(1, 2, 9, 4));
  EXPECT_NE(base, pids::make(1, 2, 3, 9));
}

TEST(pid, is_ordered_by_node_runtime_slot_and_generation) {
  std::vector<fn::pid> sorted = {fn::pid(),
                                 pids::make(0, 0, 0, 1),
                                 pids::make(0, 0, 0, 2),
                                 pids::make(0, 0, 1, 1),
                                 pids::make(0, 1, 0, 1),
                                 pids::make(1, 0, 0, 1)};
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
  EXPECT_LT(sorted.front(), sorted.back());
  EXPECT_EQ(sorted[1] <=> sorted[1], std::strong_ordering::equal);
  const std::map<fn::pid, int> keyed = {{sorted[2], 2}, {sorted[1], 1}};
  EXPECT_EQ(keyed.begin()->second, 1);
}

TEST(reference, keeps_each_field_at_its_limits) {
  const fn::reference r = references::make(0xffff'fffeu, 0xffff'fffdu, ~std::uint64_t{0});
  EXPECT_EQ(references::tag(r), 0xffff'fffeu);
  EXPECT_EQ(references::scheduler(r), 0xffff'fffdu);
  EXPECT_EQ(references::counter(r), ~std::uint64_t{0});
  EXPECT_TRUE(r);
  EXPECT_FALSE(fn::reference());
}

TEST(reference, those_of_one_scheduler_are_ordered_as_they_were_made) {
  EXPECT_LT(references::make(1, 2, 3), references::make(1, 2, 4));
  EXPECT_LT(references::make(1, 2, 9), references::make(1, 3, 1));
  EXPECT_NE(references::make(1, 2, 3), references::make(2, 2, 3));
}

/// How full the fullest of 65,536 buckets gets when as many keys go where their hash's low bits say.
template <typename Make>
std::size_t fullest_bucket(Make make) {
  std::vector<std::size_t> buckets(65'536);
  for (std::uint32_t i = 0; i < buckets.size(); ++i) {
    const auto key = make(i);
    ++buckets[std::hash<std::remove_const_t<decltype(key)>>()(key) & (buckets.size() - 1)];
  }
  return *std::max_element(buckets.begin(), buckets.end());
}

TEST(hash, spreads_neighbours_over_the_low_bits) {
  // random keys put 8 or 9 in the fullest; the identity hash would put 65,536 for slots
  constexpr std::size_t most = 12;
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return pids::make(0, 256, i, 1); }), most);
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return pids::make(0, 256, 5, i + 1u); }), most);
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return pids::make(i, 256, 5, 1); }), most);
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return pids::make(0, i, 5, 1); }), most);
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return pids::make(0, 256, i % 256, i / 256 + 1); }), most);
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return references::make(256, 1, i + 1u); }), most);
  EXPECT_LE(fullest_bucket([](std::uint32_t i) { return references::make(256, i, 1); }), most);
}

TEST(hash, each_bit_of_a_pid_changes_about_half_of_the_hash) {
  const auto changed = [](fn::pid a, fn::pid b) {
    return std::popcount(static_cast<std::uint64_t>(std::hash<fn::pid>()(a) ^ std::hash<fn::pid>()(b)));
  };
  constexpr int samples = 256;
  for (int bit = 0; bit < 128; ++bit) {
    int total = 0;
    for (int i = 0; i < samples; ++i) {
      const auto n = static_cast<std::uint64_t>(i) * 0x1234567u + 1;
      std::uint64_t high = n, low = n * 7;
      const auto at = [](std::uint64_t h, std::uint64_t l) {
        return pids::make(static_cast<std::uint32_t>(h >> 32), static_cast<std::uint32_t>(h),
                          static_cast<std::uint32_t>(l >> 40), l & pids::max_generation);
      };
      const fn::pid before = at(high, low);
      (bit < 64 ? low : high) ^= std::uint64_t{1} << (bit % 64);
      total += changed(before, at(high, low));
    }
    const double mean = static_cast<double>(total) / samples;
    EXPECT_GT(mean, 28.0) << "bit " << bit;
    EXPECT_LT(mean, 36.0) << "bit " << bit;
  }
}

TEST(hash, pids_and_references_are_keys_of_unordered_containers) {
  std::unordered_set<fn::pid> pid_set;
  std::unordered_set<fn::reference> reference_set;
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    pid_set.insert(pids::make(0, 256, i, 1));
    reference_set.insert(references::make(256, 0, i));
  }
  EXPECT_EQ(pid_set.size(), 1000u);
  EXPECT_EQ(reference_set.size(), 1000u);
  EXPECT_TRUE(pid_set.contains(pids::make(0, 256, 500, 1)));
  EXPECT_FALSE(pid_set.contains(pids::make(0, 256, 500, 2)));
}

}  // namespace
