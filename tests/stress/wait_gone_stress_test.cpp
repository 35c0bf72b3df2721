// SPDX-License-Identifier: Apache-2.0
//
// Plain threads and processes wait for the ends of processes that end at every moment, by themselves, killed or
// crashing: no end is missed, and what the process and its body's destructor have written is there. The writes are
// plain ones, so TSan sees whether a wait orders them.
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

/// What one process leaves behind.
struct trace {
  int frames = 0;
  int body = 0;
  int message = 0;
};

template <int trace::*Part>
class mark {
 public:
  explicit mark(trace& t) : trace_(&t) {}
  mark(mark&& other) noexcept : trace_(std::exchange(other.trace_, nullptr)) {}
  mark& operator=(mark&&) = delete;
  ~mark() {
    if (trace_ != nullptr) ++(trace_->*Part);
  }

 private:
  trace* trace_;
};

class WaitGoneStorm : public RuntimeTest {
 protected:
  fn::pid spawn_mortal(trace& t, std::uint64_t how) {
    const fn::pid p = fn::spawn(rt(), [body = mark<&trace::body>(t), &t, how](fn::process& self) {
                        const mark<&trace::frames> f(t);
                        switch (how % 4) {
                          case 0: return;
                          case 1: self.sleep(std::chrono::microseconds(how % 300)); return;
                          case 2: self.sleep(fn::infinity); return;
                          default: self.exit(fn::exit_reason::user(1));
                        }
                      }).value();
    fn::send(p, mark<&trace::message>(t));
    return p;
  }
  static void expect_whole(const trace& t) {
    ASSERT_LE(t.frames, 1);
    ASSERT_EQ(t.body, 1);
    ASSERT_EQ(t.message, 1);
  }
};

TEST_F(WaitGoneStorm, whoever_waits_finds_everything_done) {
  start({.schedulers = 3});
  const std::size_t rounds = scaled(3000, 100);
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed != 4; ++seed) {
    threads.emplace_back([this, seed, rounds] {
      std::mt19937_64 random(seed);
      for (std::size_t i = 0; i != rounds; ++i) {
        trace t;
        const std::uint64_t how = random();
        const fn::pid p = spawn_mortal(t, how);
        if (how % 4 == 2) fn::exit(p, fn::exit_reason::kill).value();
        while (!fn::wait_gone(p, std::chrono::microseconds(random() % 200))) {
        }
        expect_whole(t);
      }
    });
  }
  for (unsigned seed = 4; seed != 7; ++seed) {
    fn::spawn(rt(), [this, seed, rounds](fn::process&) {
      std::mt19937_64 random(seed);
      for (std::size_t i = 0; i != rounds; ++i) {
        trace t;
        const std::uint64_t how = random();
        const fn::pid p = spawn_mortal(t, how);
        if (how % 4 == 2) fn::exit(p, fn::exit_reason::kill).value();
        while (!fn::wait_gone(p, std::chrono::microseconds(random() % 200))) {
        }
        expect_whole(t);
      }
    }).value();
  }
  for (auto& each : threads) each.join();
  wait_until([&] { return rt().process_count() == 0; });
}

TEST_F(WaitGoneStorm, threads_and_processes_that_wait_for_the_same_end_all_return) {
  start({.schedulers = 3});
  const std::size_t rounds = scaled(1000, 50);
  for (std::size_t i = 0; i != rounds; ++i) {
    trace t;
    const fn::pid p = spawn_mortal(t, 2);
    std::vector<fn::pid> processes;
    std::vector<std::thread> threads;
    for (int k = 0; k != 3; ++k) {
      processes.push_back(fn::spawn(rt(), [&](fn::process&) {
                            fn::wait_gone(p).value();
                            expect_whole(t);
                          }).value());
      threads.emplace_back([&] {
        fn::wait_gone(p).value();
        expect_whole(t);
      });
    }
    fn::exit(p, fn::exit_reason::kill).value();
    for (auto& each : threads) each.join();
    for (const fn::pid each : processes) fn::wait_gone(each).value();
  }
}

TEST_F(WaitGoneStorm, a_wait_ends_with_the_runtime_whenever_that_ends) {
  for (std::size_t i = 0; i != scaled(200, 20); ++i) {
    start({.schedulers = 2});
    const fn::pid p = fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); }).value();
    std::vector<std::thread> waiting;
    for (int k = 0; k != 3; ++k) {
      waiting.emplace_back([p] {
        const auto waited = fn::wait_gone(p);
        EXPECT_TRUE(waited || waited.error() == fn::errc::not_running);  // it may come too late to wait
      });
    }
    stop();
    for (auto& each : waiting) each.join();
  }
}

}  // namespace
}  // namespace foundation::testing
