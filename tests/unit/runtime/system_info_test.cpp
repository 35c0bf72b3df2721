// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class SystemInfo : public AbandonTest {
 protected:
  fn::pid spawn_waiting() {
    return fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  }
};

TEST_F(SystemInfo, says_what_the_runtime_was_made_with) {
  start({.schedulers = 3, .max_processes = 500, .name = "pictures"});
  const auto seen = fn::system_info(rt());
  EXPECT_EQ(seen.name, "pictures");
  EXPECT_EQ(seen.schedulers, 3u);
  EXPECT_EQ(seen.max_processes, 500u);
  EXPECT_EQ(seen.version, fmt::format("{}.{}.{}", FOUNDATION_VERSION_MAJOR, FOUNDATION_VERSION_MINOR,
                                      FOUNDATION_VERSION_PATCH));
  EXPECT_EQ(seen.allocator, memory::backing_name());
  EXPECT_EQ(seen.processes, 0u);
  EXPECT_EQ(seen.spawned, 0u);
}

TEST_F(SystemInfo, counts_who_is_there_and_who_was) {
  start();
  for (int i = 0; i != 3; ++i) spawn_waiting();
  const fn::pid gone = fn::spawn(rt(), [](fn::process&) {}).value();
  ASSERT_TRUE(fn::wait_gone(gone));
  fn::send(gone, 1);
  const auto seen = fn::system_info(rt());
  EXPECT_EQ(seen.processes, 3u);
  EXPECT_EQ(seen.spawned, 4u);
  EXPECT_EQ(seen.dead_letters, 1u);
  EXPECT_EQ(seen.abandoned, 0u);
  EXPECT_EQ(seen.dropped_log_lines, 0u);
}

/// Throws when it is moved into the process.
struct immovable_today {
  immovable_today() = default;
  immovable_today(const immovable_today&) { throw std::runtime_error("not today"); }
  void operator()(fn::process&) {}
};

TEST_F(SystemInfo, does_not_count_a_spawn_that_was_refused) {
  start({.schedulers = 2, .max_processes = 1});
  const immovable_today body;
  ASSERT_EQ(fn::spawn(rt(), body).error(), fn::errc::init_failed);
  const fn::pid p = spawn_waiting();
  ASSERT_EQ(fn::spawn(rt(), [](fn::process&) {}).error(), fn::errc::system_limit);
  EXPECT_EQ(fn::system_info(rt()).spawned, 1u);
  kill(p);
  ASSERT_TRUE(fn::wait_gone(p));
  spawn_waiting();
  EXPECT_EQ(fn::system_info(rt()).spawned, 2u) << "a slot that is used again counts again";
}

TEST_F(SystemInfo, counts_those_that_were_given_up) {
  start_impatient();
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process&) {
                          inside = true;
                          foreign_code(come_back);
                        }).value();
  wait_until([&] { return inside.load(); });
  kill(stuck);
  wait_abandoned(1);
  EXPECT_EQ(fn::system_info(rt()).abandoned, 1u);
  EXPECT_EQ(fn::system_info(rt()).processes, 0u);
  come_back = true;
  ASSERT_TRUE(fn::wait_gone(stuck));
  EXPECT_EQ(fn::system_info(rt()).abandoned, 0u);
}

TEST_F(SystemInfo, counts_the_stacks_of_those_that_wait_in_a_turn) {
  start();
  constexpr std::size_t many = 300;  // more than schedulers keep for later
  std::atomic<std::size_t> begun{0};
  std::vector<fn::pid> all;
  for (std::size_t i = 0; i != many; ++i) {
    all.push_back(fn::spawn(rt(), [&](fn::process& self) {
                    ++begun;
                    self.receive([](int) {});
                  }).value());
  }
  wait_until([&] { return begun == many; });
  const auto busy = fn::system_info(rt());
  EXPECT_GE(busy.stacks_in_use, many);
  EXPECT_GE(busy.stack_bytes_reserved, busy.stacks_in_use * 16 * 1024);
  for (const fn::pid p : all) fn::send(p, 1);
  for (const fn::pid p : all) ASSERT_TRUE(fn::wait_gone(p));
  wait_until([&] { return fn::system_info(rt()).stacks_in_use < many; });
  EXPECT_GT(fn::system_info(rt()).stacks_free, busy.stacks_free);
}

TEST_F(SystemInfo, says_how_long_the_runtime_has_been_there) {
  const auto before = std::chrono::steady_clock::now();
  start();
  const auto first = fn::system_info(rt()).uptime;
  EXPECT_GT(first, 0ns);
  EXPECT_GE(fn::system_info(rt()).uptime, first);
  EXPECT_LE(first, std::chrono::steady_clock::now() - before);
}

TEST_F(SystemInfo, can_be_asked_for_by_a_process_while_another_one_hangs) {
  start({.schedulers = 2});
  fn::spawn(rt(), [&](fn::process&) {
    inside = true;
    foreign_code(come_back);
  }).value();
  wait_until([&] { return inside.load(); });
  std::size_t seen = 0;
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) { seen = fn::system_info(rt()).processes; }).value();
  ASSERT_TRUE(fn::wait_gone(p));
  EXPECT_EQ(seen, 2u);
  come_back = true;
}

TEST_F(SystemInfo, of_a_runtime_that_was_moved_from_is_empty) {
  watched_runtime first({.schedulers = 1, .name = "first"});
  const watched_runtime second = std::move(first);
  EXPECT_EQ(fn::system_info(first).schedulers, 0u);
  EXPECT_EQ(fn::system_info(first).name, "");
  EXPECT_EQ(fn::system_info(second).name, "first");
}

}  // namespace
}  // namespace foundation::testing
