// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Handler : public RuntimeTest {};

/// What a handler saw, in order; read by the test while it runs.
class journal {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::size_t size() { return lines().size(); }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

using strings = std::vector<std::string>;

/// Notes when its last copy is gone.
struct witness {
  journal* seen;
  std::string what;
  explicit witness(journal& j, std::string w) : seen(&j), what(std::move(w)) {}
  witness(witness&& other) noexcept : seen(std::exchange(other.seen, nullptr)), what(std::move(other.what)) {}
  ~witness() {
    if (seen != nullptr) seen->add(what);
  }
};

struct query {
  fn::pid from;
};
struct go {};

struct counter {
  using messages = fn::messages<int, query>;
  void handle(fn::process&, int by) { count += by; }
  void handle(fn::process&, const query& q) const { fn::send(q.from, count); }
  int count = 0;
};

TEST_F(Handler, keeps_its_state_from_one_message_to_the_next) {
  start();
  const fn::pid p = fn::spawn(rt(), counter{}).value();
  std::atomic<int> answer{0};
  for (int i = 1; i <= 100; ++i) fn::send(p, i);
  fn::spawn(rt(), [&](fn::process& self) {
    fn::send(p, query{self.id()});
    answer = self.receive([](int n) { return n; }).value();
  }).value();
  wait_until([&] { return answer != 0; });
  EXPECT_EQ(answer, 5050);
}

struct every_binding {
  using messages = fn::messages<char, short, int, std::unique_ptr<int>, std::string>;
  void handle(fn::process&, char c) { seen->add({c}); }
  void handle(fn::process&, const short& n) { seen->add(std::to_string(n)); }
  void handle(fn::process&, int& n) { seen->add(std::to_string(n)); }
  void handle(fn::process&, std::unique_ptr<int> n) { seen->add(std::to_string(*n)); }
  void handle(fn::process&, std::string&& s) { seen->add(std::move(s)); }
  journal* seen;
};

TEST_F(Handler, takes_messages_by_value_by_reference_and_by_rvalue_reference) {
  start();
  journal seen;
  const fn::pid p = fn::spawn(rt(), every_binding{&seen}).value();
  fn::send(p, 'a');
  fn::send(p, short{1});
  fn::send(p, 2);
  fn::send(p, std::make_unique<int>(3));
  fn::send(p, std::string("four"));
  wait_until([&] { return seen.size() == 5; });
  EXPECT_EQ(seen.lines(), (strings{"a", "1", "2", "3", "four"}));
}

TEST_F(Handler, drops_and_logs_a_message_of_a_type_it_does_not_list) {
  start();
  journal seen;
  const fn::pid p = fn::spawn(rt(), every_binding{&seen}, {.label = "picky"}).value();
  fn::send(p, 1);
  fn::send(p, go{});
  fn::send(p, witness(seen, "dropped"));
  fn::send(p, 2);
  wait_until([&] { return seen.size() == 3; });
  stop();
  EXPECT_EQ(seen.lines(), (strings{"1", "dropped", "2"}));
  EXPECT_TRUE(logged("\"picky\" has no handler for a message of type"));
  EXPECT_TRUE(logged("go")) << "the type's name is in the line";
}

/// Waits inside its turn for a `go`, and notes what it handles.
struct waiter {
  using messages = fn::messages<int, std::string>;
  void handle(fn::process&, int n) { seen->add(std::to_string(n)); }
  void handle(fn::process& self, const std::string& text) {
    seen->add(text);
    self.receive([](go) {});
    seen->add(text + " over");
  }
  journal* seen;
};

TEST_F(Handler, blocked_inside_a_turn_keeps_its_other_messages_in_order) {
  start();
  journal seen;
  const fn::pid p = fn::spawn(rt(), waiter{&seen}).value();
  fn::send(p, std::string("turn"));
  wait_until([&] { return seen.size() == 1; });
  for (int i = 1; i <= 3; ++i) fn::send(p, i);
  fn::send(p, std::string("second"));
  fn::send(p, 4);
  fn::send(p, go{});
  fn::send(p, go{});
  wait_until([&] { return seen.size() == 8; });
  EXPECT_EQ(seen.lines(), (strings{"turn", "turn over", "1", "2", "3", "second", "second over", "4"}));
}

/// Takes the numbers up to a text inside the turn that the text begins.
struct collector {
  using messages = fn::messages<std::string, int>;
  void handle(fn::process& self, const std::string&) {
    int sum = 0;
    for (int i = 0; i < 2; ++i) self.receive([&](int n) { sum += n; });
    seen->add("sum " + std::to_string(sum));
  }
  void handle(fn::process&, int n) { seen->add("turn " + std::to_string(n)); }
  journal* seen;
};

TEST_F(Handler, a_receive_inside_a_turn_takes_messages_that_no_turn_sees_then) {
  start();
  journal seen;
  const fn::pid p = fn::spawn(rt(), collector{&seen}).value();
  fn::send(p, 1);
  fn::send(p, std::string("collect"));
  fn::send(p, 2);
  fn::send(p, 3);
  fn::send(p, 4);
  wait_until([&] { return seen.size() == 3; });
  EXPECT_EQ(seen.lines(), (strings{"turn 1", "sum 5", "turn 4"}));
}

struct sleeper {
  using messages = fn::messages<int>;
  void handle(fn::process& self, int n) {
    self.sleep(1ms);
    fn::send(reader, n);
    if (n < 5) fn::send(self.id(), n + 1);
  }
  fn::pid reader;
};

TEST_F(Handler, may_sleep_in_a_turn_and_send_to_itself) {
  start();
  journal seen;
  const fn::pid reader = fn::spawn(rt(), every_binding{&seen}).value();
  fn::send(fn::spawn(rt(), sleeper{reader}).value(), 1);
  wait_until([&] { return seen.size() == 5; });
  EXPECT_EQ(seen.lines(), (strings{"1", "2", "3", "4", "5"}));
}

struct fragile {
  using messages = fn::messages<std::string, witness, go>;
  void handle(fn::process&, const std::string& s) {
    if (s == "throw") throw std::runtime_error("a turn failed");
  }
  void handle(fn::process& self, const witness&) { self.exit(fn::exit_reason::shutdown); }
  void handle(fn::process&, go) {}
  witness end;
};

TEST_F(Handler, ends_with_the_exception_that_leaves_a_turn) {
  start();
  journal seen;
  const fn::pid p = fn::spawn(rt(), fragile{witness(seen, "handler destroyed")}, {.label = "fragile"}).value();
  fn::send(p, std::string("fine"));
  fn::send(p, std::string("throw"));
  fn::send(p, witness(seen, "never taken"));
  wait_dead(p);
  stop();
  EXPECT_EQ(seen.lines(), (strings{"handler destroyed", "never taken"}));
  EXPECT_TRUE(logged("\"fragile\" crashed"));
  EXPECT_TRUE(logged("a turn failed"));
}

TEST_F(Handler, destroys_the_message_of_a_turn_that_ends_the_process) {
  start();
  journal seen;
  const fn::pid p = fn::spawn(rt(), fragile{witness(seen, "handler destroyed")}).value();
  fn::send(p, witness(seen, "message destroyed"));
  wait_dead(p);
  stop();
  EXPECT_EQ(seen.lines(), (strings{"message destroyed", "handler destroyed"}));
  EXPECT_TRUE(log().empty()) << "an orderly end is no crash";
}

TEST_F(Handler, killed_while_idle_and_while_blocked_in_a_turn_destroys_what_waits) {
  start();
  journal seen;
  const fn::pid idle = fn::spawn(rt(), fragile{witness(seen, "idle")}).value();
  fn::exit(idle, fn::exit_reason::kill);
  wait_dead(idle);

  journal turns;
  const fn::pid blocked = fn::spawn(rt(), waiter{&turns}).value();
  fn::send(blocked, std::string("turn"));
  wait_until([&] { return turns.size() == 1; });
  fn::send(blocked, witness(seen, "queued"));
  fn::exit(blocked, fn::exit_reason::kill);
  wait_dead(blocked);
  stop();
  EXPECT_EQ(seen.lines(), (strings{"idle", "queued"}));
  EXPECT_EQ(turns.lines(), (strings{"turn"}));
}

/// The other end of a long exchange: each turn answers the one before.
struct player {
  using messages = fn::messages<query, int>;
  void handle(fn::process& self, const query& q) {
    other = q.from;
    fn::send(other, query{self.id()});
  }
  void handle(fn::process&, int n) {
    if (n == 0) {
      *done = true;
    } else {
      fn::send(other, n - 1);
    }
  }
  std::atomic<bool>* done;
  fn::pid other = {};
};

struct starter {
  using messages = fn::messages<query, int>;
  void handle(fn::process&, const query& q) { fn::send(q.from, turns); }
  void handle(fn::process&, int n) { fn::send(partner, n - 1); }
  fn::pid partner;
  int turns;
};

TEST_F(Handler, two_of_them_may_hand_one_message_to_and_fro_for_long) {
  start();
  std::atomic<bool> done{false};
  const int turns = static_cast<int>(scaled(100'000, 1'000)) * 2;
  const fn::pid partner = fn::spawn(rt(), player{&done}).value();
  const fn::pid first = fn::spawn(rt(), starter{partner, turns}).value();
  fn::send(partner, query{first});
  wait_until([&] { return done.load(); });
}

/// What players note of the hops from one's turn to the other's. Only the one scheduler's thread writes it.
struct hops {
  int open = 0;                 // turns that have begun and not ended: a slice may end inside of one
  std::uintptr_t ended_at = 0;  // the frame of the turn that ended last
  int seen = 0;
  std::uintptr_t furthest = 0;  // from that frame to the next turn's
  std::atomic<bool> done{false};
};

/// Hands a number back until it is 0.
struct noting_player {
  using messages = fn::messages<fn::pid, int>;
  void handle(fn::process&, fn::pid p) { partner = p; }
  void handle(fn::process&, int n) {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (noted->open == 0 && noted->ended_at != 0) {
      ++noted->seen;
      noted->furthest = std::max(noted->furthest, std::max(here, noted->ended_at) - std::min(here, noted->ended_at));
    }
    ++noted->open;
    if (n > 0) fn::send(partner, n - 1);
    --noted->open;
    noted->ended_at = here;
    if (n == 0) noted->done = true;
  }
  hops* noted;
  fn::pid partner = {};
};

TEST_F(Handler, a_hop_between_two_on_one_scheduler_switches_no_stack) {
  start({.schedulers = 1});
  constexpr int turns = 10'000;  // more than a slice has
  hops noted;
  const fn::pid first = fn::spawn(rt(), noting_player{&noted}).value();
  const fn::pid second = fn::spawn(rt(), noting_player{&noted}).value();
  fn::send(first, second);
  fn::send(second, first);
  fn::send(first, turns);
  wait_until([&] { return noted.done.load(); });
  EXPECT_GT(noted.seen, turns / 2);
  EXPECT_LT(noted.furthest, fn::runtime_options{}.stack_size / 2) << "so far apart are frames on two stacks only";
}

}  // namespace
}  // namespace foundation::testing
