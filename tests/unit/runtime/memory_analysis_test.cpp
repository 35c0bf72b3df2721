// SPDX-License-Identifier: Apache-2.0
#include <foundation/memory_analysis.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "memory/memory.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class MemoryAnalysis : public RuntimeTest {
 protected:
  [[nodiscard]] fn::memory_analysis analyze(const fn::memory_options& options = {}) {
    return fn::analyze_memory_usage(rt(), options).value();
  }
  [[nodiscard]] static bool advises(const fn::memory_analysis& seen, fn::memory_advice::topic about) {
    return std::any_of(seen.advice.begin(), seen.advice.end(), [&](const auto& each) { return each.about == about; });
  }
  /// Waits in a receive, and takes nothing.
  [[nodiscard]] fn::pid spawn_deaf(std::string label = {}) {
    return fn::spawn(rt(), [](fn::process& self) { self.receive([](std::nullptr_t) {}); }, {.label = std::move(label)}).value();
  }
  void end(const std::vector<fn::pid>& all) {
    for (const fn::pid p : all) fn::exit(p, fn::exit_reason::kill);
    for (const fn::pid p : all) wait_gone(p);
  }
};

struct page {
  std::array<char, 1000> bytes;
};

/// Has so many bytes in its arena.
struct holder {
  using messages = fn::messages<std::size_t>;
  void handle(fn::process& self, const std::size_t& bytes) {
    for (std::size_t taken = 0; taken < bytes; taken += 100) static_cast<void>(self.arena().allocate(100));
    ++*done;
  }
  std::atomic<int>* done;
};

TEST_F(MemoryAnalysis, of_a_runtime_without_processes_counts_none) {
  start();
  const fn::memory_analysis seen = analyze();
  EXPECT_EQ(seen.processes.count, 0u);
  EXPECT_EQ(seen.processes.bytes, 0u);
  EXPECT_EQ(seen.processes.limit, fn::system_info(rt()).max_processes);
  EXPECT_EQ(seen.arenas.bytes + seen.mailboxes.bytes, 0u);
  EXPECT_TRUE(seen.largest.empty());
  EXPECT_TRUE(seen.longest_mailboxes.empty());
  EXPECT_TRUE(seen.advice.empty());
}

TEST_F(MemoryAnalysis, has_parts_and_shares_that_add_up) {
  start();
  std::vector<fn::pid> all;
  for (int i = 0; i != 100; ++i) all.push_back(spawn_deaf());
  wait_until([&] { return analyze().stacks.bytes >= 100u * 4096; });  // they have begun
  const fn::memory_analysis seen = analyze();
  const fn::memory_part* const parts[] = {&seen.processes, &seen.arenas, &seen.stacks, &seen.mailboxes,
                                          &seen.binaries,  &seen.atoms,  &seen.tables, &seen.caches};
  std::size_t bytes = 0;
  double percent = 0;
  for (const auto* each : parts) {
    bytes += each->bytes;
    percent += each->percent;
  }
  EXPECT_EQ(bytes, seen.total);
  EXPECT_NEAR(percent, 100, 0.001);
  EXPECT_EQ(seen.processes.count, 100u);
  end(all);
}

TEST_F(MemoryAnalysis, lists_the_largest_processes_and_the_longest_mailboxes) {
  start();
  std::vector<fn::pid> all;
  std::atomic<int> done{0};
  for (std::size_t i = 1; i <= 5; ++i) {
    all.push_back(fn::spawn(rt(), holder{&done}, {.label = "holder " + std::to_string(i)}).value());
    fn::send(all.back(), i * 100'000);
  }
  for (int i = 1; i <= 5; ++i) {
    all.push_back(spawn_deaf("deaf " + std::to_string(i)));
    for (int k = 0; k != i * 10; ++k) fn::send(all.back(), page{});
  }
  wait_until([&] { return done == 5 && analyze().mailboxes.count == 150; });
  const fn::memory_analysis seen = analyze({.listed = 3});
  ASSERT_EQ(seen.largest.size(), 3u);
  ASSERT_EQ(seen.longest_mailboxes.size(), 3u);
  for (std::size_t i = 0; i != 3; ++i) {
    EXPECT_EQ(seen.largest[i].label, "holder " + std::to_string(5 - i));
    EXPECT_GE(seen.largest[i].arena_bytes, (5 - i) * 100'000);
    EXPECT_EQ(seen.longest_mailboxes[i].label, "deaf " + std::to_string(5 - i));
    EXPECT_EQ(seen.longest_mailboxes[i].messages, (5 - i) * 10);
    EXPECT_GE(seen.longest_mailboxes[i].message_bytes, (5 - i) * 10'000);
  }
  EXPECT_TRUE(analyze({.listed = 0}).largest.empty());
  end(all);
}

TEST_F(MemoryAnalysis, says_what_deserves_a_look_and_names_whose_it_is) {
  start({.max_processes = 100});
  std::vector<fn::pid> all;
  for (int i = 0; i != 61; ++i) all.push_back(spawn_deaf());
  for (int i = 0; i != 20; ++i) fn::send(all[7], page{});
  wait_until([&] { return analyze().mailboxes.count == 20; });
  const fn::memory_analysis seen = analyze({.thresholds = {.mailbox = 20}});
  EXPECT_TRUE(advises(seen, fn::memory_advice::topic::processes)) << "61 of 100";
  const auto mailbox = std::find_if(seen.advice.begin(), seen.advice.end(),
                                    [](const auto& each) { return each.about == fn::memory_advice::topic::mailbox; });
  ASSERT_NE(mailbox, seen.advice.end());
  EXPECT_EQ(mailbox->process, all[7]);
  EXPECT_NE(mailbox->text.find("20 messages"), std::string::npos) << mailbox->text;
  EXPECT_FALSE(advises(analyze(), fn::memory_advice::topic::mailbox));
  end({all[0]});
  all.erase(all.begin());
  EXPECT_FALSE(advises(analyze(), fn::memory_advice::topic::processes));
  end(all);
}

TEST_F(MemoryAnalysis, says_that_small_slices_keep_large_buffers_alive) {
  start();
  const fn::memory_thresholds low{.total = 1};
  fn::binary page = fn::binary::copy(std::string(2'000'000, 'x')).value();
  EXPECT_FALSE(advises(analyze({.thresholds = low}), fn::memory_advice::topic::slices));
  page = page.slice(0, 100).value();
  const fn::memory_analysis seen = analyze({.thresholds = low});
  EXPECT_TRUE(advises(seen, fn::memory_advice::topic::slices));
  EXPECT_EQ(seen.slices.count, 1u);
  EXPECT_GE(seen.slices.bytes, 2'000'000u);
  page.compact().value();
  EXPECT_EQ(analyze().slices.count, 0u);
}

TEST_F(MemoryAnalysis, says_who_holds_most_and_what_most_is) {
  start();
  std::atomic<int> done{0};
  const fn::pid big = fn::spawn(rt(), holder{&done}).value();
  fn::send(big, std::size_t{4'000'000});
  wait_until([&] { return done == 1; });
  const fn::memory_thresholds low{.binaries = 1, .one_process = 10, .total = 1};
  const auto binaries = fn::binary::copy(std::string(2'000'000, 'x')).value();
  const fn::memory_analysis seen = analyze({.thresholds = low});
  EXPECT_TRUE(advises(seen, fn::memory_advice::topic::binaries));
  EXPECT_TRUE(advises(seen, fn::memory_advice::topic::arena));
  const auto share = [&](double percent) {
    return advises(analyze({.thresholds = {.processes = percent, .total = 1}}), fn::memory_advice::topic::processes);
  };
  EXPECT_TRUE(share(5));
  EXPECT_FALSE(share(100));
  EXPECT_TRUE(analyze({.thresholds = {.binaries = 1, .one_process = 10}}).advice.empty()) << "so little deserves no look";
  end({big});
}

TEST_F(MemoryAnalysis, refuses_lists_that_are_too_long) {
  start();
  const auto refused = fn::analyze_memory_usage(rt(), {.listed = 1001});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), fn::errc::invalid_argument);
  EXPECT_NE(std::string(refused.error().message()).find("listed"), std::string::npos);
}

/// All blocks of the allocator that were made while it was watched, by their size.
class watched_blocks {
 public:
  watched_blocks() : scope_(table) {}
  ~watched_blocks() { sizes_.clear(); }
  [[nodiscard]] static std::size_t bytes() {
    const std::lock_guard lock(mutex_);
    std::size_t sum = 0;
    for (const auto& [at, size] : sizes_) sum += size;
    return sum;
  }

 private:
  static void* allocate(std::size_t bytes) noexcept {
    void* const block = memory::scoped_backing::original().allocate(bytes);
    const std::lock_guard lock(mutex_);
    sizes_[block] = bytes;
    return block;
  }
  static void deallocate(void* block) noexcept {
    {
      const std::lock_guard lock(mutex_);
      sizes_.erase(block);
    }
    memory::scoped_backing::original().deallocate(block);
  }
  static constexpr memory::backing_table table{.allocate = allocate, .deallocate = deallocate, .name = "watched"};
  static inline std::mutex mutex_;
  static inline std::unordered_map<void*, std::size_t> sizes_;
  memory::scoped_backing scope_;
};

TEST_F(MemoryAnalysis, finds_all_that_was_allocated_but_for_two_hundredths) {
  const watched_blocks watched;  // longer than the runtime lives
  start();
  std::atomic<int> done{0};
  std::vector<fn::pid> all;
  const fn::memory_analysis before = analyze();
  const std::size_t allocated_before = watched_blocks::bytes();
  for (int i = 0; i != 2000; ++i) {
    all.push_back(fn::spawn(rt(), holder{&done}, {.label = "with a label"}).value());
    if (i % 4 == 0) fn::send(all.back(), std::size_t{3000});
  }
  for (int i = 0; i != 200; ++i) {
    all.push_back(spawn_deaf());
    for (int k = 0; k != i % 20; ++k) fn::send(all.back(), page{});
  }
  std::vector<fn::binary> binaries;
  for (int i = 0; i != 100; ++i) binaries.push_back(fn::binary::copy(std::string(5000, 'b')).value());
  wait_until([&] { return done == 500 && analyze().mailboxes.count == 200 / 20 * 190; });
  const fn::memory_analysis now = analyze();
  const auto grown = static_cast<double>((now.total - now.stacks.bytes) - (before.total - before.stacks.bytes));
  const auto allocated = static_cast<double>(watched_blocks::bytes() - allocated_before);
  EXPECT_NEAR(grown / allocated, 1, 0.02) << grown << " of " << allocated;
  end(all);
  binaries.clear();
  stop();
}

}  // namespace
}  // namespace foundation::testing
