// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "os/os.hpp"

namespace foundation::os {
namespace {

struct uses_barriers_before_main {
  uses_barriers_before_main() {
    light_barrier();
    heavy_barrier();
  }
};
const uses_barriers_before_main before_main;

TEST(Barrier, of_two_threads_that_write_and_read_at_least_one_sees_the_other) {
  struct alignas(64) slot {
    sync::atomic<int> value{0};
  };
  slot a;
  slot b;
  sync::atomic<int> round{0};
  sync::atomic<int> light_done{0};
  int light_saw = 0;
  constexpr int rounds = 20'000;
  const auto spin = [](const sync::atomic<int>& word, int wanted) {
    for (int i = 0; word.load(sync::memory_order_acquire) != wanted; ++i) {
      if (i % 64 == 63) std::this_thread::yield();
    }
  };
  sync::thread light([&] {
    for (int i = 1; i <= rounds; ++i) {
      spin(round, i);
      a.value.store(i, sync::memory_order_relaxed);
      light_barrier();
      light_saw = b.value.load(sync::memory_order_relaxed);
      light_done.store(i, sync::memory_order_release);
    }
  });
  int missed = 0;
  for (int i = 1; i <= rounds; ++i) {
    round.store(i, sync::memory_order_release);
    b.value.store(i, sync::memory_order_relaxed);
    heavy_barrier();
    const int heavy_saw = a.value.load(sync::memory_order_relaxed);
    spin(light_done, i);
    missed += heavy_saw != i && light_saw != i;
  }
  light.join();
  EXPECT_EQ(missed, 0);
}

TEST(Barrier, is_a_plain_fence_on_both_sides_under_thread_sanitizer) {
  if (building_with_tsan) {
    EXPECT_FALSE(barriers_are_asymmetric());
  }
  EXPECT_EQ(detail::light_is_free, barriers_are_asymmetric());
}

}  // namespace
}  // namespace foundation::os
