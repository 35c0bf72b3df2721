// SPDX-License-Identifier: Apache-2.0
#include "memory/poison.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/base.hpp"
#include "memory/memory.hpp"
#include "os/os.hpp"

namespace foundation::memory {
namespace {

/// The table as the hostile build has it, in any build.
const backing_table& table() {
  static const backing_table& made = base::hostile ? scoped_backing::original() : poisoned(scoped_backing::original());
  return made;
}

/// Gives back as many blocks as are kept, so that those given back before are freed.
void push_out_what_is_kept() {
  for (std::size_t i = 0; i != blocks_kept; ++i) table().deallocate(table().allocate(16));
}

TEST(Poison, a_new_block_is_filled_and_aligned) {
  for (const std::size_t bytes : {16u, 17u, 1000u, 100'000u}) {
    void* block = table().allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % backing_alignment, 0u);
    EXPECT_TRUE(is_filled(block, bytes, never_written));
    std::memset(block, 0, bytes);
    table().deallocate(block);
  }
}

TEST(Poison, a_block_given_back_is_filled_whatever_was_in_it) {
  void* block = table().allocate(1000);
  std::memset(block, 1, 1000);
  table().deallocate(block);
  EXPECT_TRUE(is_filled(block, 1000, given_back)) << "kept for a while, so it may still be read";
}

TEST(Poison, nothing_is_given_back_without_harm) { table().deallocate(nullptr); }

TEST(Poison, blocks_given_back_by_several_threads_are_all_freed) {
  std::vector<sync::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([] {
      std::vector<void*> mine(100);
      for (int round = 0; round < 20; ++round) {
        for (auto& block : mine) block = table().allocate(48);
        for (void* block : mine) table().deallocate(block);
      }
    });
  }
  for (auto& each : threads) each.join();
  push_out_what_is_kept();
}

TEST(Poison, a_fill_is_recognised_and_any_other_byte_in_it_too) {
  std::vector<std::byte> bytes(100);
  fill(bytes.data(), bytes.size(), given_back);
  EXPECT_TRUE(is_filled(bytes.data(), bytes.size(), given_back));
  EXPECT_FALSE(is_filled(bytes.data(), bytes.size(), never_written));
  for (const std::size_t at : {0u, 1u, 50u, 99u}) {
    bytes[at] = std::byte{0};
    EXPECT_FALSE(is_filled(bytes.data(), bytes.size(), given_back)) << at;
    bytes[at] = given_back;
  }
  EXPECT_TRUE(is_filled(bytes.data(), 0, never_written));
}

TEST(PoisonDeathTest, a_write_to_a_block_that_was_given_back_ends_the_program) {
  EXPECT_DEATH(
      {
        auto* block = static_cast<char*>(table().allocate(64));
        table().deallocate(block);
        block[63] = 0;
        push_out_what_is_kept();
      },
      "written to after it had been given back");
}

TEST(PoisonDeathTest, a_block_that_is_given_back_twice_ends_the_program) {
  EXPECT_DEATH(
      {
        void* block = table().allocate(64);
        table().deallocate(block);
        table().deallocate(block);
      },
      "given back twice");
}

TEST(PoisonDeathTest, what_is_no_block_ends_the_program) {
  EXPECT_DEATH(
      {
        alignas(backing_alignment) std::byte some[64] = {};
        table().deallocate(some + 32);
      },
      "is no block");
}

// -- stacks ------------------------------------------------------------------------------------------

TEST(PoisonDeathTest, a_write_to_a_returned_stack_ends_the_program) {
  if (!base::hostile && !os::building_with_asan)
    GTEST_SKIP() << "seen by the hostile build and by the address sanitizer";
  EXPECT_DEATH(
      {
        stack_pool pool;
        const auto s = pool.acquire();
        pool.release(*s);
        *static_cast<volatile std::byte*>(s->top() - 1) = std::byte{1};
        static_cast<void>(pool.acquire());
      },
      os::building_with_asan ? "use-after-poison" : "untouched_since_filled");
}

}  // namespace
}  // namespace foundation::memory
