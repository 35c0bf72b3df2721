// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "process/process.hpp"
#include "process/runtime_access.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

/// Asked anew each time: a compiler may keep a thread's identity across a switch.
[[gnu::noinline]] std::thread::id this_thread_id() {
  asm volatile("");
  return std::this_thread::get_id();
}

std::size_t entries(const char* directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

/// What the system says of the threads of all runtimes.
struct thread_account {
  std::size_t threads = 0;
  std::size_t asleep = 0;
  std::uint64_t switches = 0;  // each time that one of them ran it was switched out again

  static thread_account now() {
    thread_account sum;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream status(each.path() / "status");
      bool ours = false;
      for (std::string line; std::getline(status, line);) {
        const std::string value = line.substr(std::min(line.find('\t'), line.size() - 1) + 1);
        if (line.rfind("Name:", 0) == 0) ours = value.rfind("fn-", 0) == 0;
        if (!ours) continue;
        if (line.rfind("Name:", 0) == 0) ++sum.threads;
        if (line.rfind("State:", 0) == 0 && value.rfind("S", 0) == 0) ++sum.asleep;
        if (line.find("ctxt_switches:") != std::string::npos) sum.switches += std::stoull(value);
      }
    }
    return sum;
  }
};

class Scheduler : public RuntimeTest {
 protected:
  sched::scheduler_group& group() { return fn::detail::runtime_access::space(rt())->group(); }

  /// Every scheduler sleeps without a time limit, and so does the monitor: no thread of the runtime will run again by
  /// itself.
  bool everything_sleeps() {
    for (unsigned i = 0; i < group().size(); ++i) {
      if (!group().at(i).is_asleep() || group().at(i).timers().next_expiry() != os::time_point::max()) return false;
    }
    return group().monitor().is_asleep();
  }
  std::uint64_t slices() {
    std::uint64_t sum = 0;
    for (const auto& each : rt().counters()) sum += each.slices;
    return sum;
  }
};

TEST_F(Scheduler, runs_all_of_ten_thousand_spawned_at_once_though_its_queue_overflows) {
  for (const unsigned schedulers : {1u, 2u}) {
    start({.schedulers = schedulers});
    const std::size_t count = scaled(10'000, 1'000);
    std::atomic<std::size_t> ran{0};
    for (const auto priority : {fn::priority::normal, fn::priority::high, fn::priority::max, fn::priority::low}) {
      fn::spawn(rt(), [&, priority](fn::process& self) {
        for (std::size_t i = 0; i < count; ++i) {
          EXPECT_TRUE(fn::spawn(self, [&](fn::process&) { ++ran; }, {.priority = priority}));
        }
      }).value();
    }
    wait_until([&] { return ran == 4 * count; });
    stop();
  }
}

TEST_F(Scheduler, wakes_all_of_many_sleepers_at_once) {
  start();
  const std::size_t count = scaled(2'000, 300);
  std::vector<fn::pid> sleepers;
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> woken{0};
  for (std::size_t i = 0; i < count; ++i) {
    sleepers.push_back(fn::spawn(rt(), [&](fn::process& self) {
                         ++waiting;
                         self.receive([](int) {});
                         ++woken;
                       }).value());
  }
  wait_until([&] { return waiting == count; });
  fn::spawn(rt(), [&](fn::process&) {
    for (const fn::pid p : sleepers) fn::send(p, 1);
  }).value();
  wait_until([&] { return woken == count; });
}

// -- pinned ------------------------------------------------------------------------------------------------------------------

TEST_F(Scheduler, refuses_to_pin_to_an_index_that_it_has_not) {
  start();
  for (const unsigned index : {2u, 3u, 0xffffu, 0xffff'ffffu}) {
    const auto made = fn::spawn(rt(), [](fn::process&) {}, {.scheduler = index});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), fn::errc::invalid_argument);
    EXPECT_NE(std::string(made.error().message()).find("scheduler"), std::string::npos) << made.error().message();
  }
  EXPECT_EQ(rt().process_count(), 0u);
}

TEST_F(Scheduler, runs_a_pinned_process_on_its_own_thread_alone_whatever_the_load) {
  start();
  std::atomic<bool> stop{false};
  std::atomic<int> live{0};
  for (int i = 0; i < 30; ++i) {  // unpinned noise that is stolen to and fro
    ++live;
    fn::spawn(rt(), [&](fn::process& self) {
      while (!stop) self.consume(300);
      --live;
    }).value();
  }
  std::atomic<int> done{0};
  for (unsigned index : {0u, 1u}) {
    for (int twice = 0; twice < 2; ++twice) {
      fn::spawn(rt(), [&, index](fn::process& self) {
        const std::thread::id mine = this_thread_id();
        for (int round = 0; round < 60; ++round) {
          if (round % 3 == 0) self.consume(5'000);
          if (round % 3 == 1) self.sleep(10us);
          if (round % 3 == 2) {
            static_cast<void>(fn::spawn(self, [to = self.id()](fn::process&) { fn::send(to, 1); }));
            self.receive([](int) {});
          }
          ASSERT_EQ(this_thread_id(), mine);
          ASSERT_EQ(sched::scheduler::current()->index(), index);
        }
        ++done;
      }, {.scheduler = index}).value();
    }
  }
  wait_until([&] { return done == 4; });
  stop = true;
  wait_until([&] { return live == 0; });
}

TEST_F(Scheduler, keeps_a_pinned_process_waiting_rather_than_let_another_take_it) {
  start();
  std::atomic<bool> busy{false};
  std::atomic<bool> release{false};
  std::atomic<bool> pinned_ran{false};
  std::atomic<bool> free_ran{false};
  fn::spawn(rt(), [&](fn::process&) {
    busy = true;
    while (!release) std::this_thread::yield();
    EXPECT_FALSE(pinned_ran);
  }, {.scheduler = 1}).value();
  wait_until([&] { return busy.load(); });
  fn::spawn(rt(), [&](fn::process&) { pinned_ran = true; }, {.scheduler = 1}).value();
  for (int i = 0; i < 10; ++i) {  // the other one goes to sleep and looks for work again and again
    free_ran = false;
    fn::spawn(rt(), [&](fn::process&) { free_ran = true; }).value();
    wait_until([&] { return free_ran.load(); });
  }
  EXPECT_FALSE(pinned_ran);
  release = true;
  wait_until([&] { return pinned_ran.load(); });
}

TEST_F(Scheduler, that_is_woken_for_its_own_work_leaves_nobody_elses_behind) {
  start();
  for (int round = 0; round < static_cast<int>(scaled(300, 30)); ++round) {
    std::atomic<bool> ran{false};
    std::atomic<int> ended{0};
    fn::spawn(rt(), [&](fn::process&) {
      ran = true;
      ++ended;
    }).value();
    fn::spawn(rt(), [&](fn::process&) {  // keeps its scheduler, whichever of the two was woken for the first one
      while (!ran) std::this_thread::yield();
      ++ended;
    }, {.scheduler = static_cast<unsigned>(round) % 2}).value();
    wait_until([&] { return ended == 2; });
  }
}

TEST_F(Scheduler, that_runs_injected_work_leaves_the_next_to_others) {
  start();
  for (int round = 0; round < static_cast<int>(scaled(300, 30)); ++round) {
    std::atomic<bool> ran{false};
    std::atomic<int> ended{0};
    fn::spawn(rt(), [&](fn::process&) {
      while (!ran) std::this_thread::yield();
      ++ended;
    }).value();
    fn::spawn(rt(), [&](fn::process&) {
      ran = true;
      ++ended;
    }).value();
    wait_until([&] { return ended == 2; });
  }
}

// -- idle --------------------------------------------------------------------------------------------------------------------

TEST_F(Scheduler, idles_without_running_anything_and_wakes_again) {
  start();
  std::atomic<int> answers{0};
  std::vector<fn::pid> processes;
  for (int i = 0; i < 50; ++i) {
    processes.push_back(fn::spawn(rt(), [&](fn::process& self) {
                          for (;;) {
                            if (!self.receive([&](int) { ++answers; })) return;
                          }
                        }).value());
  }
  for (int round = 1; round <= 3; ++round) {
    wait_until([&] { return everything_sleeps(); });
    const std::uint64_t before = slices();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    EXPECT_EQ(slices(), before);
    EXPECT_TRUE(everything_sleeps());
    for (const fn::pid p : processes) fn::send(p, 1);
    wait_until([&] { return answers == 50 * round; });
  }
}

TEST_F(Scheduler, takes_no_processor_time_while_it_idles) {
  start();
  std::atomic<int> answers{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      while (self.receive([&](int) { ++answers; })) {
                      }
                    }).value();
  for (int round = 1; round <= 3; ++round) {
    fn::send(p, 1);
    wait_until([&] { return answers == round; });
    thread_account before;
    wait_until([&] {
      before = thread_account::now();
      return everything_sleeps() && before.asleep == 3;
    });
    EXPECT_EQ(before.threads, 3u) << "two schedulers and the monitor";
    EXPECT_GT(before.switches, 0u);
    std::this_thread::sleep_for(100 * sched::monitor::period);  // time in which whoever does not sleep would run
    EXPECT_EQ(thread_account::now().switches, before.switches);
  }
}

// -- life --------------------------------------------------------------------------------------------------------------------

TEST_F(Scheduler, threads_and_files_of_ten_thousand_runtimes_in_a_row_are_all_given_back) {
  stop();
  { const watched_runtime warm_up({.schedulers = 1}); }
  const std::size_t threads = entries("/proc/self/task");
  const std::size_t files = entries("/proc/self/fd");
  const int count = static_cast<int>(scaled(10'000, 50));
  std::atomic<int> ran{0};
  int spawned = 0;
  for (int i = 0; i < count; ++i) {
    watched_runtime each({.schedulers = 1u + static_cast<unsigned>(i % 2)});
    if (i % 3 == 1) {
      ++spawned;
      fn::spawn(each, [&](fn::process&) { ++ran; }).value();
    }
    if (i % 3 == 2) static_cast<void>(fn::spawn(each, [](fn::process& self) { self.receive([](int) {}); }).value());
    if (i % 3 == 1) wait_until([&] { return ran == spawned; });
  }
  // A thread that has been joined may still be on its way out of the list.
  wait_until([&] { return entries("/proc/self/task") <= threads; });
  EXPECT_EQ(entries("/proc/self/fd"), files);
}

TEST_F(Scheduler, several_runtimes_live_side_by_side_and_talk) {
  std::vector<watched_runtime> runtimes;
  for (unsigned i = 0; i < 6; ++i) runtimes.emplace_back(fn::runtime_options{.schedulers = 1 + i % 2});
  std::atomic<int> last{0};
  fn::pid next{};
  for (auto& each : runtimes) {
    next = fn::spawn(each, [&last, next](fn::process& self) {
             for (;;) {
               const auto n = self.receive([](int v) { return v; });
               if (!n) return;
               if (next == fn::pid{}) last = *n + 1;
               else fn::send(next, *n + 1);
             }
           }).value();
  }
  for (int round = 0; round < 50; ++round) {
    fn::send(next, 100 * round);
    wait_until([&] { return last == 100 * round + 6; });
  }
  runtimes.erase(runtimes.begin() + 2);  // the others live on
  fn::send(next, 1);
  fn::spawn(runtimes.front(), [&](fn::process&) { last = -1; }).value();
  wait_until([&] { return last == -1; });
}

}  // namespace
}  // namespace foundation::testing
