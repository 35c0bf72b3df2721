// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "os/os.hpp"

namespace foundation::os {
namespace {

TEST(Sanitizer, a_thread_context_exists_only_under_thread_sanitizer) {
  EXPECT_EQ(tsan_current_fiber() != nullptr, building_with_tsan);
  void* fiber = tsan_create_fiber();
  EXPECT_EQ(fiber != nullptr, building_with_tsan);
  tsan_destroy_fiber(fiber);
}

FOUNDATION_NO_TSAN void there_and_back(void* other) noexcept {
  void* self = tsan_current_fiber();
  tsan_switch_to(other);
  tsan_switch_to(self);
}

TEST(Sanitizer, switching_contexts_and_back_leaves_the_thread_as_it_was) {
  void* const self = tsan_current_fiber();
  void* other = tsan_create_fiber();
  there_and_back(other);
  tsan_destroy_fiber(other);
  EXPECT_EQ(tsan_current_fiber(), self);
}

TEST(Sanitizer, poisoned_memory_can_be_touched_again_after_it_is_unpoisoned) {
  alignas(16) char memory[64] = {};
  asan_poison(memory, sizeof memory);
  asan_unpoison(memory, sizeof memory);
  memory[0] = 1;
  EXPECT_EQ(memory[0], 1);
}

TEST(Sanitizer, entering_a_stack_and_the_thread_s_own_again_is_accepted) {
  const stack_bounds own = current_stack_bounds();
  void* left = nullptr;
  void* memory = reserve(1 << 20);
  asan_enter_stack(memory, 1 << 20, &left, nullptr);
  asan_enter_stack(own.bottom, own.size, nullptr, left);
  release(memory, 1 << 20);
}

}  // namespace
}  // namespace foundation::os
