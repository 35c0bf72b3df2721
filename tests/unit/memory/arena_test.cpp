// SPDX-License-Identifier: Apache-2.0
#include "memory/arena.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "memory/memory.hpp"
#include "os/os.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::memory {
namespace {

constexpr memory_policy standard = policy_of(memory_strategy::standard, {});
constexpr memory_policy isolated = policy_of(memory_strategy::isolated_heaps, {});

bool is_aligned(const void* at, std::size_t alignment) { return reinterpret_cast<std::uintptr_t>(at) % alignment == 0; }

class Arena : public ::testing::TestWithParam<memory_strategy> {
 protected:
  testing::backing_probe probe;
  memory_policy policy = policy_of(GetParam(), {});
};

INSTANTIATE_TEST_SUITE_P(strategies, Arena,
                         ::testing::Values(memory_strategy::standard, memory_strategy::isolated_heaps,
                                           memory_strategy::shared_binaries, memory_strategy::frequent_gc,
                                           memory_strategy::low_latency),
                         [](const auto& each) { return "strategy" + std::to_string(static_cast<int>(each.param)); });

TEST_P(Arena, holds_nothing_until_it_is_used) {
  const arena a(policy);
  EXPECT_EQ(a.held(), 0u);
  EXPECT_EQ(probe.made(), 0);
}

TEST_P(Arena, gives_blocks_of_any_size_and_alignment_that_do_not_overlap) {
  arena a(policy);
  std::vector<std::pair<unsigned char*, std::size_t>> lent;
  unsigned char mark = 0;
  for (const std::size_t size : {0, 1, 15, 16, 17, 100, 128, 129, 500, 1000, 1024, 1025, 5000, 100'000}) {
    for (const std::size_t alignment : {1, 8, 16, 32, 64, 256, 1024, 4096}) {
      auto* const at = static_cast<unsigned char*>(a.allocate(size, alignment));
      ASSERT_TRUE(is_aligned(at, alignment)) << size << ' ' << alignment;
      std::memset(at, ++mark, size);
      lent.emplace_back(at, size);
    }
  }
  mark = 0;
  for (const auto& [at, size] : lent) {
    ++mark;
    for (std::size_t i = 0; i != size; ++i) ASSERT_EQ(at[i], mark);
  }
  EXPECT_TRUE(a.check_invariants());
}

TEST_P(Arena, reuses_what_was_freed) {
  arena a(policy);
  std::vector<void*> lent;
  for (int i = 0; i != 1000; ++i) lent.push_back(a.allocate(48));
  const std::size_t held = a.held();
  for (int round = 0; round != 10; ++round) {
    for (void* each : lent) a.deallocate(each, 48);
    EXPECT_EQ(a.lent(), 0u);
    for (void*& each : lent) each = a.allocate(48);
  }
  EXPECT_EQ(a.held(), held);
  EXPECT_TRUE(a.check_invariants());
}

TEST_P(Arena, a_vector_that_grows_alone_takes_little_more_than_it_needs) {
  arena a(policy);
  std::pmr::vector<int> numbers(&a);
  for (int i = 0; i != 100'000; ++i) numbers.push_back(i);
  for (int i = 0; i != 100'000; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], i);
  EXPECT_LE(a.held(), numbers.capacity() * sizeof(int) + 2 * largest_kept_chunk);
}

TEST_P(Arena, frees_everything_at_its_end_whatever_is_still_lent) {
  {
    arena a(policy);
    for (std::size_t size = 1; size < 10'000; size += 7) static_cast<void>(a.allocate(size));
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST_P(Arena, gives_all_chunks_back_when_nothing_is_lent) {
  arena a(policy);
  std::vector<void*> lent;
  for (int i = 0; i != 10'000; ++i) lent.push_back(a.allocate(100));
  for (void* each : lent) a.deallocate(each, 100);
  const std::size_t held = a.held();
  EXPECT_GT(held, 0u);
  EXPECT_EQ(a.trim(), held);
  EXPECT_EQ(a.held(), 0u);
  EXPECT_NE(a.allocate(100), nullptr);
  EXPECT_TRUE(a.check_invariants());
}

TEST_P(Arena, gives_back_the_chunks_that_nobody_uses_and_keeps_the_others) {
  arena a(policy);
  std::vector<void*> lent;
  for (int i = 0; i != 20'000; ++i) lent.push_back(a.allocate(64));
  const std::size_t held = a.held();
  std::memset(lent.front(), 0x11, 64);
  std::memset(lent.back(), 0x22, 64);
  for (std::size_t i = 1; i + 1 != lent.size(); ++i) a.deallocate(lent[i], 64);
  int pauses = 0;
  const std::size_t returned = a.trim([](void* count) { ++*static_cast<int*>(count); }, &pauses);
  EXPECT_EQ(a.held(), held - returned);
  EXPECT_LE(a.held(), policy.first_chunk + 2 * policy.largest_chunk);
  EXPECT_GE(pauses, 20'000 / 512) << "a walk over many blocks lets others run";
  EXPECT_EQ(static_cast<unsigned char*>(lent.front())[63], 0x11);
  EXPECT_EQ(static_cast<unsigned char*>(lent.back())[63], 0x22);
  EXPECT_TRUE(a.check_invariants());
  for (int i = 0; i != 20'000; ++i) ASSERT_NE(a.allocate(64), nullptr);
  EXPECT_TRUE(a.check_invariants());
}

TEST_P(Arena, tells_how_much_more_or_less_it_holds) {
  std::ptrdiff_t told = 0;
  {
    arena a(policy, {[](void* sum, std::ptrdiff_t bytes) noexcept { *static_cast<std::ptrdiff_t*>(sum) += bytes; }, &told});
    void* const small = a.allocate(10);
    EXPECT_EQ(static_cast<std::size_t>(told), a.held());
    void* const large = a.allocate(1'000'000);
    EXPECT_EQ(static_cast<std::size_t>(told), a.held());
    EXPECT_GE(told, 1'000'000);
    a.deallocate(large, 1'000'000);
    EXPECT_EQ(static_cast<std::size_t>(told), a.held());
    EXPECT_LT(told, 1'000'000);
    a.deallocate(small, 10);
    a.trim();
    EXPECT_EQ(told, 0);
    static_cast<void>(a.allocate(10));
    EXPECT_GT(told, 0);
  }
  EXPECT_EQ(told, 0);
}

TEST_P(Arena, is_equal_to_itself_alone) {
  const arena a(policy);
  const arena b(policy);
  EXPECT_TRUE(a.is_equal(a));
  EXPECT_FALSE(a.is_equal(b));
}

// Against a map of what is lent: whatever the sequence, nothing overlaps, nothing is lost, and the sums are right.
TEST_P(Arena, keeps_every_block_whole_for_any_sequence_of_operations) {
  for (std::uint64_t seed = 1; seed <= testing::scaled(40, 4); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    arena a(policy);
    struct block {
      std::size_t size;
      std::size_t alignment;
      unsigned char mark;
    };
    std::map<unsigned char*, block> lent;
    for (int i = 0; i != 2000; ++i) {
      const auto kind = random() % 100;
      if (kind < (i / 400 % 2 == 0 ? 65u : 35u)) {
        const std::size_t size = random() % 8 == 0 ? random() % 20'000 : random() % 300;
        const std::size_t alignment = random() % 10 == 0 ? std::size_t{1} << random() % 9 : alignof(std::max_align_t);
        auto* const at = static_cast<unsigned char*>(a.allocate(size, alignment));
        ASSERT_TRUE(is_aligned(at, alignment));
        const auto after = lent.lower_bound(at);
        ASSERT_TRUE(after == lent.end() || at + size <= after->first);
        ASSERT_TRUE(after == lent.begin() || std::prev(after)->first + std::prev(after)->second.size <= at);
        const auto mark = static_cast<unsigned char>(random());
        std::memset(at, mark, size);
        lent.emplace(at, block{size, alignment, mark});
      } else if (kind < 99 && !lent.empty()) {
        auto gone = lent.lower_bound(lent.begin()->first + random() % 200'000);
        if (gone == lent.end()) gone = lent.begin();
        for (std::size_t k = 0; k != gone->second.size; ++k) ASSERT_EQ(gone->first[k], gone->second.mark);
        a.deallocate(gone->first, gone->second.size, gone->second.alignment);
        lent.erase(gone);
      } else {
        a.trim();
      }
      if (i % 50 == 0) {
        ASSERT_TRUE(a.check_invariants());
      }
    }
    for (const auto& [at, each] : lent) {
      for (std::size_t k = 0; k != each.size; ++k) ASSERT_EQ(at[k], each.mark);
      a.deallocate(at, each.size, each.alignment);
    }
    EXPECT_EQ(a.lent(), 0u);
    a.trim();
    EXPECT_EQ(a.held(), 0u);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(arena, throws_bad_alloc_when_memory_is_refused_and_goes_on_afterwards) {
  for (const std::size_t size : {10, 1000, 5000}) {
    testing::backing_probe probe;
    arena a(standard);
    probe.refuse_nth(1);
    EXPECT_THROW(static_cast<void>(a.allocate(size)), std::bad_alloc);
    EXPECT_EQ(a.held(), 0u);
    EXPECT_NE(a.allocate(size), nullptr);
    EXPECT_TRUE(a.check_invariants());
  }
}

TEST(arena, refuses_sizes_that_no_memory_has) {
  arena a(standard);
  arena pages(isolated);
  for (const std::size_t size : {std::size_t{1} << 62, ~std::size_t{0}, ~std::size_t{0} - 100}) {
    EXPECT_THROW(static_cast<void>(a.allocate(size)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(pages.allocate(size)), std::bad_alloc);
  }
}

TEST(arena, gives_nothing_back_when_there_is_no_memory_to_find_out_what) {
  testing::backing_probe probe;
  arena a(standard);
  std::vector<void*> lent;
  for (int i = 0; i != 1000; ++i) lent.push_back(a.allocate(64));
  for (std::size_t i = 1; i != lent.size(); ++i) a.deallocate(lent[i], 64);
  const std::size_t held = a.held();
  probe.refuse_all();
  EXPECT_EQ(a.trim(), 0u);
  EXPECT_EQ(a.held(), held);
  probe.refuse_all(false);
  EXPECT_GT(a.trim(), 0u);
}

TEST(arena, of_low_latency_takes_its_first_chunk_when_it_is_prepared) {
  constexpr memory_policy policy = policy_of(memory_strategy::low_latency, {});
  testing::backing_probe probe;
  arena a(policy);
  ASSERT_TRUE(a.prepare());
  EXPECT_EQ(probe.made(), 1);
  for (int i = 0; i != 1000; ++i) static_cast<void>(a.allocate(32));
  EXPECT_EQ(probe.made(), 1);
  arena refused(policy);
  probe.refuse_nth(1);
  EXPECT_FALSE(refused.prepare());
  arena other(standard);
  EXPECT_TRUE(other.prepare());
  EXPECT_EQ(other.held(), 0u);
}

TEST(arena, of_isolated_heaps_has_pages_of_its_own) {
  testing::backing_probe probe;
  arena a(isolated);
  void* const at = a.allocate(100);
  EXPECT_EQ(probe.made(), 0) << "nothing of the general allocator's";
  EXPECT_EQ(a.held() % os::page_size(), 0u);
  a.deallocate(at, 100);
}

#if defined(FOUNDATION_HOSTILE) || !defined(NDEBUG)
TEST(arena, ends_the_program_when_a_freed_block_was_written_to) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  if (os::building_with_asan) GTEST_SKIP() << "the address sanitizer is first";
  EXPECT_DEATH(
      {
        arena a(standard);
        auto* const at = static_cast<unsigned char*>(a.allocate(64));
        static_cast<void>(a.allocate(64));  // so that the first is not the last
        a.deallocate(at, 64);
        at[40] = 1;
        static_cast<void>(a.allocate(64));
      },
      "written to after it had been given back");
}
#endif

TEST(size_classes, waste_a_fifth_at_most_and_never_give_less) {
  for (std::size_t bytes = 1; bytes <= largest_small_block; ++bytes) {
    const std::size_t size = size_of_class(size_class_of(bytes));
    ASSERT_GE(size, bytes);
    ASSERT_TRUE(size_class_of(bytes) == 0 || size_of_class(size_class_of(bytes) - 1) < bytes) << bytes;
    ASSERT_TRUE(bytes <= 128 || size * 4 <= bytes * 5) << bytes;
    ASSERT_TRUE(bytes < block_alignment || size_of_class(size_class_within(bytes)) <= bytes) << bytes;
  }
}

TEST(chunks, of_a_thread_without_a_scheduler_are_the_allocators) {
  testing::backing_probe probe;
  chunk* const c = take_chunk(chunk_source::shared, 1024);
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(probe.live(), 1);
  give_chunk(*c);
  EXPECT_EQ(probe.live(), 0);
}

TEST(chunks, are_kept_by_size_for_the_next_who_takes_one) {
  testing::backing_probe probe;
  {
    chunk_cache cache;
    base::this_thread().chunks = &cache;
    chunk* const c = take_chunk(chunk_source::shared, 3000);
    EXPECT_EQ(c->bytes, 4096u);
    give_chunk(*c);
    EXPECT_EQ(cache.bytes(), 4096u);
    EXPECT_EQ(take_chunk(chunk_source::shared, 4096), c);
    EXPECT_EQ(cache.bytes(), 0u);
    give_chunk(*c);
    std::vector<chunk*> many;
    for (int i = 0; i != 1000; ++i) many.push_back(take_chunk(chunk_source::shared, 1024));
    for (chunk* each : many) give_chunk(*each);
    EXPECT_EQ(cache.bytes(), 4096 + chunk_cache::kept_of_each_size);
    base::this_thread().chunks = nullptr;
    EXPECT_EQ(cache.clear(), 4096 + chunk_cache::kept_of_each_size);
    EXPECT_EQ(probe.live(), 0);
  }
  EXPECT_EQ(probe.live(), 0);
}

}  // namespace
}  // namespace foundation::memory
