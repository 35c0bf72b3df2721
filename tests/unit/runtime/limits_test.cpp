// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t limit = 4;

class Limits : public RuntimeTest {
 protected:
  void SetUp() override { start({.schedulers = 2, .max_processes = limit}); }

  fn::result<fn::pid> spawn_sleeper() {
    return fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); });
  }

  std::vector<fn::pid> fill() {
    std::vector<fn::pid> all;
    while (rt().process_count() < limit) all.push_back(spawn_sleeper().value());
    return all;
  }

  void expect_full() {
    const auto refused = spawn_sleeper();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), fn::errc::system_limit);
    EXPECT_EQ(refused.error().message(), "max_processes: 4 processes alive");
  }
};

TEST_F(Limits, a_process_more_than_allowed_is_refused_and_the_others_go_on) {
  const auto all = fill();
  expect_full();
  for (const fn::pid p : all) EXPECT_TRUE(fn::is_alive(p));
}

TEST_F(Limits, the_place_of_a_process_that_ended_is_free_again) {
  auto all = fill();
  for (std::size_t round = 0; round < scaled(1000, 10); ++round) {
    expect_full();
    fn::pid& gone = all[round % limit];
    fn::exit(gone, fn::exit_reason::kill);
    wait_until([&] { return rt().process_count() < limit; });
    const auto made = spawn_sleeper();
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_NE(*made, gone);
    gone = *made;
  }
}

TEST_F(Limits, a_spawn_that_fails_takes_no_place) {
  struct throws_when_copied {
    throws_when_copied() = default;
    throws_when_copied(const throws_when_copied&) { throw std::runtime_error("no copy"); }
    void operator()(fn::process&) const {}
  };
  for (int i = 0; i < 100; ++i) {
    const throws_when_copied body;
    const auto refused = fn::spawn(rt(), body);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), fn::errc::init_failed);
    EXPECT_EQ(refused.error().message(), "std::runtime_error: no copy");
    ASSERT_FALSE(fn::spawn(rt(), [](fn::process&) {}, {.label = std::string(256, 'l')}));
    ASSERT_FALSE(fn::spawn(rt(), [](fn::process&) {}, {.scheduler = 2}));
  }
  fill();
  EXPECT_EQ(rt().process_count(), limit);
}

TEST_F(Limits, a_process_may_use_the_last_place_and_is_refused_after_it) {
  std::atomic<int> made{0};
  std::atomic<bool> refused{false};
  const auto body = [&](fn::process& self) {
    while (auto child = fn::spawn(self, [](fn::process& c) { c.sleep(fn::infinity); })) ++made;
    refused = true;
    self.sleep(fn::infinity);
  };
  ASSERT_TRUE(fn::spawn(rt(), body));
  wait_until([&] { return refused.load(); });
  EXPECT_EQ(made, static_cast<int>(limit) - 1);
}

TEST_F(Limits, memory_refused_to_a_spawn_or_a_send_is_an_error_and_leaves_nothing) {
  const auto all = fill();
  fn::exit(all[0], fn::exit_reason::kill);
  wait_until([&] { return rt().process_count() < limit; });
  const long before = probe.live();
  probe.refuse_all();
  const auto spawned = spawn_sleeper();
  const auto sent = fn::send(all[1], 1);
  const auto told = fn::exit(all[1], fn::exit_reason::kill);
  probe.refuse_all(false);
  EXPECT_EQ(spawned.error(), fn::errc::system_limit);
  EXPECT_EQ(sent.error(), fn::errc::system_limit);
  EXPECT_EQ(told.error(), fn::errc::system_limit);
  EXPECT_LE(probe.live(), before);
  EXPECT_TRUE(fn::is_alive(all[1]));
  EXPECT_TRUE(spawn_sleeper());
}

}  // namespace
}  // namespace foundation::testing
