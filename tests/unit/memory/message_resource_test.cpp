// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <foundation/message_resource.hpp>

#include "support/backing_probe.hpp"

namespace foundation::testing {
namespace {

std::pmr::memory_resource& resource() { return *message_resource(); }

TEST(MessageResource, gives_memory_of_every_size_and_alignment_and_takes_it_back) {
  const backing_probe probe;
  struct block {
    void* memory;
    std::size_t bytes;
    std::size_t alignment;
  };
  std::vector<block> blocks;
  for (const std::size_t alignment : {1, 8, 16, 32, 64, 128, 4096, 65536}) {
    for (const std::size_t bytes : {0, 1, 15, 16, 17, 100, 5000}) {
      void* const memory = resource().allocate(bytes, alignment);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignment, 0u) << bytes;
      std::memset(memory, 0x5a, bytes);
      blocks.push_back({memory, bytes, alignment});
    }
  }
  for (const block& b : blocks) resource().deallocate(b.memory, b.bytes, b.alignment);
  EXPECT_EQ(probe.made(), static_cast<long>(blocks.size()));
  EXPECT_EQ(probe.live(), 0);
}

TEST(MessageResource, is_one_for_the_whole_program_and_equal_only_to_itself) {
  EXPECT_EQ(message_resource(), message_resource());
  EXPECT_TRUE(resource().is_equal(*message_resource()));
  EXPECT_FALSE(resource().is_equal(*std::pmr::new_delete_resource()));
  EXPECT_FALSE(std::pmr::new_delete_resource()->is_equal(resource()));
}

TEST(MessageResource, throws_bad_alloc_where_memory_is_refused_and_keeps_nothing) {
  backing_probe probe;
  probe.refuse_all();
  EXPECT_THROW(static_cast<void>(resource().allocate(100)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(resource().allocate(100, 64)), std::bad_alloc);
  probe.refuse_all(false);
  EXPECT_EQ(probe.refused(), 2);
  EXPECT_EQ(probe.live(), 0);
}

TEST(MessageResource, throws_bad_alloc_for_more_than_there_can_be) {
  const volatile std::size_t most = std::numeric_limits<std::size_t>::max();
  const backing_probe probe;
  EXPECT_THROW(static_cast<void>(resource().allocate(most - 8, 64)), std::bad_alloc);
  EXPECT_EQ(probe.made(), 0) << "and does not ask for the few bytes that are left when the sum wraps around";
}

TEST(MessageResource, takes_memory_back_on_any_thread) {
  const backing_probe probe;
  std::pmr::string text(200, 'x', message_resource());
  std::thread([moved = std::move(text)]() mutable { moved = std::pmr::string(message_resource()); }).join();
  EXPECT_EQ(probe.made(), 1);
  EXPECT_EQ(probe.live(), 0);
}

}  // namespace
}  // namespace foundation::testing
