// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <foundation/fiber.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "os/os.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
namespace bf = boost::fibers;

class BoostWait : public RuntimeTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(BoostWait, ended_by_a_plain_thread_is_never_lost) {
  start({.schedulers = GetParam()});
  const std::size_t rounds = scaled(20'000, 200);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      os::random_generator random(t);
      struct exchange {
        bf::buffered_channel<std::size_t> questions{4};
        std::atomic<std::size_t> answered{0};
        std::atomic<bool> ended{false};
      } each;
      fn::spawn(rt(), [&each](fn::process&) {
        for (const std::size_t n : each.questions) each.answered = n;
        each.ended = true;
      }).value();
      for (std::size_t n = 1; n <= rounds; ++n) {
        each.questions.push(n);
        while (each.answered != n) std::this_thread::yield();
        for (auto spin = random.below(200); spin > 0; --spin) os::relax();
      }
      each.questions.close();
      wait_until([&] { return each.ended.load(); });
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_P(BoostWait, for_futures_between_processes_and_threads_always_ends) {
  start({.schedulers = GetParam()});
  const std::size_t rounds = scaled(50'000, 100);
  std::atomic<int> ended{0};
  constexpr int pairs = 4;
  for (int pair = 0; pair < pairs; ++pair) {
    fn::spawn(rt(), [&, pair](fn::process& self) {
      os::random_generator random(static_cast<std::uint64_t>(pair));
      for (std::size_t i = 0; i < rounds; ++i) {
        bf::promise<std::size_t> promise;
        auto future = promise.get_future();
        static_cast<void>(fn::spawn(self, [i, p = std::move(promise)](fn::process& other) mutable {
          if (i % 3 == 0) other.sleep(0s);
          p.set_value(i);
        }));
        if (random.below(4) == 0) {
          while (future.wait_for(20us) != bf::future_status::ready) self.sleep(0s);
        }
        ASSERT_EQ(future.get(), i);
      }
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == pairs; });
}

TEST_P(BoostWait, of_many_for_one_mutex_and_condition_ends_for_all) {
  start({.schedulers = GetParam()});
  const int rounds = static_cast<int>(scaled(20'000, 100));
  constexpr int count = 12;
  bf::mutex mutex;
  bf::condition_variable changed;
  std::atomic<int> tickets{0};
  std::atomic<int> ended{0};
  for (int i = 0; i < count; ++i) {
    fn::spawn(rt(), [&, i](fn::process& self) {
      for (int round = 0; round < rounds; ++round) {
        std::unique_lock lock(mutex);
        if (i % 2 == 0) {
          tickets.fetch_add(1, std::memory_order_relaxed);
          changed.notify_one();
        } else {
          while (!changed.wait_for(lock, 200us, [&] { return tickets.load(std::memory_order_relaxed) > 0; })) {
          }
          tickets.fetch_sub(1, std::memory_order_relaxed);
        }
        if (round % 8 == 0) boost::this_fiber::yield();
        lock.unlock();
        if (round % 16 == 0) self.consume(3'000);
      }
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == count; });
  EXPECT_EQ(tickets, 0);
}

TEST_P(BoostWait, mixed_with_waits_of_ours_messages_and_fibers_ends) {
  start({.schedulers = GetParam()});
  const int rounds = static_cast<int>(scaled(3'000, 20));
  constexpr int count = 10;
  std::atomic<int> ended{0};
  for (int i = 0; i < count; ++i) {
    fn::spawn(rt(), [&, i](fn::process& self) {
      os::random_generator random(static_cast<std::uint64_t>(i));
      for (int round = 0; round < rounds; ++round) {
        switch (random.below(5)) {
          case 0: boost::this_fiber::sleep_for(std::chrono::microseconds(random.below(50))); break;
          case 1: boost::this_fiber::yield(); break;
          case 2:
            bf::fiber(random.below(2) == 0 ? bf::launch::post : bf::launch::dispatch, [&] {
              boost::this_fiber::yield();
              fn::send(self.id(), round);
            }).join();
            self.receive([&](int n) { EXPECT_EQ(n, round); });
            break;
          case 3: self.sleep(std::chrono::microseconds(random.below(50))); break;
          default: self.consume(static_cast<std::uint32_t>(random.below(6'000))); break;
        }
      }
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == count; });
}

INSTANTIATE_TEST_SUITE_P(schedulers, BoostWait, ::testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace foundation::testing
