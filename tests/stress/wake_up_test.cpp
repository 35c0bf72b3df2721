// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include "os/os.hpp"
#include "sched/parker.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct question {
  std::atomic<std::uint64_t>* answer;
  sched::parker* asker;
  std::uint64_t number;
};

void answer(const question& q) {
  q.answer->store(q.number);
  q.asker->unpark();
}

struct oracle {
  using messages = fn::messages<question>;
  void handle(fn::process&, const question& q) { answer(q); }
};

/// Questions of plain threads to processes, and their answers, with pauses of any length up to that in which everything
/// falls asleep. One wake-up that is lost stops the test for ever.
class WakeUp : public RuntimeTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  /// One plain thread's questions to `to`.
  static void ask(const std::vector<fn::pid>& to, std::size_t count, std::uint64_t seed) {
    os::random_generator random(seed);
    std::atomic<std::uint64_t> answered{0};
    sched::parker place;
    for (std::uint64_t n = 1; n <= count; ++n) {
      fn::send(to[random.below(to.size())], question{&answered, &place, n});
      while (answered != n) place.park();
      for (auto spin = random.below(64); spin > 0; --spin) os::relax();
      if (random.below(64) == 0) std::this_thread::sleep_for(std::chrono::microseconds(random.below(150)));
    }
  }
  static void ask_from_threads(const std::vector<fn::pid>& to, std::size_t count) {
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 3; ++t) threads.emplace_back([&, t] { ask(to, count, t); });
    for (auto& thread : threads) thread.join();
  }
};

TEST_P(WakeUp, of_processes_that_wait_in_receive_is_never_lost) {
  start({.schedulers = GetParam()});
  std::vector<fn::pid> all;
  for (unsigned i = 0; i < 8; ++i) {
    fn::spawn_options options;
    if (i % 4 == 0) options.scheduler = i / 4 % GetParam();
    if (i % 4 == 1) options.priority = fn::priority::high;
    if (i % 4 == 2) options.priority = fn::priority::low;
    all.push_back(fn::spawn(rt(), [](fn::process& self) {
                    for (;;) {
                      if (!self.receive([](const question& q) { answer(q); })) return;
                    }
                  }, options).value());
  }
  ask_from_threads(all, scaled(100'000, 500));
}

TEST_P(WakeUp, of_idle_handlers_is_never_lost) {
  start({.schedulers = GetParam()});
  std::vector<fn::pid> all;
  for (int i = 0; i < 4; ++i) all.push_back(fn::spawn(rt(), oracle{}).value());
  ask_from_threads(all, scaled(100'000, 500));
}

TEST_P(WakeUp, through_a_chain_of_processes_is_never_lost) {
  start({.schedulers = GetParam()});
  std::vector<fn::pid> all;
  fn::pid next{};
  for (int i = 0; i < 6; ++i) {
    next = fn::spawn(rt(), [next](fn::process& self) {
             for (;;) {
               const auto q = self.receive([](question each) { return each; }, fn::after(50us, [] { return question{}; }));
               if (!q) return;
               if (q->asker == nullptr) continue;  // timed out, as it will now and then
               if (next == fn::pid{}) answer(*q);
               else fn::send(next, *q);
             }
           }).value();
  }
  all.push_back(next);
  ask_from_threads(all, scaled(20'000, 200));
}

INSTANTIATE_TEST_SUITE_P(schedulers, WakeUp, ::testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace foundation::testing
