// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "support/guard_modes.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

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

class SpawnStormTest : public RuntimeTest {
 protected:
  void grow_trees(fn::runtime_options options) {
    start(std::move(options));
    const int depth = test_scale() >= 1 ? 5 : 3;
    long expected = 1;
    for (int i = 0; i < depth; ++i) expected *= 10;
    for (std::size_t trees = scaled(1); trees != 0; --trees) {
      std::atomic<long> leaves{0};
      fn::spawn(rt(), [&](fn::process& self) {
        static_cast<void>(fn::spawn(self, [to = self.id(), depth](fn::process& root) { tree(root, to, depth); }));
        self.receive([&](long sum) { leaves = sum; });
      }).value();
      wait_until([&] { return leaves != 0; });
      ASSERT_EQ(leaves, expected);
    }
  }
};

class SpawnStorm : public SpawnStormTest, public ::testing::WithParamInterface<unsigned> {};
class SpawnStormUnderGuards : public SpawnStormTest, public ::testing::WithParamInterface<fn::guard_mode> {};

TEST_P(SpawnStorm, a_tree_of_processes_answers_with_all_its_leaves) { grow_trees({.schedulers = GetParam()}); }

TEST_P(SpawnStormUnderGuards, a_tree_of_processes_answers_with_all_its_leaves) {
  grow_trees({.schedulers = 2, .guard = GetParam()});
}

TEST_P(SpawnStorm, plain_threads_spawn_at_once_and_every_process_runs) {
  start({.schedulers = GetParam()});
  for (std::size_t left = scaled(50'000, 500); left != 0;) {
    const std::size_t each = std::min<std::size_t>(left, 50'000);  // or more than `max_processes` would live at once
    left -= each;
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
    if (i % 20'000 == 19'999) wait_until([&] { return rt().process_count() == 0; });
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
INSTANTIATE_TEST_SUITE_P(nightly, SpawnStorm, ::testing::Values(1u, 2u, 8u));

INSTANTIATE_TEST_SUITE_P(guards, SpawnStormUnderGuards, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });
INSTANTIATE_TEST_SUITE_P(nightly_guards, SpawnStormUnderGuards, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });

}  // namespace
}  // namespace foundation::testing
