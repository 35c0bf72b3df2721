// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct answer {
  int number;
};
struct noise {
  int number;
};

class ReceiveSince : public RuntimeTest {
 protected:
  template <typename F>
  void run(F&& body) {
    start({.schedulers = 1});
    wait_dead(fn::spawn(rt(), std::forward<F>(body)).value());
  }
};

/// The number of the first answer since `ref` that is there, or 0.
int answer_since(fn::process& self, fn::reference ref) {
  return self.receive(fn::since(ref), [](const answer& a) { return a.number; }, fn::after(0s, [] { return 0; }))
      .value();
}
int any_answer(fn::process& self) {
  return self.receive([](const answer& a) { return a.number; }, fn::after(0s, [] { return 0; })).value();
}

TEST_F(ReceiveSince, does_not_see_what_had_been_taken_over_before_the_reference_was_made) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    fn::send(self.id(), answer{1});
    self.receive(fn::after(0s));
    const fn::reference ref = self.make_reference();
    seen.push_back(answer_since(self, ref));
    fn::send(self.id(), answer{2});
    seen.push_back(answer_since(self, ref));
    seen.push_back(any_answer(self));
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 2, 1}));
}

TEST_F(ReceiveSince, does_not_see_what_had_arrived_unnoticed_before_the_reference_was_made) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    fn::send(self.id(), answer{1});
    const fn::reference ref = self.make_reference();
    fn::send(self.id(), answer{2});
    for (int i = 0; i < 2; ++i) seen.push_back(answer_since(self, ref));
    seen.push_back(any_answer(self));
  });
  EXPECT_EQ(seen, (std::vector<int>{2, 0, 1}));
}

TEST_F(ReceiveSince, costs_the_same_behind_a_long_queue_as_behind_a_short_one) {
  const auto cost_behind = [](fn::process& self, std::size_t queued) {
    for (std::size_t i = 0; i < queued; ++i) fn::send(self.id(), noise{0});
    const fn::reference ref = self.make_reference();
    fn::send(self.id(), answer{1});
    const std::uint64_t before = self.reductions();
    const int got = answer_since(self, ref);
    return got == 1 ? self.reductions() - before : 1'000'000'000;
  };
  std::uint64_t behind_few = 0;
  std::uint64_t behind_many = 0;
  run([&](fn::process& self) {
    behind_few = cost_behind(self, 10);
    behind_many = cost_behind(self, scaled(100'000, 5'000));
  });
  EXPECT_LE(behind_few, 100u);
  EXPECT_LE(behind_many, behind_few + 20);
}

TEST_F(ReceiveSince, waits_behind_a_long_queue_without_looking_at_it) {
  start({.schedulers = 1});
  std::atomic<int> got{0};
  std::atomic<std::uint64_t> cost{0};
  const std::size_t queued = scaled(100'000, 5'000);
  const fn::pid echo = fn::spawn(rt(), [](fn::process& self) {
                         for (;;) self.receive([](fn::pid from) { fn::send(from, answer{7}); });
                       }).value();
  fn::spawn(rt(), [&](fn::process& self) {
    for (std::size_t i = 0; i < queued; ++i) fn::send(self.id(), noise{0});
    const fn::reference ref = self.make_reference();
    const std::uint64_t before = self.reductions();
    fn::send(echo, self.id());
    self.receive(fn::since(ref), [&](const answer& a) { got = a.number; });
    cost = self.reductions() - before;
  }).value();
  wait_until([&] { return cost != 0; });
  EXPECT_EQ(got, 7);
  EXPECT_LE(cost, 1000u);
}

TEST_F(ReceiveSince, looks_at_every_message_for_a_reference_that_is_no_longer_remembered) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    fn::send(self.id(), answer{1});
    const fn::reference old = self.make_reference();
    std::array<fn::reference, 4> fresh;
    for (auto& ref : fresh) ref = self.make_reference();
    for (const auto& ref : fresh) seen.push_back(answer_since(self, ref));
    seen.push_back(answer_since(self, old));
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 0, 0, 0, 1}));
}

TEST_F(ReceiveSince, looks_at_every_message_for_a_reference_of_somebody_else_or_none) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    for (int i = 1; i <= 2; ++i) fn::send(self.id(), answer{i});
    static_cast<void>(self.make_reference());
    const fn::pid me = self.id();
    static_cast<void>(fn::spawn(self, [me](fn::process& other) { fn::send(me, other.make_reference()); }));
    const fn::reference foreign = self.receive([](fn::reference ref) { return ref; }).value();
    seen.push_back(answer_since(self, foreign));
    seen.push_back(answer_since(self, fn::reference()));
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST_F(ReceiveSince, remembers_its_place_when_the_message_in_front_of_it_is_taken) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    fn::send(self.id(), noise{1});
    fn::send(self.id(), answer{1});
    const fn::reference ref = self.make_reference();  // its mark is on answer 1
    fn::send(self.id(), answer{2});
    seen.push_back(any_answer(self));  // takes the marked one: the mark moves to the noise
    fn::send(self.id(), answer{3});
    seen.push_back(answer_since(self, ref));
    self.receive([&](const noise& n) { seen.push_back(10 * n.number); });  // the mark moves to the queue's beginning
    fn::send(self.id(), answer{4});
    seen.push_back(answer_since(self, ref));
    seen.push_back(answer_since(self, ref));
    fn::send(self.id(), answer{5});
    seen.push_back(answer_since(self, ref));
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 10, 3, 4, 5}));
}

TEST_F(ReceiveSince, sees_everything_that_comes_after_a_reference_made_on_an_empty_mailbox) {
  std::vector<int> seen;
  run([&](fn::process& self) {
    const fn::reference ref = self.make_reference();
    for (int i = 1; i <= 2; ++i) fn::send(self.id(), answer{i});
    for (int i = 0; i < 3; ++i) seen.push_back(answer_since(self, ref));
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 0}));
}

}  // namespace
}  // namespace foundation::testing
