// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "memory/memory.hpp"
#include "os/os.hpp"
#include "support/backing_probe.hpp"

namespace foundation::memory {
namespace {

constexpr std::size_t kib = 1024;

std::vector<guard_mode> all_modes() {
  std::vector<guard_mode> modes{guard_mode::mprotect, guard_mode::canary};
  if (os::guard_install_supported()) modes.push_back(guard_mode::install);
  return modes;
}

void touch(std::byte* at) { *static_cast<volatile std::byte*>(at) = std::byte{1}; }

std::size_t resident_pages(const std::byte* at, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / os::page_size());
  if (::mincore(const_cast<std::byte*>(at), bytes, pages.data()) != 0) return ~std::size_t{0};
  return static_cast<std::size_t>(std::count_if(pages.begin(), pages.end(), [](auto page) { return (page & 1) != 0; }));
}

TEST(StackPool, a_stack_has_the_size_asked_for_and_a_guard_page_less) {
  stack_pool pool;
  const auto s = pool.acquire(256 * kib);
  ASSERT_TRUE(s);
  EXPECT_EQ(s->size, 256 * kib - os::page_size());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(s->bottom) % os::page_size(), 0u);
  touch(s->top() - 1);
  touch(s->bottom);
  pool.release(*s);
}

TEST(StackPool, odd_sizes_are_rounded_up_and_impossible_ones_refused) {
  stack_pool pool;
  const auto small = pool.acquire(1);
  ASSERT_TRUE(small);
  EXPECT_GE(small->size + os::page_size(), smallest_stack_size);
  const auto odd = pool.acquire(65 * kib);
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->size + os::page_size(), 128 * kib);
  EXPECT_FALSE(pool.acquire(largest_stack_size + 1));
  pool.release(*small);
  pool.release(*odd);
}

TEST(StackPool, a_released_stack_is_the_next_one_lent) {
  for (const guard_mode mode : all_modes()) {
    stack_pool pool;
    const auto first = pool.acquire(64 * kib, mode);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->guard, mode);
    pool.release(*first);
    const auto second = pool.acquire(64 * kib, mode);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->bottom, first->bottom);
    EXPECT_EQ(second->guard, mode);
    pool.release(*second);
  }
}

TEST(StackPool, ten_thousand_stacks_do_not_overlap_and_all_come_back) {
  stack_pool pool({.max_free = 100});
  std::vector<stack> stacks(10'000);
  ASSERT_EQ(pool.acquire(stacks, default_stack_size, guard_mode::automatic), stacks.size());
  std::vector<std::byte*> bottoms;
  for (const stack& s : stacks) {
    touch(s.top() - 1);
    bottoms.push_back(s.bottom);
  }
  std::sort(bottoms.begin(), bottoms.end());
  for (std::size_t i = 1; i < bottoms.size(); ++i) ASSERT_GE(bottoms[i] - bottoms[i - 1], std::ptrdiff_t{256 * kib});
  EXPECT_EQ(pool.stats().live, stacks.size());
  pool.check_invariants();
  pool.release(stacks);
  pool.check_invariants();
  EXPECT_EQ(pool.stats().live, 0u);
  EXPECT_LE(pool.stats().free, 100u + 64u);
  pool.trim();
  EXPECT_EQ(pool.stats().reserved_bytes, 0u);
  EXPECT_EQ(pool.stats().slabs, 0u);
}

TEST(StackPool, a_lent_stack_costs_one_page_once_its_top_is_touched) {
  for (const guard_mode mode : all_modes()) {
    stack_pool pool;
    const auto s = pool.acquire(default_stack_size, mode);
    ASSERT_TRUE(s);
    EXPECT_EQ(resident_pages(s->bottom, s->size), 0u);
    touch(s->top() - 1);
    EXPECT_EQ(resident_pages(s->bottom, s->size), 1u);
    if (mode == guard_mode::canary) {
      EXPECT_EQ(resident_pages(s->bottom - os::page_size(), os::page_size()), 0u);
    }
    pool.release(*s);
  }
}

TEST(StackPool, a_stack_used_deep_keeps_only_its_first_page_in_the_pool) {
  stack_pool pool;
  auto s = pool.acquire();
  ASSERT_TRUE(s);
  for (int round = 0; round < 3; ++round) {
    std::memset(s->top() - 64 * kib, 1, 64 * kib);
    EXPECT_EQ(resident_pages(s->bottom, s->size), 64 * kib / os::page_size());
    pool.release(*s);
    EXPECT_EQ(resident_pages(s->bottom, s->size), 1u);
    s = pool.acquire();
    ASSERT_TRUE(s);
  }
  pool.release(*s);
}

TEST(StackPool, a_pool_may_keep_more_than_the_first_page) {
  const std::size_t page = os::page_size();
  stack_pool pool({.keep = 4 * page});
  auto s = pool.acquire();
  ASSERT_TRUE(s);
  std::memset(s->top() - 3 * page, 1, 3 * page);
  pool.release(*s);
  EXPECT_GE(resident_pages(s->bottom, s->size), 3u);
  s = pool.acquire();
  std::memset(s->top() - 9 * page, 1, 9 * page);
  pool.release(*s);
  EXPECT_EQ(resident_pages(s->bottom, s->size), 4u);
}

TEST(StackPool, trimming_takes_the_pages_of_free_stacks_and_not_of_lent_ones) {
  stack_pool pool;
  const auto lent = pool.acquire();
  const auto returned = pool.acquire();
  ASSERT_TRUE(lent && returned);
  touch(lent->top() - 1);
  touch(returned->top() - 1);
  pool.release(*returned);
  EXPECT_EQ(pool.trim(), os::page_size());
  EXPECT_EQ(resident_pages(returned->bottom, returned->size), 0u);
  EXPECT_EQ(lent->top()[-1], std::byte{1});
  EXPECT_EQ(pool.stats().slabs, 1u);
  EXPECT_EQ(pool.trim(), 0u);
  pool.release(*lent);
  EXPECT_GE(pool.trim(), os::page_size()) << "of a whole slab, which a guard's page may be in";
  EXPECT_EQ(pool.stats().slabs, 0u);
}

TEST(StackPool, a_write_below_a_canary_stack_is_seen_afterwards) {
  stack_pool pool;
  const auto s = pool.acquire(64 * kib, guard_mode::canary);
  ASSERT_TRUE(s);
  EXPECT_FALSE(overflowed(*s));
  touch(s->bottom);
  EXPECT_FALSE(overflowed(*s));
  touch(s->bottom - 1);
  EXPECT_TRUE(overflowed(*s));
  *(s->bottom - 1) = std::byte{0};
  pool.release(*s);
}

TEST(StackPool, an_address_in_a_guard_leads_to_its_stack) {
  for (const guard_mode mode : all_modes()) {
    stack_pool pool;
    std::vector<stack> stacks(130);
    ASSERT_EQ(pool.acquire(stacks, 64 * kib, mode), stacks.size());
    for (const stack& s : stacks) {
      const auto found = pool.find_guard(s.bottom - 1);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->bottom, s.bottom);
      EXPECT_EQ(found->guard, mode);
      EXPECT_TRUE(pool.owns_guard(s.bottom - os::page_size()));
      EXPECT_FALSE(pool.owns_guard(s.bottom));
      EXPECT_FALSE(pool.owns_guard(s.top() - 1));
    }
    EXPECT_FALSE(pool.owns_guard(nullptr));
    EXPECT_FALSE(pool.owns_guard(&pool));
    pool.release(stacks);
    pool.trim();
    EXPECT_FALSE(pool.owns_guard(stacks[0].bottom - 1));
  }
}

TEST(StackPool, protected_guards_beyond_the_budget_become_canaries) {
  stack_pool pool({.guard_mappings = 40});
  stack_pool other({.guard_mappings = 40});
  std::vector<stack> stacks(300);
  ASSERT_EQ(pool.acquire(stacks, 64 * kib, guard_mode::mprotect), stacks.size());
  const auto guarded =
      std::count_if(stacks.begin(), stacks.end(), [](const stack& s) { return s.guard == guard_mode::mprotect; });
  EXPECT_EQ(guarded, 20);
  EXPECT_EQ(pool.stats().guard_mappings, 40u);
  const auto of_other = other.acquire(64 * kib, guard_mode::mprotect);  // the budget is the program's
  ASSERT_TRUE(of_other);
  EXPECT_EQ(of_other->guard, guard_mode::canary);
  pool.check_invariants();
  pool.release(stacks);
  pool.trim();
  EXPECT_EQ(pool.stats().guard_mappings, 0u);
  other.release(*of_other);
  other.trim();
  const auto again = other.acquire(64 * kib, guard_mode::mprotect);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->guard, guard_mode::mprotect);
  other.release(*again);
}

TEST(StackPool, an_abandoned_stack_stays_mapped_and_is_never_lent_again) {
  std::byte* kept = nullptr;
  {
    stack_pool pool;
    const auto s = pool.acquire(64 * kib);
    ASSERT_TRUE(s);
    kept = s->top() - 1;
    touch(kept);
    pool.abandon(*s);
    EXPECT_EQ(pool.stats().live, 0u);
    EXPECT_EQ(pool.stats().abandoned, 1u);
    std::vector<stack> stacks(200);
    ASSERT_EQ(pool.acquire(stacks, 64 * kib, guard_mode::automatic), stacks.size());
    for (const stack& other : stacks) EXPECT_NE(other.bottom, s->bottom);
    pool.release(stacks);
    pool.trim();
    pool.check_invariants();
  }
  EXPECT_EQ(*kept, std::byte{1});
}

// -- refusals -----------------------------------------------------------------------------------------

int calls_left = 0;  // one more call than this is refused, and every later one

bool refused() noexcept {
  if (calls_left > 0) {
    --calls_left;
    return false;
  }
  errno = ENOMEM;
  return true;
}

/// The real calls, until those that `calls_left` allows are used up. Giving memory back is never refused.
constexpr os::memory_calls limited{
    .mmap = [](void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept -> void* {
      return refused() ? MAP_FAILED : os::system_memory_calls().mmap(at, bytes, protection, flags, file, offset);
    },
    .munmap = [](void* at, std::size_t bytes) noexcept { return os::system_memory_calls().munmap(at, bytes); },
    .madvise =
        [](void* at, std::size_t bytes, int advice) noexcept {
          return refused() ? -1 : os::system_memory_calls().madvise(at, bytes, advice);
        },
    .mprotect =
        [](void* at, std::size_t bytes, int protection) noexcept {
          return refused() ? -1 : os::system_memory_calls().mprotect(at, bytes, protection);
        },
};

TEST(StackPool, survives_the_refusal_of_every_system_call_in_turn) {
  static_cast<void>(os::guard_install_supported());
  for (const guard_mode mode : all_modes()) {
    for (int allowed = 0; allowed < 100; ++allowed) {
      stack_pool pool;
      std::vector<stack> stacks(80);
      std::size_t got = 0;
      {
        const os::scoped_memory_calls scope(limited);
        calls_left = allowed;
        got = pool.acquire(stacks, 16 * kib, mode);
      }
      stacks.resize(got);
      for (const stack& s : stacks) touch(s.top() - 1);
      if (allowed == 0) {
        EXPECT_EQ(got, 0u);
      }
      pool.check_invariants();
      {
        const os::scoped_memory_calls scope(limited);
        calls_left = 0;
        pool.release(stacks);
      }
      pool.check_invariants();
    }
  }
}

TEST(StackPool, a_guard_that_was_refused_is_made_when_the_stack_is_next_lent) {
  for (const guard_mode mode : {guard_mode::mprotect, guard_mode::install}) {
    if (mode == guard_mode::install && !os::guard_install_supported()) continue;
    stack_pool pool;
    std::optional<stack> s;
    {
      const os::scoped_memory_calls scope(limited);
      calls_left = 2;  // the mapping and its advice
      s = pool.acquire(64 * kib, mode);
    }
    ASSERT_TRUE(s);
    EXPECT_EQ(s->guard, guard_mode::canary);
    pool.release(*s);
    s = pool.acquire(64 * kib, mode);
    ASSERT_TRUE(s);
    EXPECT_EQ(s->guard, mode);
    pool.release(*s);
  }
}

TEST(StackPool, survives_the_refusal_of_its_records) {
  foundation::testing::backing_probe probe;
  {
    stack_pool pool;
    probe.refuse_nth(1);
    EXPECT_FALSE(pool.acquire());
    const auto s = pool.acquire();
    ASSERT_TRUE(s);
    pool.release(*s);
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(StackPool, records_of_unmapped_slabs_are_used_again) {
  foundation::testing::backing_probe probe;
  stack_pool pool;
  for (int round = 0; round < 5; ++round) {
    const auto s = pool.acquire();
    ASSERT_TRUE(s);
    pool.release(*s);
    pool.trim();
  }
  EXPECT_EQ(probe.made(), 1);
}

TEST(StackPool, threads_share_it) {
  stack_pool pool({.max_free = 10});
  std::vector<sync::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      os::random_generator random(t);
      std::vector<stack> held;
      for (int i = 0; i < 400; ++i) {
        std::array<stack, 8> some;
        const std::size_t got = pool.acquire(std::span(some).first(1 + random.below(8)), 16 * kib << random.below(3),
                                             guard_mode::automatic);
        for (std::size_t k = 0; k < got; ++k) {
          touch(some[k].top() - 1);
          held.push_back(some[k]);
        }
        while (held.size() > random.below(100)) {
          pool.release(held.back());
          held.pop_back();
        }
        if (i % 50 == 0) pool.trim();
      }
      pool.release(held);
    });
  }
  for (auto& t : threads) t.join();
  pool.check_invariants();
  EXPECT_EQ(pool.stats().live, 0u);
}

// -- deaths -----------------------------------------------------------------------------------------

using StackPoolDeathTest = ::testing::Test;

TEST(StackPoolDeathTest, a_touched_guard_page_faults_in_every_guarded_mode) {
  for (const guard_mode mode : all_modes()) {
    if (mode == guard_mode::canary) continue;
    stack_pool pool;
    const auto s = pool.acquire(64 * kib, mode);
    ASSERT_TRUE(s);
    EXPECT_DEATH(touch(s->bottom - 1), "");
    EXPECT_DEATH(touch(s->bottom - os::page_size()), "");
    pool.release(*s);
    const auto again = pool.acquire(64 * kib, mode);  // the guard stays
    EXPECT_DEATH(touch(again->bottom - 1), "");
    pool.release(*again);
  }
}

stack_pool* reported_pool = nullptr;

TEST(StackPoolDeathTest, the_overflow_handler_can_tell_whose_guard_was_touched) {
  EXPECT_EXIT(
      {
        stack_pool pool;
        reported_pool = &pool;
        const auto s = pool.acquire(64 * kib);
        os::set_overflow_reporter(
            [](void* address) noexcept -> bool { ::_exit(reported_pool->owns_guard(address) ? 9 : 1); });
        if (s && os::acquire_overflow_handler()) touch(s->bottom - 1);
        ::_exit(2);
      },
      ::testing::ExitedWithCode(9), "");
}

TEST(StackPoolDeathTest, an_overflow_found_by_its_canary_ends_the_program_at_release) {
  EXPECT_DEATH(
      {
        stack_pool pool;
        const auto s = pool.acquire(64 * kib, guard_mode::canary);
        touch(s->bottom - 1);
        pool.release(*s);
      },
      "overflowed its stack");
}

TEST(StackPoolDeathTest, a_stack_that_comes_back_twice_ends_the_program) {
  EXPECT_DEATH(
      {
        stack_pool pool;
        const auto s = pool.acquire(64 * kib);
        pool.release(*s);
        pool.release(*s);
      },
      "came back twice");
}

TEST(StackPoolDeathTest, a_pool_checks_that_every_stack_came_back) {
  EXPECT_DEATH(
      {
        stack_pool pool;
        static_cast<void>(pool.acquire(64 * kib));
      },
      "has not come back");
}

}  // namespace
}  // namespace foundation::memory
