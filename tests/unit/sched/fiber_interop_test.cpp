// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <foundation/fiber.hpp>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
namespace bf = boost::fibers;

/// Boost.Fiber's primitives between processes on two schedulers. What a boost mutex guards is kept in relaxed atomics, whose
/// updates are lost if the mutex does not exclude: TSan cannot see into the packaged library.
class FiberInterop : public RuntimeTest {
 protected:
  /// Runs `count` processes that each run `body(self, index)`, spread over the schedulers, and waits for them.
  template <typename Body>
  void run_on_all(unsigned count, Body body) {
    std::atomic<unsigned> done{0};
    for (unsigned i = 0; i < count; ++i) {
      fn::spawn(rt(), [&, i](fn::process& self) {
        body(self, i);
        done.fetch_add(1);
      }, {.scheduler = i % rt().schedulers()}).value();
    }
    wait_until([&] { return done == count; });
  }
};

TEST_F(FiberInterop, a_mutex_excludes_processes_on_different_schedulers) {
  start();
  bf::mutex mutex;
  std::atomic<int> count{0};
  const int rounds = static_cast<int>(scaled(300, 30));
  run_on_all(6, [&](fn::process& self, unsigned) {
    for (int i = 0; i < rounds; ++i) {
      const std::lock_guard lock(mutex);
      const int seen = count.load(std::memory_order_relaxed);
      if (i % 7 == 0) self.sleep(0s);
      if (i % 11 == 0) boost::this_fiber::yield();
      count.store(seen + 1, std::memory_order_relaxed);
    }
  });
  EXPECT_EQ(count, 6 * rounds);
}

TEST_F(FiberInterop, a_lock_may_be_held_across_waits_of_ours_and_migrations) {
  start();
  bf::mutex mutex;
  std::atomic<int> inside{0};
  std::atomic<int> done{0};
  for (int i = 0; i < 8; ++i) {  // unpinned
    fn::spawn(rt(), [&](fn::process& self) {
      for (int k = 0; k < 10; ++k) {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(inside.fetch_add(1), 0);
        self.sleep(1us);
        inside.fetch_sub(1);
      }
      ++done;
    }).value();
  }
  wait_until([&] { return done == 8; });
}

TEST_F(FiberInterop, a_timed_mutex_gives_up_in_time_and_is_had_later) {
  start();
  bf::timed_mutex mutex;
  std::atomic<bool> locked{false};
  std::atomic<bool> refused{false};
  run_on_all(2, [&](fn::process& self, unsigned i) {
    if (i == 0) {
      const std::lock_guard lock(mutex);
      locked = true;
      while (!refused) self.sleep(100us);
    } else {
      while (!locked) self.sleep(100us);
      EXPECT_FALSE(mutex.try_lock_for(1ms));
      refused = true;
      EXPECT_TRUE(mutex.try_lock_for(1h));
      mutex.unlock();
    }
  });
}

TEST_F(FiberInterop, a_condition_variable_wakes_processes_on_other_schedulers) {
  start();
  bf::mutex mutex;
  bf::condition_variable changed;
  std::atomic<int> turn{0};
  const int rounds = static_cast<int>(scaled(500, 50));
  run_on_all(2, [&](fn::process&, unsigned me) {
    for (int i = 0; i < rounds; ++i) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return turn.load(std::memory_order_relaxed) % 2 == static_cast<int>(me); });
      turn.fetch_add(1, std::memory_order_relaxed);
      changed.notify_all();
    }
  });
  EXPECT_EQ(turn, 2 * rounds);
}

TEST_F(FiberInterop, a_condition_variable_waits_no_longer_than_asked) {
  start();
  run_on_all(2, [&](fn::process&, unsigned) {
    bf::mutex mutex;
    bf::condition_variable never;
    std::unique_lock lock(mutex);
    EXPECT_EQ(never.wait_for(lock, 1ms), bf::cv_status::timeout);
    EXPECT_FALSE(never.wait_for(lock, 1ms, [] { return false; }));
  });
}

TEST_F(FiberInterop, a_buffered_channel_brings_every_value_in_order) {
  start();
  bf::buffered_channel<int> channel(8);
  const int count = static_cast<int>(scaled(2'000, 100));
  run_on_all(2, [&](fn::process&, unsigned me) {
    if (me == 0) {
      for (int i = 0; i < count; ++i) ASSERT_EQ(channel.push(i), bf::channel_op_status::success);
      channel.close();
    } else {
      int next = 0;
      for (const int got : channel) ASSERT_EQ(got, next++);
      EXPECT_EQ(next, count);
    }
  });
}

TEST_F(FiberInterop, an_unbuffered_channel_hands_over_from_scheduler_to_scheduler) {
  start();
  bf::unbuffered_channel<int> channel;
  const int count = static_cast<int>(scaled(1'000, 50));
  run_on_all(2, [&](fn::process&, unsigned me) {
    if (me == 0) {
      for (int i = 0; i < count; ++i) ASSERT_EQ(channel.push(i), bf::channel_op_status::success);
    } else {
      for (int i = 0; i < count; ++i) {
        int got = -1;
        ASSERT_EQ(channel.pop(got), bf::channel_op_status::success);
        ASSERT_EQ(got, i);
      }
      int none = 0;
      EXPECT_EQ(channel.pop_wait_for(none, 1ms), bf::channel_op_status::timeout);
    }
  });
}

TEST_F(FiberInterop, a_promise_kept_on_one_scheduler_or_a_plain_thread_readies_a_future_on_another) {
  start();
  bf::promise<int> question;
  bf::promise<int> answer;
  run_on_all(2, [&](fn::process&, unsigned me) {
    if (me == 0) {
      EXPECT_EQ(question.get_future().get(), 42);
      answer.set_value(43);
    } else {
      auto later = answer.get_future();
      EXPECT_EQ(later.wait_for(1ms), bf::future_status::timeout);
      std::thread([&] { question.set_value(42); }).join();
      EXPECT_EQ(later.get(), 43);
    }
  });
}

TEST_F(FiberInterop, sleeping_and_yielding_the_way_of_boost_lets_others_run) {
  start({.schedulers = 1});
  std::atomic<bool> other{false};
  run_on_all(2, [&](fn::process&, unsigned me) {
    if (me == 0) {
      while (!other) boost::this_fiber::yield();
      const auto before = std::chrono::steady_clock::now();
      boost::this_fiber::sleep_for(2ms);
      EXPECT_GE(std::chrono::steady_clock::now() - before, 2ms);
    } else {
      boost::this_fiber::sleep_for(1ms);
      other = true;
    }
  });
}

TEST_F(FiberInterop, a_boost_timer_fires_although_another_process_computes) {
  start({.schedulers = 1});
  std::atomic<bool> slept{false};
  run_on_all(2, [&](fn::process& self, unsigned me) {
    if (me == 0) {
      boost::this_fiber::sleep_for(1ms);
      slept = true;
    } else {
      while (!slept) self.consume(100);
    }
  });
}

TEST_F(FiberInterop, processes_that_never_rest_leave_time_to_one_in_a_boost_wait) {
  start({.schedulers = 1});
  bf::promise<void> done;
  run_on_all(3, [&](fn::process& self, unsigned me) {
    if (me == 0) {
      done.get_future().get();
    } else {  // the two yield to one another a thousand times while the first one waits
      for (int i = 0; i < 1000; ++i) self.sleep(0s);
      if (me == 1) done.set_value();
    }
  });
}

// -- memory -----------------------------------------------------------------------------------------------------------

TEST_F(FiberInterop, waking_processes_that_wait_the_way_of_boost_allocates_nothing) {
  for (const unsigned schedulers : {1u, 2u}) {
    start({.schedulers = schedulers});
    bf::mutex mutex;
    bf::condition_variable changed;
    std::atomic<int> turn{0};
    std::atomic<long> before{0};
    std::atomic<long> after{0};
    const int warm = 100;  // both have their stacks, and their schedulers spare ones, by then
    const int turns = warm + static_cast<int>(scaled(2'000, 200));
    run_on_all(2, [&](fn::process&, unsigned me) {
      for (;;) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return turn == turns || turn % 2 == static_cast<int>(me); });
        if (turn == turns) break;
        if (turn == warm) before = probe.made();
        if (++turn == turns) after = probe.made();
        changed.notify_all();
      }
    });
    EXPECT_EQ(after.load(), before.load()) << schedulers << " schedulers";
    stop();
  }
}

// -- signals ---------------------------------------------------------------------------------------------------------------

TEST_F(FiberInterop, a_kill_applies_when_the_boost_wait_returns) {
  start();
  bf::promise<void> gate_open;
  std::atomic<bool> waiting{false};
  std::atomic<bool> returned{false};
  std::atomic<bool> went_on{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      waiting = true;
                      gate_open.get_future().get();
                      returned = true;
                      self.checkpoint();
                      went_on = true;
                    }).value();
  wait_until([&] { return waiting.load(); });
  fn::exit(p, fn::exit_kind::kill);
  EXPECT_TRUE(fn::is_alive(p));
  gate_open.set_value();
  wait_dead(p);
  EXPECT_TRUE(returned);
  EXPECT_FALSE(went_on);
}

TEST_F(FiberInterop, messages_sent_during_a_boost_wait_are_there_after_it_in_order) {
  start();
  bf::promise<void> gate_open;
  std::atomic<bool> waiting{false};
  std::vector<int> got;
  std::atomic<bool> done{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      waiting = true;
                      gate_open.get_future().get();
                      for (int i = 0; i < 5; ++i) self.receive([&](int n) { got.push_back(n); });
                      done = true;
                    }).value();
  wait_until([&] { return waiting.load(); });
  for (int i = 0; i < 5; ++i) fn::send(p, i);
  gate_open.set_value();
  wait_until([&] { return done.load(); });
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace foundation::testing
