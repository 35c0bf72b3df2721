// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class SpawnStorm : public RuntimeTest, public ::testing::WithParamInterface<unsigned> {};

/// A process that spawns `fan_out` like it down to `depth`, and is answered by the sum of their leaves.
void tree(fn::process& self, fn::pid parent, int depth) {
  constexpr int fan_out = 10;
  if (depth == 0) {
    fn::send(parent, 1L);
    return;
  }
  for (int i = 0; i < fan_out; ++i) {
    static_cast<void>(fn::spawn(self, [to = self.id(), depth](fn::process& child) { tree(child, to, depth - 1); }));
  }
  long sum = 0;
  for (int i = 0; i < fan_out; ++i) self.receive([&](long leaves) { sum += leaves; });
  fn::send(parent, sum);
}

TEST_P(SpawnStorm, a_tree_of_processes_answers_with_all_its_leaves) {
  start({.schedulers = GetParam()});
  const int depth = test_scale() >= 1 ? 5 : 3;
  long expected = 1;
  for (int i = 0; i < depth; ++i) expected *= 10;
  std::atomic<long> leaves{0};
  fn::spawn(rt(), [&](fn::process& self) {
    static_cast<void>(fn::spawn(self, [to = self.id(), depth](fn::process& root) { tree(root, to, depth); }));
    self.receive([&](long sum) { leaves = sum; });
  }).value();
  wait_until([&] { return leaves != 0; });
  EXPECT_EQ(leaves, expected);
}

TEST_P(SpawnStorm, plain_threads_spawn_at_once_and_every_process_runs) {
  start({.schedulers = GetParam()});
  const std::size_t each = scaled(50'000, 500);
  std::atomic<std::size_t> ran{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < each; ++i) {
        fn::spawn_options options;
        if (i % 4 == 1) options.priority = fn::priority::high;
        if (i % 4 == 2) options.priority = fn::priority::low;
        if (i % 4 == 3) options.scheduler = static_cast<unsigned>(t) % GetParam();
        fn::spawn(rt(), [&](fn::process&) { ran.fetch_add(1); }, options).value();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  wait_until([&] { return ran == 4 * each; });
}

TEST_P(SpawnStorm, chains_of_short_lives_on_all_schedulers_end) {
  start({.schedulers = GetParam()});
  const int length = static_cast<int>(scaled(20'000, 500));
  std::atomic<int> ended{0};
  struct link {
    std::atomic<int>* done;
    int left;
    void operator()(fn::process& self) {
      if (left == 0) ++*done;
      else static_cast<void>(fn::spawn(self, link{done, left - 1}));
    }
  };
  for (int i = 0; i < 8; ++i) fn::spawn(rt(), link{&ended, length}).value();
  wait_until([&] { return ended == 8; });
}

TEST_P(SpawnStorm, processes_killed_as_soon_as_they_are_made_leave_nothing) {
  start({.schedulers = GetParam()});
  const std::size_t count = scaled(20'000, 500);
  for (std::size_t i = 0; i < count; ++i) {
    const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                        for (;;) {
                          if (!self.receive([](int) {})) return;
                        }
                      }).value();
    if (i % 2 == 0) fn::send(p, 1);
    fn::exit(p, fn::exit_kind::kill);
  }
  wait_until([&] { return rt().process_count() == 0; });
}

INSTANTIATE_TEST_SUITE_P(schedulers, SpawnStorm, ::testing::Values(1u, 2u, 4u));

}  // namespace
}  // namespace foundation::testing
