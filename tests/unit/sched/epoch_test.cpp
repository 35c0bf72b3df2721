// SPDX-License-Identifier: Apache-2.0
#include "sched/epoch.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "sched/parker.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

/// A block that counts itself while it is allocated.
struct block : retired {
  static inline sync::atomic<int> alive{0};
  block() { alive.fetch_add(1); }
  ~block() { alive.fetch_sub(1); }

  static void free_it(retired* self) noexcept { delete static_cast<block*>(self); }
};

void retire_new(epoch_domain& domain) { domain.retire(new block, &block::free_it); }

/// A thread that does what it is told, one thing at a time; the caller waits for each.
class puppet {
 public:
  puppet() : thread_([this] { obey(); }) {}
  ~puppet() {
    tell(nullptr);
    thread_.join();
  }
  void operator()(std::function<void()> order) {
    tell(std::move(order));
    done_.park();
  }

 private:
  void tell(std::function<void()> order) {
    order_ = std::move(order);
    told_.unpark();
  }
  void obey() {
    for (;;) {
      told_.park();
      if (!order_) return;
      order_();
      done_.unpark();
    }
  }

  std::function<void()> order_;
  parker told_;
  parker done_;
  sync::thread thread_;
};

class epoch_test : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(block::alive.load(), 0);
    // A thread is in one domain at a time, and this one may have used that of the runtimes.
    if (auto* const record = static_cast<epoch_record*>(base::this_thread().epoch)) record->domain->leave_thread();
    domain = std::make_unique<epoch_domain>();
  }
  void TearDown() override {
    domain.reset();
    EXPECT_EQ(block::alive.load(), 0);
  }
  std::unique_ptr<epoch_domain> domain;
};

TEST_F(epoch_test, what_is_retired_outside_of_guards_is_freed_by_the_next_collection) {
  retire_new(*domain);
  EXPECT_EQ(block::alive.load(), 1);
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, a_full_batch_is_collected_without_being_asked) {
  for (std::uint32_t i = 0; i + 1 != epoch_domain::batch; ++i) retire_new(*domain);
  EXPECT_EQ(block::alive.load(), static_cast<int>(epoch_domain::batch) - 1);
  retire_new(*domain);
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, nothing_is_freed_inside_the_guard_of_the_same_thread) {
  {
    const epoch_guard guard(*domain);
    for (std::uint32_t i = 0; i != 3 * epoch_domain::batch; ++i) retire_new(*domain);
    domain->collect();
    EXPECT_EQ(block::alive.load(), 3 * static_cast<int>(epoch_domain::batch));
  }
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, guards_nest_and_the_outermost_counts) {
  {
    const epoch_guard outer(*domain);
    { const epoch_guard inner(*domain); }
    retire_new(*domain);
    domain->collect();
    EXPECT_EQ(block::alive.load(), 1);
  }
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, a_guard_of_another_thread_that_was_open_before_holds_up_the_free) {
  puppet reader;
  std::optional<epoch_guard> guard;
  reader([&] { guard.emplace(*domain); });
  retire_new(*domain);
  domain->collect();
  EXPECT_EQ(block::alive.load(), 1);
  reader([&] { guard.reset(); });
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
  reader([&] { domain->leave_thread(); });
}

TEST_F(epoch_test, a_guard_opened_after_the_batch_was_sealed_does_not_hold_it_up) {
  puppet early;
  puppet late;
  std::optional<epoch_guard> first;
  std::optional<epoch_guard> second;
  early([&] { first.emplace(*domain); });
  retire_new(*domain);
  domain->collect();  // sealed, held up by the first
  late([&] { second.emplace(*domain); });
  early([&] { first.reset(); });
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
  late([&] { second.reset(); });
  for (puppet* each : {&early, &late}) (*each)([&] { domain->leave_thread(); });
}

TEST_F(epoch_test, records_are_used_again) {
  for (int i = 0; i != 5; ++i) {
    sync::thread([&] { const epoch_guard guard(*domain); }).join();
  }
  EXPECT_EQ(domain->record_count(), 1u);
}

TEST_F(epoch_test, there_are_records_for_many_threads) {
  constexpr std::size_t count = 100;
  std::vector<std::unique_ptr<puppet>> threads;
  for (std::size_t i = 0; i != count; ++i) {
    threads.push_back(std::make_unique<puppet>());
    (*threads.back())([&] { const epoch_guard guard(*domain); });
  }
  EXPECT_EQ(domain->record_count(), count);
  threads.clear();
}

TEST_F(epoch_test, what_an_ended_thread_has_retired_is_freed_by_whoever_collects_next) {
  sync::thread([&] {
    for (int i = 0; i != 5; ++i) retire_new(*domain);
  }).join();
  EXPECT_EQ(block::alive.load(), 5);
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, what_an_ended_thread_has_sealed_is_freed_by_whoever_collects_next) {
  auto guard = std::make_unique<epoch_guard>(*domain);
  sync::thread([&] {
    retire_new(*domain);
    domain->collect();
    retire_new(*domain);
  }).join();
  domain->collect();
  EXPECT_EQ(block::alive.load(), 2);
  guard.reset();
  domain->collect();
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, a_drain_frees_what_every_thread_has_retired) {
  puppet other;
  other([&] {
    for (int i = 0; i != 5; ++i) retire_new(*domain);
  });
  retire_new(*domain);
  domain->drain();
  EXPECT_EQ(block::alive.load(), 0);
  domain->drain();
  other([&] { domain->leave_thread(); });
}

// A runtime is withdrawn from the directory and drained before it is destroyed: whoever has found it in a guard may
// still be looking, also when no process of it was ever retired.
TEST_F(epoch_test, a_drain_waits_for_an_open_guard_also_when_nothing_was_retired) {
  sync::atomic<bool> inside{false};
  sync::atomic<bool> draining{false};
  sync::atomic<bool> leaving{false};
  sync::thread reader([&] {
    {
      const epoch_guard guard(*domain);
      inside.store(true);
      while (!draining.load()) os::relax();
      for (int i = 0; i != 100'000; ++i) os::relax();  // time for a drain that does not wait to come back
      leaving.store(true);
    }
    domain->leave_thread();
  });
  while (!inside.load()) os::relax();
  draining.store(true);
  domain->drain();
  EXPECT_TRUE(leaving.load()) << "the drain came back inside the reader's guard";
  reader.join();
}

TEST_F(epoch_test, a_drain_waits_for_a_guard) {
  puppet reader;
  std::optional<epoch_guard> guard;
  sync::atomic<bool> drained{false};
  reader([&] { guard.emplace(*domain); });
  retire_new(*domain);
  sync::thread waiting([&] {
    domain->drain();
    drained.store(true);
  });
  domain->collect();
  EXPECT_FALSE(drained.load());
  EXPECT_EQ(block::alive.load(), 1);
  reader([&] { guard.reset(); });
  waiting.join();
  EXPECT_EQ(block::alive.load(), 0);
  reader([&] { domain->leave_thread(); });
}

/// A block whose free retires another, `generations` times.
struct chain_block : block {
  chain_block(epoch_domain& d, int g) : domain(d), generations(g) {}
  epoch_domain& domain;
  int generations;

  static void free_it(retired* self) noexcept {
    auto* const one = static_cast<chain_block*>(self);
    if (one->generations > 0) one->domain.retire(new chain_block(one->domain, one->generations - 1), &free_it);
    delete one;
  }
};

TEST_F(epoch_test, a_free_may_retire) {
  domain->retire(new chain_block(*domain, 3), &chain_block::free_it);
  for (int i = 0; i != 4; ++i) {
    EXPECT_EQ(block::alive.load(), 1);
    domain->collect();
  }
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, a_drain_frees_what_its_frees_retire) {
  for (int i = 0; i != 100; ++i) domain->retire(new chain_block(*domain, i % 5), &chain_block::free_it);
  domain->drain();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, frees_that_retire_whole_batches_do_not_recurse) {
  struct burst : block {
    explicit burst(epoch_domain& d) : domain(d) {}
    epoch_domain& domain;
    static void free_it(retired* self) noexcept {
      auto* const one = static_cast<burst*>(self);
      for (std::uint32_t i = 0; i != 3 * epoch_domain::batch; ++i) retire_new(one->domain);
      delete one;
    }
  };
  domain->retire(new burst(*domain), &burst::free_it);
  domain->collect();
  EXPECT_EQ(block::alive.load(), 3 * static_cast<int>(epoch_domain::batch));
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

// Guards of several threads, opened and closed in any order: no block is freed while a guard is open that was open when
// it was retired, and all blocks are freed in the end.
TEST_F(epoch_test, no_sequence_of_guards_and_retirements_frees_too_early) {
  struct tracked : block {
    explicit tracked(bool& f) : freed(f) {}
    bool& freed;
    static void free_it(retired* self) noexcept {
      auto* const one = static_cast<tracked*>(self);
      one->freed = true;
      delete one;
    }
  };
  constexpr std::size_t threads = 3;
  for (std::uint64_t seed = 1; seed <= testing::scaled(10); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    constexpr std::size_t steps = 300;
    bool freed[steps] = {};
    bool retired_already[steps] = {};
    std::vector<std::size_t> seen_by[threads];  // blocks that the open guard of this thread may have found
    std::optional<epoch_guard> guards[threads];
    puppet who[threads];
    for (std::size_t step = 0; step != steps; ++step) {
      const std::size_t one = random() % threads;
      switch (random() % 4) {
        case 0:
          if (!guards[one]) {
            who[one]([&] { guards[one].emplace(*domain); });
            // All blocks that are retired later are still linked now.
            for (std::size_t at = 0; at != steps; ++at)
              if (!retired_already[at]) seen_by[one].push_back(at);
          }
          break;
        case 1:
          who[one]([&] { guards[one].reset(); });
          seen_by[one].clear();
          break;
        case 2:
          who[one]([&] { domain->retire(new tracked(freed[step]), &tracked::free_it); });
          retired_already[step] = true;
          break;
        default:
          who[one]([&] { domain->collect(); });
      }
      for (const auto& seen : seen_by)
        for (const std::size_t at : seen) ASSERT_FALSE(freed[at]) << "at step " << step;
    }
    for (std::size_t one = 0; one != threads; ++one) who[one]([&] { guards[one].reset(); });
    domain->drain();
    for (std::size_t at = 0; at != steps; ++at) ASSERT_EQ(freed[at], retired_already[at]);
    for (auto& each : who) each([&] { domain->leave_thread(); });
  }
}


// -- without memory for another record --------------------------------------------------------------------------------

/// The real calls, but no new mappings.
os::memory_calls without_mappings() {
  os::memory_calls calls = os::system_memory_calls();
  calls.mmap = [](void*, std::size_t, int, int, int, off_t) noexcept -> void* { return MAP_FAILED; };
  return calls;
}

TEST_F(epoch_test, threads_that_get_no_record_take_turns_and_free_what_they_retire) {
  constexpr int threads = 4;
  constexpr int rounds = 1000;
  const os::memory_calls refusing = without_mappings();
  const os::scoped_memory_calls scope(refusing);
  sync::atomic<int> inside{0};
  std::vector<std::unique_ptr<sync::thread>> running;
  for (int t = 0; t != threads; ++t) {
    running.push_back(std::make_unique<sync::thread>([&] {
      for (int i = 0; i != rounds; ++i) {
        {
          const epoch_guard outer(*domain);
          const epoch_guard inner(*domain);
          EXPECT_EQ(inside.fetch_add(1), 0);
          retire_new(*domain);
          inside.fetch_sub(1);
        }
        EXPECT_EQ(base::this_thread().epoch, nullptr);
        retire_new(*domain);
        if (i % 100 == 0) domain->drain();
      }
    }));
  }
  for (auto& thread : running) thread->join();
  EXPECT_EQ(domain->record_count(), 0u);
  domain->drain();
  EXPECT_EQ(block::alive.load(), 0);
}

TEST_F(epoch_test, a_guard_on_the_spare_record_holds_up_those_who_have_their_own) {
  const os::memory_calls refusing = without_mappings();
  puppet reader;
  std::optional<epoch_guard> guard;
  {
    const os::scoped_memory_calls scope(refusing);
    reader([&] { guard.emplace(*domain); });
  }
  retire_new(*domain);
  domain->collect();
  EXPECT_EQ(block::alive.load(), 1);
  reader([&] { guard.reset(); });
  domain->collect();
  EXPECT_EQ(block::alive.load(), 0);
}

}  // namespace
}  // namespace foundation::sched
