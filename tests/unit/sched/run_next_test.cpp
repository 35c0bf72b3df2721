// SPDX-License-Identifier: Apache-2.0
#include "sched/run_next.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "process/process.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

// -- the slot alone ------------------------------------------------------------------------------------------------------

class item final : public sched::runnable {
 public:
  void run() noexcept override {}
  bool attend() noexcept override { return true; }
  void wake_thread() noexcept override {}
  bool publish_wait() noexcept override { return false; }
  int taken = 0;
};

TEST(RunNextSlot, gives_back_what_was_put_in_and_then_nothing) {
  sched::run_next_slot slot;
  item a;
  item b;
  EXPECT_FALSE(slot.occupied());
  EXPECT_EQ(slot.put(&a), nullptr);
  EXPECT_TRUE(slot.occupied());
  EXPECT_EQ(slot.put(&b), &a);
  EXPECT_EQ(slot.take(), &b);
  EXPECT_EQ(slot.take(), nullptr);
  EXPECT_EQ(slot.put(&a), nullptr);
  EXPECT_EQ(slot.seize(), &a);
  EXPECT_EQ(slot.seize(), nullptr);
  EXPECT_FALSE(slot.occupied());
}

TEST(RunNextSlot, owner_and_monitor_together_take_each_item_once) {
  sched::run_next_slot slot;
  std::vector<item> items(scaled(100'000, 1000));
  std::atomic<bool> done{false};
  int seized = 0;
  std::thread monitor([&] {
    while (!done) {
      if (sched::runnable* r = slot.seize()) {
        ++static_cast<item*>(r)->taken;
        ++seized;
      }
    }
  });
  for (item& each : items) {
    if (sched::runnable* displaced = slot.put(&each)) ++static_cast<item*>(displaced)->taken;
    if ((&each - items.data()) % 3 == 0) {
      if (sched::runnable* r = slot.take()) ++static_cast<item*>(r)->taken;
    }
  }
  done = true;
  monitor.join();
  if (sched::runnable* r = slot.take()) ++static_cast<item*>(r)->taken;
  for (const item& each : items) ASSERT_EQ(each.taken, 1);
}

// -- in a runtime ------------------------------------------------------------------------------------------------------------

class RunNext : public RuntimeTest {
 protected:
  sched::scheduler& only() { return fn::detail::runtime_access::space(rt())->group().at(0); }

  /// One that waits for an int, notes its name, does `work` and notes it again.
  fn::pid waiter(char name, std::uint32_t work = 0) {
    return fn::spawn(rt(), [this, name, work](fn::process& self) {
             ++waiting;
             self.receive([](int) {});
             order += name;
             if (work == 0) return;
             self.consume(work);
             order += name;
           }).value();
  }

  /// Runs `body` in a process once all others wait, and returns the order in which they went on. The monitor ends slices by
  /// the clock, so on a busy machine it all is done again until it took no more than `slices` slices.
  template <typename MakeWaiters, typename Body>
  std::string undisturbed(std::uint64_t slices, MakeWaiters make_waiters, Body body) {
    for (int tries = 0; tries < 1'000; ++tries) {
      order.clear();
      waiting = 0;
      const int count = make_waiters();
      wait_until([&] { return waiting == count && only().is_asleep(); });
      const std::uint64_t before = only().slices_run();
      fn::spawn(rt(), body).value();
      wait_until([&] { return rt().process_count() == 0; });
      if (only().slices_run() == before + slices) return order;
    }
    return "always disturbed, last: " + order;
  }

  std::atomic<int> waiting{0};
  std::string order;  // written on the one scheduler
};

TEST_F(RunNext, the_receiver_woken_last_runs_next_and_those_before_it_in_order) {
  if (base::hostile) GTEST_SKIP() << "run-next is used at random";
  start({.schedulers = 1});
  fn::pid a{};
  fn::pid b{};
  fn::pid c{};
  const auto found = undisturbed(
      4, [&] { return a = waiter('a'), b = waiter('b'), c = waiter('c'), 3; },
      [&](fn::process&) {
        fn::send(a, 1);
        fn::send(b, 1);
        fn::send(c, 1);
      });
  EXPECT_EQ(found, "cab");
}

TEST_F(RunNext, the_receiver_inherits_the_rest_of_the_slice) {
  if (base::hostile) GTEST_SKIP() << "budgets are random";
  start({.schedulers = 1});
  fn::pid receiver{};
  fn::pid other{};
  const auto found = undisturbed(
      4, [&] { return receiver = waiter('r', 500), other = waiter('o'), 2; },
      [&](fn::process& self) {
        self.consume(3'800);
        fn::send(other, 1);
        fn::send(receiver, 1);
      });
  EXPECT_EQ(found, "ror");  // in the midst of its work the slice of 4000 is over
}

TEST_F(RunNext, a_pair_that_plays_ping_pong_does_not_starve_a_third) {
  start({.schedulers = 1});
  std::atomic<bool> third{false};
  std::atomic<bool> stopped{false};
  fn::spawn(rt(), [&](fn::process& self) {
    const fn::pid echo = fn::spawn(self, [](fn::process& e) {
                           while (const auto from = e.receive([](fn::pid p) { return p; })) fn::send(*from, 1);
                         }).value();
    static_cast<void>(fn::spawn(self, [&](fn::process& t) {
      for (int i = 0; i < 20; ++i) t.sleep(0s);
      third = true;
    }));
    while (!third) {
      fn::send(echo, self.id());
      self.receive([](int) {});
    }
    fn::exit(echo, fn::exit_kind::kill);
    stopped = true;
  }).value();
  wait_until([&] { return stopped.load(); });
}

TEST_F(RunNext, a_process_woken_by_one_that_computes_with_charges_is_taken_by_the_other_scheduler) {
  start();
  for (int round = 0; round < static_cast<int>(scaled(200, 20)); ++round) {
    std::atomic<bool> answered{false};
    std::atomic<bool> done{false};
    fn::spawn(rt(), [&](fn::process& self) {
      const fn::pid woken = fn::spawn(self, [&](fn::process& w) {
                              w.receive([](int) {});
                              answered = true;
                            }).value();
      self.sleep(0s);
      fn::send(woken, 1);
      while (!answered) self.consume(1);
      done = true;
    }).value();
    wait_until([&] { return done.load(); });
  }
}

TEST_F(RunNext, a_process_woken_by_one_that_computes_without_charges_is_freed_by_the_monitor) {
  start();
  for (int round = 0; round < static_cast<int>(scaled(100, 20)); ++round) {
    std::atomic<bool> answered{false};
    std::atomic<bool> done{false};
    fn::spawn(rt(), [&](fn::process& self) {
      const fn::pid woken = fn::spawn(self, [&](fn::process& w) {
                              w.receive([](int) {});
                              answered = true;
                            }).value();
      self.sleep(0s);
      fn::send(woken, 1);
      while (!answered) std::this_thread::yield();  // foreign code, as far as the library can tell
      done = true;
    }).value();
    wait_until([&] { return done.load(); });
  }
}

TEST_F(RunNext, a_process_woken_by_one_that_gives_way_to_max_can_be_taken_while_that_one_computes) {
  start();
  std::atomic<bool> answered{false};
  std::atomic<int> ended{0};
  // Both schedulers' threads are needed: one for the busy process of max, one for the woken process.
  const fn::pid busy = fn::spawn(rt(), [&](fn::process& self) {
                         self.receive([](int) {});
                         while (!answered) std::this_thread::yield();
                         ++ended;
                       }, {.priority = fn::priority::max}).value();
  const fn::pid woken = fn::spawn(rt(), [&](fn::process& self) {
                          self.receive([](int) {});
                          answered = true;
                          ++ended;
                        }).value();
  fn::spawn(rt(), [&](fn::process&) {
    fn::send(woken, 1);
    fn::send(busy, 1);
  }).value();
  wait_until([&] { return ended == 2; });
}

}  // namespace
}  // namespace foundation::testing
