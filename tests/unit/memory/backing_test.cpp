// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "memory/memory.hpp"
#include "os/os.hpp"
#include "support/backing_probe.hpp"

namespace foundation::memory {
namespace {

TEST(Backing, blocks_of_every_size_are_aligned_and_usable) {
  std::vector<void*> blocks;
  for (std::size_t bytes = 0; bytes < 3000; bytes += bytes < 70 ? 1 : 97) {
    void* block = allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % backing_alignment, 0u) << bytes;
    std::memset(block, 1, bytes);
    blocks.push_back(block);
  }
  for (void* block : blocks) deallocate(block);
}

TEST(Backing, giving_back_nothing_does_nothing) { deallocate(nullptr); }

#if defined(FOUNDATION_BACKING_MALLOC)
constexpr bool asked_for_malloc = true;
#else
constexpr bool asked_for_malloc = false;
#endif

TEST(Backing, is_malloc_under_a_sanitizer_and_where_the_build_asks_for_it) {
  if (os::building_with_asan || os::building_with_tsan || asked_for_malloc) {
    EXPECT_STREQ(backing_name(), "malloc");
  } else {
    EXPECT_TRUE(std::string(backing_name()) == "malloc" || std::string(backing_name()) == "mimalloc");
  }
}

TEST(Backing, the_host_s_malloc_and_new_stay_the_host_s) {
  deallocate(allocate(1));
  if (os::building_with_asan || os::building_with_tsan) GTEST_SKIP() << "a sanitizer has replaced them";
  const auto library_of = [](const char* name) {
    Dl_info info = {};
    return ::dladdr(::dlsym(RTLD_DEFAULT, name), &info) != 0 ? std::string(info.dli_fname) : std::string();
  };
  EXPECT_EQ(library_of("malloc").find("mimalloc"), std::string::npos);
  EXPECT_EQ(library_of("_Znwm").find("mimalloc"), std::string::npos);
  EXPECT_NE(library_of("malloc"), "");
}

TEST(Backing, a_table_in_front_counts_and_refuses_the_chosen_allocation) {
  void* before = allocate(10);
  foundation::testing::backing_probe probe;
  EXPECT_STREQ(backing_name(), "probe");
  probe.refuse_nth(2);
  void* first = allocate(10);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(allocate(10), nullptr);
  void* third = allocate(10);
  EXPECT_NE(third, nullptr);
  EXPECT_EQ(probe.live(), 2);
  deallocate(first);
  deallocate(third);
  EXPECT_EQ(probe.live(), 0);
  deallocate(before);
}

TEST(Backing, a_block_may_be_given_back_by_another_thread) {
  foundation::testing::backing_probe probe;
  std::vector<void*> blocks(1000);
  for (auto& block : blocks) block = allocate(48);
  sync::thread t([&] {
    for (void* block : blocks) deallocate(block);
  });
  t.join();
  EXPECT_EQ(probe.live(), 0);
}

}  // namespace
}  // namespace foundation::memory
