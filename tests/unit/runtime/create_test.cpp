// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"
#include "unit/runtime/left_behind.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct number {
  int value;
};

class Create : public RuntimeTest {
 protected:
  /// A process that answers nothing and ends when told to.
  static fn::pid sleeper(fn::runtime& rt) {
    return fn::spawn(rt, [](fn::process& self) { self.sleep(fn::infinity); }).value();
  }
};

TEST_F(Create, a_default_made_runtime_runs_processes) {
  std::atomic<int> got{0};
  {
    watched_runtime plain;
    EXPECT_GE(plain.schedulers(), 1u);
    const fn::pid p =
        fn::spawn(plain, [&](fn::process& self) { self.receive([&](number n) { got = n.value; }); }).value();
    fn::send(p, number{7});
    wait_until([&] { return got != 0; });
  }
  EXPECT_EQ(got, 7);
}

TEST_F(Create, several_runtimes_live_side_by_side_and_send_to_each_other) {
  constexpr int count = 8;
  std::vector<watched_runtime> all;
  for (int i = 0; i < count; ++i) all.emplace_back(fn::runtime_options{.schedulers = 1});
  // A ring through all runtimes: each adds one and passes it on.
  std::atomic<int> arrived{0};
  fn::pid next =
      fn::spawn(all[0], [&](fn::process& self) { self.receive([&](number n) { arrived = n.value; }); }).value();
  for (auto& rt : all) {
    next = fn::spawn(rt, [to = next](fn::process& self) {
             self.receive([&](number n) { fn::send(to, number{n.value + 1}); });
           }).value();
  }
  fn::send(next, number{0});
  wait_until([&] { return arrived != 0; });
  EXPECT_EQ(arrived, count);
}

TEST_F(Create, a_pid_of_a_runtime_that_is_gone_reaches_nobody) {
  fn::pid old;
  {
    watched_runtime first({.schedulers = 1});
    old = sleeper(first);
    EXPECT_TRUE(fn::is_alive(old));
  }
  watched_runtime second({.schedulers = 1});
  const fn::pid fresh = sleeper(second);
  EXPECT_NE(old, fresh);
  EXPECT_FALSE(fn::is_alive(old));
  EXPECT_EQ(fn::send(old, number{1}).error(), fn::errc::not_running);
  EXPECT_EQ(fn::exit(old, fn::exit_reason::kill).error(), fn::errc::not_running);
  EXPECT_TRUE(fn::is_alive(fresh));
}

TEST_F(Create, a_default_made_pid_reaches_nobody) {
  start();
  EXPECT_FALSE(fn::is_alive(fn::pid()));
  EXPECT_EQ(fn::send(fn::pid(), number{1}).error(), fn::errc::not_running);
  EXPECT_EQ(fn::exit(fn::pid(), fn::exit_reason::kill).error(), fn::errc::not_running);
}

TEST_F(Create, a_moved_runtime_keeps_its_processes_and_the_old_object_starts_none) {
  watched_runtime first({.schedulers = 1, .name = "first"});
  const fn::pid p = sleeper(first);
  watched_runtime second(std::move(first));
  EXPECT_TRUE(fn::is_alive(p));
  EXPECT_EQ(second.process_count(), 1u);
  EXPECT_EQ(second.name(), "first");
  const auto none = fn::spawn(first, [](fn::process&) {});  // NOLINT(bugprone-use-after-move): says so
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), fn::errc::not_running);
}

TEST_F(Create, an_assigned_runtime_ends_the_processes_it_had) {
  watched_runtime kept({.schedulers = 1});
  watched_runtime lost({.schedulers = 1});
  const fn::pid stays = sleeper(kept);
  const fn::pid goes = sleeper(lost);
  lost = std::move(kept);
  EXPECT_TRUE(fn::is_alive(stays));
  EXPECT_FALSE(fn::is_alive(goes));
  kept = watched_runtime({.schedulers = 1});  // the moved-from one can be used again
  EXPECT_TRUE(fn::is_alive(sleeper(kept)));
}

TEST_F(Create, as_many_runtimes_live_at_once_as_a_pid_can_name_and_no_more) {
  std::vector<watched_runtime> all;
  for (int i = 0; i < 256; ++i) {
    auto made = fn::runtime::create({.schedulers = 1, .max_processes = 16});
    ASSERT_TRUE(made) << i << ": " << made.error().message();
    all.push_back(*std::move(made));
  }
  const auto refused = fn::runtime::create({.schedulers = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), fn::errc::system_limit);
  EXPECT_EQ(refused.error().message(), "runtimes: 256 alive at once");
  all.pop_back();
  EXPECT_TRUE(fn::runtime::create({.schedulers = 1}));
}

TEST_F(Create, ten_thousand_in_a_row_leave_nothing_behind) {
  const auto one = [](std::size_t i) {
    watched_runtime rt({.schedulers = 1 + static_cast<unsigned>(i % 2), .max_processes = 100});
    if (i % 3 != 0) static_cast<void>(sleeper(rt));
    if (i % 5 == 0) static_cast<void>(rt.shutdown(1s));
  };
  for (std::size_t i = 0; i < 30; ++i) one(i);  // what the program makes once
  const std::size_t threads = thread_count();
  const std::size_t descriptors = descriptor_count();
  const std::size_t mappings = mapping_count();
  for (std::size_t i = 0; i < scaled(10'000); ++i) one(i);
  wait_until([&] { return thread_count() <= threads; });
  EXPECT_EQ(descriptor_count(), descriptors);
  EXPECT_LE(mapping_count(), mappings + 64);  // the heap may have been cut up differently, but not by each runtime
  EXPECT_EQ(probe.live(), 0);
}

}  // namespace
}  // namespace foundation::testing
