// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Reductions : public RuntimeTest {};

/// Notes what its turns from the first message to the last one have cost.
struct taker {
  using messages = fn::messages<int>;
  void handle(fn::process& self, int i) {
    if (i == 0) first = self.reductions();
    if (i == last) told->store(self.reductions() - first);
  }
  std::atomic<std::uint64_t>* told;
  int last;
  std::uint64_t first = 0;
};

TEST_F(Reductions, are_counted_once_in_the_report_of_a_crash) {
  start({.schedulers = 1});
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.consume(1000);
                      throw std::runtime_error("enough");
                    }).value();
  wait_dead(p);
  stop();
  EXPECT_TRUE(logged("(1000 reductions)")) << (log().empty() ? "no report" : log().front());
}

TEST_F(Reductions, are_charged_for_a_reply_that_is_given_later) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      fn::reply_to<long> to;
                      self.receive([&](int) { to = self.reply_later<long>().value(); });
                      const std::uint64_t before = self.reductions();
                      EXPECT_TRUE(to.reply(42));
                      EXPECT_EQ(self.reductions() - before, 1u);
                    }).value();
  EXPECT_EQ(fn::request<long>(p, 21, 10s).value(), 42);
  wait_dead(p);
}

TEST_F(Reductions, are_those_charged_in_all_slices_so_far) {
  start({.schedulers = 1});
  std::atomic<std::uint64_t> seen{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (int i = 0; i < 20; ++i) self.consume(999);  // several slices
                      seen = self.reductions();
                    }).value();
  wait_dead(p);
  EXPECT_EQ(seen, 20u * 999u);
}

// So a receiver on the same scheduler that does no more keeps up with a sender, and its queue stays short.
TEST_F(Reductions, are_no_fewer_for_a_send_than_for_a_receive_of_what_was_sent) {
  start({.schedulers = 1});
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      constexpr int messages = 100;
                      const std::uint64_t before = self.reductions();
                      for (int i = 0; i != messages; ++i) fn::send(self.id(), i);
                      const std::uint64_t sent = self.reductions();
                      for (int i = 0; i != messages; ++i) self.receive([](int) {});
                      EXPECT_GE(sent - before, self.reductions() - sent);
                    }).value();
  wait_dead(p);
}

TEST_F(Reductions, are_no_fewer_for_a_send_than_for_a_turn_with_what_was_sent) {
  start({.schedulers = 1});
  constexpr int messages = 100;
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> sent{0};
  const fn::pid to = fn::spawn(rt(), taker{&taken, messages - 1}).value();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const std::uint64_t before = self.reductions();
                      for (int i = 0; i != messages; ++i) fn::send(to, i);
                      sent = self.reductions() - before;
                    }).value();
  wait_dead(p);
  wait_until([&] { return taken != 0; });
  EXPECT_GE(sent, taken);
  fn::exit(to, fn::exit_reason::kill);
  wait_dead(to);
}

}  // namespace
}  // namespace foundation::testing
