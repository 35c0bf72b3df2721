// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "process/process.hpp"
#include "support/backing_probe.hpp"
#include "support/scale.hpp"

namespace foundation::proc {
namespace {

using access = detail::pid_access;

constexpr std::uint32_t tag = access::make_tag(201, 3);
const detail::body_ops no_ops{};

/// A table of control blocks that belong to a space without threads.
struct world {
  explicit world(std::size_t capacity) : table(tag, capacity) {}

  std::optional<pid> add() {
    const auto slot = table.reserve();
    if (!slot) return std::nullopt;
    void* memory = memory::allocate(sizeof(control_block));
    return table.publish(*slot, *::new (memory) control_block(space, no_ops, {0, {}}));
  }
  void remove(pid p) {
    control_block* block = nullptr;
    {
      const sched::epoch_guard guard(process_space::epochs());
      block = table.find(p);
    }
    ASSERT_NE(block, nullptr);
    table.hide(p);
    table.release(p);
    process_space::epochs().retire(block, [](sched::retired* r) noexcept {
      auto* const each = static_cast<control_block*>(r);
      each->~control_block();
      memory::deallocate(each);
    });
  }

  sched::scheduler_group group{sched::group_options{}};
  process_space space{group, tag, 1, std::chrono::milliseconds(0), {}};
  process_table table;
};

/// Makers add and remove, each its own processes, and show their newest pids; finders look those up meanwhile.
void makers_against_finders(std::size_t capacity, std::size_t rounds) {
  testing::backing_probe probe;
  constexpr int makers = 2;
  constexpr int finders = 2;
  {
    world w(capacity);
    struct shown {
      sync::atomic<std::uint64_t> low{0};
    };
    std::vector<shown> window(64);
    sync::atomic<int> making{makers};
    sync::atomic<std::uint64_t> found{0};
    std::vector<sync::thread> threads;
    for (int m = 0; m != makers; ++m) {
      threads.emplace_back([&, m] {
        std::vector<pid> mine;
        for (std::size_t i = 0; i != rounds; ++i) {
          if (const auto p = w.add()) {
            mine.push_back(*p);
            window[(i * makers + static_cast<std::size_t>(m)) % window.size()].low.store(access::low(*p));
          }
          // Dead pids stay in the window, so that finders meet them too.
          if (mine.size() > capacity / 4 || (i % 3 == 0 && !mine.empty())) {
            w.remove(mine.front());
            mine.erase(mine.begin());
          }
        }
        for (const pid p : mine) w.remove(p);
        making.fetch_sub(1);
      });
    }
    for (int f = 0; f != finders; ++f) {
      threads.emplace_back([&] {
        std::size_t at = 0;
        while (making.load() != 0) {
          const std::uint64_t low = window[++at % window.size()].low.load();
          const pid wanted = access::make(0, tag, static_cast<std::uint32_t>(low >> access::generation_bits),
                                          low & access::max_generation);
          const sched::epoch_guard guard(process_space::epochs());
          const control_block* p = w.table.find(wanted);
          if (p == nullptr) continue;
          ASSERT_EQ(p->self_pid(), wanted);
          ASSERT_EQ(&p->space(), &w.space);
          ASSERT_FALSE(p->outer().is_closed());
          found.fetch_add(1, sync::memory_order_relaxed);
        }
      });
    }
    threads.emplace_back([&] {
      while (making.load() != 0) {
        std::size_t seen = 0;
        w.table.for_each(process_space::epochs(), [&](control_block& p) {
          ASSERT_EQ(access::tag(p.self_pid()), tag);
          ++seen;
        });
        ASSERT_LE(seen, capacity);
      }
    });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(w.table.size(), 0u);
    EXPECT_TRUE(w.table.wait_empty(os::now()));
    process_space::epochs().drain();
  }
  EXPECT_EQ(probe.live(), 0);
}

TEST(process_table_stress, a_look_up_finds_the_process_of_that_pid_or_none_with_few_slots) {
  makers_against_finders(8, testing::scaled(100'000, 1000));
}

TEST(process_table_stress, a_look_up_finds_the_process_of_that_pid_or_none_with_many_slots) {
  makers_against_finders(4096, testing::scaled(100'000, 1000));
}

}  // namespace
}  // namespace foundation::proc
