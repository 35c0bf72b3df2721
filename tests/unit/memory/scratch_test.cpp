// SPDX-License-Identifier: Apache-2.0
#include "memory/scratch.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "memory/memory.hpp"
#include "support/backing_probe.hpp"

namespace foundation::memory {
namespace {

constexpr memory_policy standard = policy_of(memory_strategy::standard, {});

TEST(scratch, holds_nothing_until_it_is_used) {
  testing::backing_probe probe;
  const scratch s(standard);
  EXPECT_EQ(s.held(), 0u);
  EXPECT_FALSE(s.is_used());
  EXPECT_EQ(probe.made(), 0);
}

TEST(scratch, gives_aligned_blocks_that_do_not_overlap) {
  scratch s(standard);
  std::vector<std::pair<unsigned char*, std::size_t>> lent;
  unsigned char mark = 0;
  for (const std::size_t size : {0, 1, 16, 100, 1000, 5000, 100'000}) {
    for (const std::size_t alignment : {1, 8, 16, 64, 4096}) {
      auto* const at = static_cast<unsigned char*>(s.allocate(size, alignment));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % alignment, 0u);
      std::memset(at, ++mark, size);
      lent.emplace_back(at, size);
    }
  }
  mark = 0;
  for (const auto& [at, size] : lent) {
    ++mark;
    for (std::size_t i = 0; i != size; ++i) ASSERT_EQ(at[i], mark);
  }
}

TEST(scratch, is_empty_after_a_reset_and_allocates_nothing_the_next_time) {
  testing::backing_probe probe;
  scratch s(standard);
  for (int i = 0; i != 1000; ++i) static_cast<void>(s.allocate(30));
  EXPECT_TRUE(s.is_used());
  s.reset();
  EXPECT_FALSE(s.is_used());
  EXPECT_GT(s.held(), 0u);
  const long made = probe.made();
  for (int round = 0; round != 10; ++round) {
    for (int i = 0; i != 300; ++i) static_cast<void>(s.allocate(30));
    s.reset();
  }
  EXPECT_EQ(probe.made(), made);
}

TEST(scratch, keeps_no_chunk_that_was_made_for_something_huge) {
  testing::backing_probe probe;
  scratch s(standard);
  static_cast<void>(s.allocate(10'000'000));
  s.reset();
  EXPECT_EQ(s.held(), 0u);
  EXPECT_EQ(probe.live(), 0);
}

TEST(scratch, a_string_that_grows_alone_takes_its_greatest_size) {
  scratch s(standard);
  std::pmr::string text(&s);
  for (int i = 0; i != 20'000; ++i) text += 'x';
  EXPECT_LE(s.held(), 4 * 32'768u);
}

TEST(scratch, gives_everything_back_when_it_is_released) {
  testing::backing_probe probe;
  std::ptrdiff_t told = 0;
  scratch s(standard,
            {[](void* sum, std::ptrdiff_t bytes) noexcept { *static_cast<std::ptrdiff_t*>(sum) += bytes; }, &told});
  for (int i = 0; i != 1000; ++i) static_cast<void>(s.allocate(100));
  EXPECT_EQ(static_cast<std::size_t>(told), s.held());
  const std::size_t held = s.held();
  EXPECT_EQ(s.release(), held);
  EXPECT_EQ(s.held(), 0u);
  EXPECT_EQ(told, 0);
  EXPECT_EQ(probe.live(), 0);
}

TEST(scratch, throws_bad_alloc_when_memory_is_refused_and_goes_on_afterwards) {
  testing::backing_probe probe;
  scratch s(standard);
  probe.refuse_nth(1);
  EXPECT_THROW(static_cast<void>(s.allocate(100)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(s.allocate(~std::size_t{0})), std::bad_alloc);
  EXPECT_NE(s.allocate(100), nullptr);
}

}  // namespace
}  // namespace foundation::memory
