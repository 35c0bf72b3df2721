// SPDX-License-Identifier: Apache-2.0
//
// How many blocks of memory things cost. Counted by a process on the only scheduler, where nobody else allocates
// meanwhile.
#include <array>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Allocations : public RuntimeTest {
 protected:
  /// Runs `body(self)` as a process on the only scheduler, to its end.
  template <typename Body>
  void run(Body&& body) {
    start({.schedulers = 1});
    wait_dead(fn::spawn(rt(), std::forward<Body>(body)).value());
  }

  template <typename Operation>
  long blocks_of(Operation&& operation) {
    const long before = probe.made();
    operation();
    return probe.made() - before;
  }
};

struct idle {
  using messages = fn::messages<int>;
  void handle(fn::process&, int) {}
};

template <std::size_t Alignment>
struct alignas(Alignment) aligned {
  std::array<char, Alignment> bytes{};
};

TEST_F(Allocations, a_send_costs_one_whatever_its_size) {
  std::vector<long> found;
  run([&](fn::process& self) {
    const fn::pid taker = fn::spawn(self, [](fn::process& t) { t.receive([](std::nullptr_t) {}); }).value();
    const fn::pid server = fn::spawn(self, idle{}).value();
    const auto count = [&](auto message) { found.push_back(blocks_of([&] { fn::send(taker, std::move(message)); })); };
    count(1);
    count(std::array<char, 10'000>{});
    count(aligned<64>{});
    count(aligned<4096>{});
    for (int i = 0; i < 3; ++i) found.push_back(blocks_of([&] { fn::send(server, 1); }));
    fn::send(taker, nullptr);
    fn::exit(server, fn::exit_reason::kill);
  });
  EXPECT_EQ(found, std::vector<long>(7, 1));
}

TEST_F(Allocations, a_spawn_costs_one_whatever_it_captures_and_is_called) {
  std::vector<long> found;
  run([&](fn::process& self) {
    static_cast<void>(fn::spawn(self, [](fn::process&) {}));  // the first few may have to make room in the table
    const auto count = [&](auto body, const fn::spawn_options& options) {
      found.push_back(blocks_of([&] { EXPECT_TRUE(fn::spawn(self, std::move(body), options)); }));
    };
    const auto captures = [](auto captured) { return [captured](fn::process&) { static_cast<void>(captured); }; };
    count(captures(1), {});
    count(captures(std::array<char, 10'000>{}), {});
    count(captures(aligned<64>{}), {});
    count(captures(1), {.label = std::string(255, 'x')});
    count(captures(1), {.priority = fn::priority::high});
  });
  EXPECT_EQ(found, std::vector<long>(5, 1));
}

TEST_F(Allocations, a_question_and_its_answer_cost_one_each_and_the_waiting_none) {
  constexpr int rounds = 100;
  long found = 0;
  run([&](fn::process& self) {
    const fn::pid echo = fn::spawn(self, [](fn::process& e) {
                           while (const auto from = e.receive([](fn::pid p) { return p; })) fn::send(*from, 1);
                         }).value();
    const auto ask = [&] {
      fn::send(echo, self.id());
      self.receive([](int) {});
    };
    ask();  // both have their stacks now
    found = blocks_of([&] {
      for (int i = 0; i < rounds; ++i) ask();
    });
    fn::exit(echo, fn::exit_reason::kill);
  });
  EXPECT_EQ(found, 2 * rounds);
}

TEST_F(Allocations, timed_waits_cost_a_process_one_in_all) {
  constexpr int rounds = 100;
  long found = 0;
  run([&](fn::process& self) {
    const fn::pid echo = fn::spawn(self, [](fn::process& e) {
                           while (const auto from = e.receive([](fn::pid p) { return p; })) fn::send(*from, 1);
                         }).value();
    found = blocks_of([&] {
      for (int i = 0; i < rounds; ++i) {
        fn::send(echo, self.id());
        self.receive([](int) {}, fn::after(24h));
        self.receive([](int) {}, fn::after(0s));
      }
    });
    fn::exit(echo, fn::exit_reason::kill);
  });
  EXPECT_EQ(found, 2 * rounds + 1);
}

}  // namespace
}  // namespace foundation::testing
