// SPDX-License-Identifier: Apache-2.0
//
// The walks that every message and every process takes, each under a name, for callgrind to count their instructions: outside
// of `counted` nothing is. One scheduler, so that the counts depend on nothing but the code.
#include <valgrind/callgrind.h>

#include <cstdint>
#include <cstdio>
#include <future>
#include <string>

#include <foundation/foundation.hpp>

namespace fn = foundation;

namespace {

constexpr std::uint64_t steps = 500;  // below what a slice lasts

/// From `begin` to `end` instructions are counted, under the walk's name; both on any thread.
class counted {
 public:
  explicit counted(std::string walk) : walk_(std::move(walk)) {}
  void begin() {
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
  }
  void end(std::uint64_t units) {
    CALLGRIND_TOGGLE_COLLECT;
    const std::string described = walk_ + " " + std::to_string(units);
    CALLGRIND_DUMP_STATS_AT(described.c_str());
  }

 private:
  std::string walk_;
};

struct item {
  std::uint64_t number;
};
struct ball {
  fn::pid from;
  std::uint64_t hops_left;
};

/// Runs `work` in a process of its own, twice: the first time everything is cold.
template <typename Work>
void walk(fn::runtime& rt, const char* name, Work work) {
  for (const std::string& shown : {std::string("cold"), std::string(name)}) {
    std::promise<void> done;
    auto ended = done.get_future();
    fn::spawn(rt, [&](fn::process& self) {
      counted count(shown);
      work(self, count);
      done.set_value();
    }).value();
    ended.get();
  }
}

/// Ends the count at the last of `steps` items.
class sink {
 public:
  using messages = fn::messages<item>;
  sink(counted* count, fn::pid parent) : count_(count), parent_(parent) {}
  void handle(fn::process& self, item i) {
    if (count_ != nullptr && i.number == 1) count_->begin();
    if (i.number != steps) return;
    if (count_ != nullptr) count_->end(steps - 1);
    fn::send(parent_, i);
    self.exit(fn::exit_reason::normal);
  }

 private:
  counted* count_;
  fn::pid parent_;
};

void send_all(fn::pid to) {
  for (std::uint64_t i = 1; i <= steps; ++i) fn::send(to, item{i});
}

/// A message sent to a process that is ready already.
void send_walk(fn::process& self, counted& count) {
  const fn::pid to = fn::spawn(self, sink(nullptr, self.id())).value();
  count.begin();
  send_all(to);
  count.end(steps);
  self.receive([](item) {});
}

/// A message taken by a handler, of many that wait.
void turn_walk(fn::process& self, counted& count) {
  send_all(fn::spawn(self, sink(&count, self.id())).value());
  self.receive([](item) {});
}

/// A message taken by a receive, of many that wait.
void receive_walk(fn::process& self, counted& count) {
  send_all(self.id());
  count.begin();
  for (std::uint64_t i = 0; i != steps; ++i) self.receive([](item) {});
  count.end(steps);
}

/// From one process to another that is ready: each gives the scheduler away.
void switch_walk(fn::process& self, counted& count) {
  const fn::pid other = fn::spawn(self, [](fn::process& p) {
                          for (;;) p.sleep(std::chrono::seconds(0));
                        }).value();
  self.sleep(std::chrono::seconds(0));
  count.begin();
  for (std::uint64_t i = 0; i != steps; ++i) self.sleep(std::chrono::seconds(0));
  count.end(2 * steps);
  fn::exit(other, fn::exit_reason::kill);
}

/// One hop of a game of ping-pong: a send, and the turn it causes.
class player {
 public:
  using messages = fn::messages<ball>;
  explicit player(fn::pid parent) : parent_(parent) {}
  void handle(fn::process& self, const ball& b) {
    if (b.hops_left == 0) {
      fn::send(parent_, item{0});
    } else {
      fn::send(b.from, ball{self.id(), b.hops_left - 1});
    }
  }

 private:
  fn::pid parent_;
};

void server_hop_walk(fn::process& self, counted& count) {
  const fn::pid one = fn::spawn(self, player(self.id())).value();
  const fn::pid two = fn::spawn(self, player(self.id())).value();
  count.begin();
  fn::send(one, ball{two, steps});
  self.receive([](item) {});
  count.end(steps);
  for (const fn::pid p : {one, two}) fn::exit(p, fn::exit_reason::kill);
}

/// The same between blocking loops: a send, a switch, a receive.
void process_hop_walk(fn::process& self, counted& count) {
  const fn::pid parent = self.id();
  const auto loop = [parent](fn::process& p) {
    player rules(parent);
    for (;;) p.receive([&](const ball& b) { rules.handle(p, b); });
  };
  const fn::pid one = fn::spawn(self, loop).value();
  const fn::pid two = fn::spawn(self, loop).value();
  count.begin();
  fn::send(one, ball{two, steps});
  self.receive([](item) {});
  count.end(steps);
  for (const fn::pid p : {one, two}) fn::exit(p, fn::exit_reason::kill);
}

/// A process is made, and does not run yet.
void spawn_walk(fn::process& self, counted& count) {
  constexpr std::uint64_t lives = 20;  // each costs as many reductions as 25 sends
  const fn::pid me = self.id();
  count.begin();
  for (std::uint64_t i = 0; i != lives; ++i) fn::spawn(self, [me](fn::process&) { fn::send(me, item{0}); }).value();
  count.end(lives);
  for (std::uint64_t i = 0; i != lives; ++i) self.receive([](item) {});
}

/// It begins, returns, and is gone.
void exit_walk(fn::process& self, counted& count) {
  constexpr std::uint64_t lives = 20;  // so that none of them begins before all are there
  self.sleep(std::chrono::seconds(0));
  for (std::uint64_t i = 0; i != lives; ++i) fn::spawn(self, [](fn::process&) {}).value();
  count.begin();
  self.sleep(std::chrono::seconds(0));
  count.end(lives);
}

/// A timer is started and cancelled.
void timer_walk(fn::process& self, counted& count) {
  const auto once = [&] { static_cast<void>(fn::send_after(std::chrono::hours(1), self.id(), item{0}).value().cancel()); };
  once();
  count.begin();
  for (std::uint64_t i = 0; i != steps; ++i) once();
  count.end(steps);
}

}  // namespace

/// First the compiler's name, on which the counts depend.
int main() {
  fn::runtime rt({.schedulers = 1});
  walk(rt, "send", send_walk);
  walk(rt, "turn", turn_walk);
  walk(rt, "receive", receive_walk);
  walk(rt, "switch", switch_walk);
  walk(rt, "server_hop", server_hop_walk);
  walk(rt, "process_hop", process_hop_walk);
  walk(rt, "spawn", spawn_walk);
  walk(rt, "exit", exit_walk);
  walk(rt, "timer", timer_walk);
#ifdef __clang__
  std::printf("Clang-%d walked\n", __clang_major__);
#else
  std::printf("GCC-%d walked\n", __GNUC__);
#endif
}
