// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Reductions : public RuntimeTest {};

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

}  // namespace
}  // namespace foundation::testing
