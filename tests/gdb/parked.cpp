// SPDX-License-Identifier: Apache-2.0
/// Processes in every state that gdb_test.sh looks at. `in_place` is called when all of them are where they stay.
#include <atomic>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include <foundation/foundation.hpp>

namespace fn = foundation;
using namespace std::chrono_literals;

namespace {

struct order {
  std::string dish;
};
struct never_sent {};

[[gnu::noinline]] void wait_at_depth(fn::process& self, int depth) {
  if (depth > 0) {
    wait_at_depth(self, depth - 1);
  } else {
    self.receive([](never_sent) {});
  }
  asm volatile("");  // no tail call: the frame stays
}

[[gnu::noinline]] void wait_in_a_fiber_primitive(std::promise<void>& about_to_wait) {
  boost::fibers::mutex mutex;
  boost::fibers::condition_variable never;
  std::unique_lock lock(mutex);
  about_to_wait.set_value();
  never.wait(lock);
}

// Neither waits nor calls the library: its scheduler is its own, and what comes for it is not taken.
[[gnu::noinline]] void keep_the_thread(const std::atomic<bool>& stop, std::promise<void>& begun) {
  begun.set_value();
  while (!stop) std::this_thread::sleep_for(1ms);
}

class collector {
 public:
  using messages = fn::messages<order, int>;
  void handle(fn::process&, const order&) {}
  void handle(fn::process&, int) {}
};

// gdb's own core files lack the neighbourhood of pages that Linux guards without a mapping.
fn::runtime_options options(unsigned schedulers, const char* name) {
  return {.schedulers = schedulers,
          .stack_size = 64 * 1024,
          .guard = fn::guard_mode::canary,
          .name = name,
          .log = {.level = fn::log_level::off},
          .kill_grace = 1ms};
}

[[gnu::noinline]] void in_place() { asm volatile(""); }

void wait_until_seen(const fn::runtime& rt, const char* line) {
  for (;;) {
    std::ostringstream seen;
    rt.dump(seen);
    if (seen.str().find(line) != std::string::npos) return;
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

int main() {
  fn::runtime other(options(1, "other"));
  fn::spawn(other, collector{}, {.label = "elsewhere"}).value();

  fn::runtime rt(options(2, "kitchen"));
  fn::spawn(rt, [](fn::process& self) { wait_at_depth(self, 2); }, {.label = "waiter", .scheduler = 1}).value();
  fn::spawn(rt, collector{}, {.label = "idle"}).value();

  const fn::pid picky =
      fn::spawn(rt, [](fn::process& self) { self.receive([](never_sent) {}); }, {.label = "picky", .scheduler = 1})
          .value();
  for (const char* dish : {"soup", "fish", "cake"}) fn::send(picky, order{dish});
  fn::send(picky, 1);

  std::promise<void> about_to_wait;
  const auto in_a_fiber_wait = [&about_to_wait](fn::process&) { wait_in_a_fiber_primitive(about_to_wait); };
  fn::spawn(rt, in_a_fiber_wait, {.label = "fiber", .scheduler = 1}).value();
  about_to_wait.get_future().wait();
  // Whoever runs behind it on the same scheduler sees it parked; and `picky` has seen all that was sent.
  std::promise<void> behind;
  fn::spawn(rt, [&behind](fn::process&) { behind.set_value(); }, {.scheduler = 1}).value();
  behind.get_future().wait();
  while (rt.process_count() != 4) std::this_thread::sleep_for(1ms);  // its slot is free: pids are the same each time
  wait_until_seen(rt, "\"waiter\" waiting");
  wait_until_seen(rt, "\"picky\" waiting");
  wait_until_seen(rt, "\"idle\" idle");
  wait_until_seen(other, "\"elsewhere\" idle");

  std::atomic<bool> stop{false};
  std::promise<void> begun;
  const auto busy = [&](fn::process& self) {
    self.receive(fn::when([](int n) { return n == 2; }, [](int) {}));  // what came before stays in the mailbox
    keep_the_thread(stop, begun);
  };
  const fn::pid runner = fn::spawn(rt, busy, {.label = "busy", .scheduler = 0}).value();
  fn::send(runner, order{"taken"});
  fn::send(runner, 2);
  begun.get_future().wait();
  for (int i = 0; i < 3; ++i) fn::send(runner, order{"not taken"});

  // A handler whose scheduler does not come to it.
  const fn::pid behind_it = fn::spawn(rt, collector{}, {.label = "queued", .scheduler = 0}).value();
  fn::send(behind_it, order{"one"});
  fn::send(behind_it, 2);
  fn::exit(behind_it, fn::exit_reason::shutdown);

  // Two that are no ordinary ones: this thread, and one that would not die.
  const fn::thread_process here(rt, "main");
  std::promise<void> stuck_begun;
  const auto stuck = [&](fn::process&) { keep_the_thread(stop, stuck_begun); };
  const fn::pid given_up = fn::spawn(rt, stuck, {.label = "stuck", .scheduler = 1}).value();
  stuck_begun.get_future().wait();
  fn::exit(given_up, fn::exit_reason::kill);
  while (rt.abandoned_count() == 0) std::this_thread::sleep_for(1ms);

  in_place();
  std::_Exit(0);  // not everybody here would end
}
