// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstddef>

#include "os/os.hpp"

namespace foundation::os {
namespace {

bool reads_zero(const std::byte* at, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    if (at[i] != std::byte{0}) return false;
  }
  return true;
}

struct reservation {
  explicit reservation(std::size_t page_count)
      : bytes(page_count * page_size()), at(static_cast<std::byte*>(reserve(bytes))) {}
  ~reservation() { release(at, bytes); }
  std::size_t bytes;
  std::byte* at;
};

TEST(VirtualMemory, of_the_whole_program_grows_with_what_is_touched) {
  const std::size_t before = program_resident_bytes();
  EXPECT_GT(before, 0u);
  constexpr std::size_t pages = 8192;  // far more than anything else here takes or gives back meanwhile
  const reservation r(pages);
  for (std::size_t i = 0; i != pages; ++i) r.at[i * page_size()] = std::byte{1};
  EXPECT_GT(program_resident_bytes(), before + r.bytes / 2);
  discard(r.at, r.bytes);
  if constexpr (!building_with_tsan) {  // which keeps what it has noted of each byte
    EXPECT_LT(program_resident_bytes(), before + r.bytes / 2);
  }
}

TEST(VirtualMemory, reserved_memory_reads_zero_and_can_be_written) {
  const reservation r(4);
  ASSERT_NE(r.at, nullptr);
  EXPECT_TRUE(reads_zero(r.at, r.bytes));
  r.at[0] = std::byte{1};
}

TEST(VirtualMemory, discarded_pages_read_zero_again) {
  const reservation r(2);
  r.at[0] = r.at[page_size()] = std::byte{1};
  discard(r.at, page_size());
  EXPECT_TRUE(reads_zero(r.at, page_size()));
  EXPECT_EQ(r.at[page_size()], std::byte{1});
}

TEST(VirtualMemory, reserves_far_more_than_there_is) {
  constexpr std::size_t much = std::size_t{64} << 30;
  void* at = reserve(much);
  ASSERT_NE(at, nullptr);
  release(at, much);
}

using VirtualMemoryDeathTest = ::testing::Test;

TEST(VirtualMemoryDeathTest, a_protected_page_faults_until_it_is_unprotected) {
  const reservation r(2);
  ASSERT_TRUE(protect_none(r.at, page_size()));
  EXPECT_DEATH(*static_cast<volatile std::byte*>(r.at) = std::byte{1}, "");
  ASSERT_TRUE(unprotect(r.at, page_size()));
  r.at[0] = std::byte{1};
}

TEST(VirtualMemoryDeathTest, a_guard_faults_also_after_a_discard_until_it_is_removed) {
  if (!guard_install_supported()) GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
  const reservation r(2);
  ASSERT_TRUE(guard_install(r.at, page_size()));
  discard(r.at, r.bytes);
  EXPECT_DEATH(*static_cast<volatile std::byte*>(r.at) = std::byte{1}, "");
  ASSERT_TRUE(guard_remove(r.at, page_size()));
  r.at[0] = std::byte{1};
}

TEST(VirtualMemory, a_refused_call_is_a_return_value) {
  const reservation r(1);
  memory_calls refusing = system_memory_calls();
  refusing.mmap = [](void*, std::size_t, int, int, int, off_t) noexcept -> void* {
    errno = ENOMEM;
    return MAP_FAILED;
  };
  refusing.madvise = [](void*, std::size_t, int) noexcept { return -1; };
  refusing.mprotect = [](void*, std::size_t, int) noexcept { return -1; };
  const scoped_memory_calls scope(refusing);
  EXPECT_EQ(reserve(page_size()), nullptr);
  EXPECT_FALSE(protect_none(r.at, page_size()));
  EXPECT_FALSE(unprotect(r.at, page_size()));
  EXPECT_FALSE(guard_install(r.at, page_size()));
  EXPECT_FALSE(guard_remove(r.at, page_size()));
}

TEST(VirtualMemory, the_map_count_is_known) { EXPECT_GT(max_map_count(), 0u); }

}  // namespace
}  // namespace foundation::os
