// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class OptimizeMemoryStress : public RuntimeTest, public ::testing::WithParamInterface<unsigned> {};

/// Uses its arena, its scratch and its stack, waits a while, and ends.
void live(fn::process& self, std::size_t n) {
  std::pmr::vector<std::size_t> kept(&self.arena());
  for (std::size_t i = 0; i != 10; ++i) {
    kept.assign(n % 700 + i * 40, n);
    {
      std::pmr::vector<char> passing(n % 3000, 'p', &self.scratch());
    }
    self.reset_scratch();
    if (n % 3 == 0) self.sleep(std::chrono::microseconds(n % 50));
    self.receive([](int) {}, fn::after(0s, [] {}));
    static_cast<void>(self.checkpoint());
    for (const std::size_t each : kept) ASSERT_EQ(each, n);
  }
}

struct server {
  using messages = fn::messages<std::size_t>;
  void handle(fn::process& self, std::size_t n) {
    if (!kept) kept.emplace(&self.arena());
    for (const std::size_t each : *kept) ASSERT_EQ(each, last);
    kept->assign(n % 500, n);
    last = n;
    if (n % 16 == 0) self.sleep(10us);
  }
  std::optional<std::pmr::vector<std::size_t>> kept = {};
  std::size_t last = 0;
};

TEST_P(OptimizeMemoryStress, among_processes_that_live_and_die_loses_no_answer_and_no_byte) {
  start({.schedulers = GetParam()});
  constexpr fn::memory_optimization each[] = {fn::memory_optimization::shrink_caches, fn::memory_optimization::trim,
                                              fn::memory_optimization::compact};
  std::atomic<int> askers{0};
  const auto ask = [&](std::size_t times) {
    for (std::size_t i = 0; i != times; ++i) {
      const auto patience = i % 4 == 0 ? fn::optimize_memory_options{.timeout = 100us} : fn::optimize_memory_options{.timeout = 1h};
      const auto freed = fn::optimize_memory(rt(), each[i % 3], patience);
      ASSERT_TRUE(freed);
      if (i % 4 != 0) {
        EXPECT_EQ(freed->unanswered + freed->caches_unanswered, 0u);
      }
    }
    --askers;
  };
  std::vector<fn::pid> servers;
  for (int i = 0; i != 20; ++i) servers.push_back(fn::spawn(rt(), server{}).value());
  const std::size_t times = scaled(500, 30);
  askers = 4;
  std::thread threads[2];
  for (std::thread& thread : threads) thread = std::thread([&] { ask(times); });
  for (int i = 0; i != 2; ++i) fn::spawn(rt(), [&](fn::process&) { ask(times); }).value();
  for (std::size_t n = 1; askers != 0; ++n) {
    const fn::pid p = fn::spawn(rt(), [n](fn::process& self) { live(self, n); }).value();
    fn::send(p, 1);
    if (n % 5 == 0) fn::exit(p, fn::exit_reason::kill);
    fn::send(servers[n % servers.size()], n);
    if (n % 64 == 0) wait_until([&] { return rt().process_count() < 200; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const fn::pid p : servers) fn::exit(p, fn::exit_reason::shutdown);
  wait_until([&] { return rt().process_count() == 0; });
}

INSTANTIATE_TEST_SUITE_P(schedulers, OptimizeMemoryStress, ::testing::Values(1u, 2u, 4u));
INSTANTIATE_TEST_SUITE_P(nightly, OptimizeMemoryStress, ::testing::Values(2u, 8u));

}  // namespace
}  // namespace foundation::testing
