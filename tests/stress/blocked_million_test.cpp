// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

#include "os/os.hpp"
#include "support/guard_modes.hpp"
#include "support/resident.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct go {};

/// A million in a Release build; a sanitizer's shadow memory and fiber records allow fewer. Protected pages are made as
/// long as the system's mappings allow, a quarter of them at two each; as many stacks beyond have canaries.
std::size_t how_many(fn::guard_mode guard) {
  if (os::building_with_tsan) return 2'000;  // GCC 12's ends at 8,128 fibers in all
  if (os::building_with_asan) return 10'000;
  if (guard == fn::guard_mode::mprotect) return os::max_map_count() / 4;
#if defined(NDEBUG)
  return scaled(1'000'000, 10'000);
#else
  return scaled(100'000, 10'000);
#endif
}

class BlockedMillion : public RuntimeTest, public ::testing::WithParamInterface<fn::guard_mode> {};

TEST_P(BlockedMillion, processes_wait_at_once_and_each_gets_its_message_and_ends) {
  start({.schedulers = 2, .guard = GetParam()});
  const std::size_t count = how_many(GetParam());
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> got{0};
  std::vector<fn::pid> all;
  all.reserve(count);
  const std::size_t before = resident();
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(fn::spawn(rt(), [&](fn::process& self) {
                    waiting.fetch_add(1);
                    if (self.receive([](go) {})) got.fetch_add(1);
                  }).value());
    if (i % 10'000 == 9'999) wait_until([&] { return waiting == i + 1; });
  }
  wait_until([&] { return waiting == count; });
  EXPECT_EQ(rt().process_count(), count);
  const std::size_t each = (resident() - before) / count;
  std::printf("%zu blocked processes: %zu bytes each\n", count, each);
  RecordProperty("bytes_each", std::to_string(each));
  // A page of stack, the control block, a place in the table, and the pid that the test keeps.
  if (memory_is_as_users_have_it && count >= 10'000) {
    EXPECT_LE(each, 4710u) << "4.6 KiB";
  }
  for (const fn::pid p : all) fn::send(p, go{});
  wait_until([&] { return rt().process_count() == 0; });
  EXPECT_EQ(got, count);
}

INSTANTIATE_TEST_SUITE_P(guards, BlockedMillion, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });

}  // namespace
}  // namespace foundation::testing
