// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "memory/memory.hpp"

namespace foundation::testing {

/// Counts the blocks of the runtime's allocator while it lives, and refuses the one a test chooses.
///
///   backing_probe probe;
///   probe.refuse_nth(3);        // the third allocation from here on is refused, once
///   ...
///   EXPECT_EQ(probe.live(), 0);
///
/// One at a time; other threads may allocate meanwhile. `live` counts what was made and freed in its life: freeing
/// older blocks makes it smaller.
class backing_probe {
 public:
  backing_probe() noexcept : scope_(table) {
    live_.store(0);
    made_.store(0);
    countdown_.store(0);
    refuse_all_.store(false);
    refused_.store(0);
  }

  /// Refuses the `n`-th allocation from now on (the next one is 1), and only that one; 0 refuses none.
  void refuse_nth(long n) noexcept { countdown_.store(n); }
  /// Refuses every allocation from now on.
  void refuse_all(bool yes = true) noexcept { refuse_all_.store(yes); }

  [[nodiscard]] long live() const noexcept { return live_.load(); }
  [[nodiscard]] long made() const noexcept { return made_.load(); }
  [[nodiscard]] long refused() const noexcept { return refused_.load(); }

 private:
  static void* allocate(std::size_t bytes) noexcept {
    if (refuse_all_.load() || (countdown_.load() > 0 && countdown_.fetch_sub(1) == 1)) {
      refused_.fetch_add(1);
      return nullptr;
    }
    void* block = memory::scoped_backing::original().allocate(bytes);
    if (block != nullptr) {
      live_.fetch_add(1);
      made_.fetch_add(1);
    }
    return block;
  }
  static void deallocate(void* block) noexcept {
    if (block != nullptr) live_.fetch_sub(1);
    memory::scoped_backing::original().deallocate(block);
  }

  static constexpr memory::backing_table table{.allocate = allocate, .deallocate = deallocate, .name = "probe"};
  static inline sync::atomic<long> live_{0};
  static inline sync::atomic<long> made_{0};
  static inline sync::atomic<long> countdown_{0};
  static inline sync::atomic<bool> refuse_all_{false};
  static inline sync::atomic<long> refused_{0};

  memory::scoped_backing scope_;
};

}  // namespace foundation::testing
