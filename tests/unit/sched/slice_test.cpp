// SPDX-License-Identifier: Apache-2.0
#include "sched/slice.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using sched::run_next_publish_after;
using sched::slice;

TEST(Slice, lasts_for_its_budget) {
  slice s;
  s.begin(100, false);
  EXPECT_FALSE(s.charge(99));
  EXPECT_FALSE(s.expired());
  EXPECT_TRUE(s.charge(1));
  EXPECT_TRUE(s.expired());
  EXPECT_EQ(s.spent(), 100u);
  s.begin(100, false);
  EXPECT_FALSE(s.expired());
  EXPECT_EQ(s.spent(), 0u);
}

TEST(Slice, that_is_inherited_goes_on_counting_and_tells_the_heir_its_own_share) {
  slice s;
  s.begin(100, false);
  EXPECT_FALSE(s.charge(60));
  s.begin(100, true);
  EXPECT_EQ(s.spent(), 0u);
  EXPECT_FALSE(s.charge(39));
  EXPECT_EQ(s.spent(), 39u);
  EXPECT_TRUE(s.charge(1));
}

TEST(Slice, says_when_run_next_is_due_to_be_published_once) {
  slice s;
  s.begin(10'000, false);
  EXPECT_FALSE(s.charge(run_next_publish_after * 2));
  s.publish_later();
  EXPECT_FALSE(s.charge(run_next_publish_after - 1));
  EXPECT_TRUE(s.charge(1));
  EXPECT_TRUE(s.publish_due());
  EXPECT_FALSE(s.expired());
  s.publish_done();
  EXPECT_FALSE(s.charge(1));
  EXPECT_FALSE(s.publish_due());
}

TEST(Slice, changes_its_number_with_every_beginning) {
  slice s;
  const auto first = s.sequence();
  s.begin(1, false);
  s.begin(1, true);
  EXPECT_EQ(s.sequence(), first + 2);
}

TEST(Slice, that_the_monitor_expires_stays_expired_however_its_owner_counts) {
  slice s;
  s.begin(1'000'000, false);
  std::thread monitor([&] { s.expire_remote(); });
  while (!s.charge(0)) std::this_thread::yield();
  monitor.join();
  EXPECT_TRUE(s.charge(0));
  s.begin(1'000'000, false);
  EXPECT_FALSE(s.charge(1));
}

// -- in a runtime ------------------------------------------------------------------------------------------------------------

class Slices : public RuntimeTest {};

TEST_F(Slices, end_for_one_that_consumes_so_that_all_get_their_share) {
  start({.schedulers = 1});
  std::atomic<int> rounds[3] = {0, 0, 0};
  std::atomic<int> started{0};
  std::atomic<int> ended{0};
  for (auto& mine : rounds) {
    fn::spawn(rt(), [&](fn::process& self) {
      ++started;
      while (rounds[0] < 50 || rounds[1] < 50 || rounds[2] < 50) {
        if (started == 3) ++mine;
        self.consume(5'000);  // a slice and more
      }
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == 3; });
  for (const auto& each : rounds) EXPECT_LE(each, 80);
}

/// Runs `call` again and again in a process that shares its one scheduler with another, until that one has had a few turns.
class SlicesOfOneThatCalls : public Slices {
 protected:
  template <typename Call>
  void for_ever(const char* what, Call&& call) {
    std::atomic<bool> stop{false};
    std::atomic<bool> kept_on{false};
    std::atomic<bool> ended{false};
    fn::spawn(rt(), [&](fn::process& self) {
      static_cast<void>(fn::spawn(self, [&](fn::process& other) {
        for (int i = 0; i < 5; ++i) other.sleep(0s);
        stop = true;
      }));
      for (int calls = 0; !stop && calls != 1'000'000; ++calls) call(self);
      kept_on = !stop;
      ended = true;
    }).value();
    wait_until([&] { return ended.load(); });
    EXPECT_FALSE(kept_on) << what;
  }

  struct handler {
    using messages = fn::messages<int>;
    void handle(fn::process&, int) {}
  };
  struct not_to_be_copied {
    not_to_be_copied() = default;
    not_to_be_copied(const not_to_be_copied&) { throw 1; }
    void operator()(fn::process&) const {}
  };
  template <typename Call>
  static void swallow(Call&& call) {
    try {
      call();
      ADD_FAILURE() << "it should have thrown";
    } catch (int) {
    }
  }
};

TEST_F(SlicesOfOneThatCalls, send_end_whatever_comes_of_it) {
  start({.schedulers = 1});
  const fn::pid dead = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_dead(dead);
  const not_to_be_copied message;
  for_ever("to nobody", [](fn::process&) { fn::send(fn::pid{}, 1); });
  for_ever("to a dead process", [&](fn::process&) { fn::send(dead, 1); });
  for_ever("without memory", [&](fn::process&) {
    probe.refuse_all();
    EXPECT_FALSE(fn::send(dead, 1));
    probe.refuse_all(false);
  });
  for_ever("of a message that throws when copied", [&](fn::process&) { swallow([&] { fn::send(dead, message); }); });
}

TEST_F(SlicesOfOneThatCalls, spawn_end_whatever_comes_of_it) {
  start({.schedulers = 1});
  watched_runtime another({.schedulers = 1, .max_processes = 100});
  const not_to_be_copied body;
  for_ever("a function", [](fn::process& self) { static_cast<void>(fn::spawn(self, [](fn::process&) {})); });
  for_ever("a handler", [](fn::process& self) { static_cast<void>(fn::spawn(self, handler{})); });
  for_ever("in another runtime", [&](fn::process&) { static_cast<void>(fn::spawn(another, [](fn::process&) {})); });
  for_ever("a handler in another runtime", [&](fn::process&) { static_cast<void>(fn::spawn(another, handler{})); });
  for_ever("with an option out of range",
           [](fn::process& self) { EXPECT_FALSE(fn::spawn(self, handler{}, {.scheduler = 99})); });
  for_ever("without memory", [&](fn::process& self) {
    probe.refuse_all();
    EXPECT_FALSE(fn::spawn(self, handler{}));
    probe.refuse_all(false);
  });
  for_ever("what throws when copied", [&](fn::process& self) { EXPECT_FALSE(fn::spawn(self, body)); });
}

TEST_F(SlicesOfOneThatCalls, exit_or_is_alive_end) {
  start({.schedulers = 1});
  const fn::pid dead = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_dead(dead);
  for_ever("exit of a dead process", [&](fn::process&) { fn::exit(dead, fn::exit_reason::kill); });
  for_ever("exit of nobody", [](fn::process&) { fn::exit(fn::pid{}, fn::exit_reason::kill); });
  for_ever("is_alive", [&](fn::process&) { EXPECT_FALSE(fn::is_alive(dead)); });
}

TEST_F(SlicesOfOneThatCalls, its_own_process_end) {
  start({.schedulers = 1});
  struct noise {};
  for_ever("make_reference", [](fn::process& self) { EXPECT_TRUE(self.make_reference()); });
  for_ever("receive with messages it does not want", [first = true](fn::process& self) mutable {
    for (int i = 0; first && i != 10; ++i) fn::send(self.id(), noise{});
    first = false;
    self.receive([](int) {}, fn::after(0s));
  });
  for_ever("exit where it cannot be unwound", [](fn::process& self) {
    const fn::shield shield(self);
    self.exit(fn::exit_reason::shutdown);
  });
  for_ever("a wait that is refused", [first = true](fn::process& self) mutable {
    const fn::shield shield(self);
    if (std::exchange(first, false)) self.exit(fn::exit_reason::shutdown);
    EXPECT_FALSE(self.sleep(24h));
  });
}

TEST_F(Slices, count_the_reductions_of_a_process_over_all_its_waits) {
  start();
  std::atomic<std::uint64_t> counted{0};
  fn::spawn(rt(), [&](fn::process& self) {
    for (int i = 0; i < 10; ++i) {
      self.consume(1000);
      self.sleep(1us);
    }
    counted = self.reductions();
  }).value();
  wait_until([&] { return counted != 0; });
  EXPECT_GE(counted, 10'000u);
  EXPECT_LE(counted, 11'000u);
}

}  // namespace
}  // namespace foundation::testing
