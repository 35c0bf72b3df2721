// SPDX-License-Identifier: Apache-2.0
//
// Timers that are started and cancelled, as time limits mostly are.
#include <future>

#include "rows.hpp"

namespace ours {
namespace {

struct too_late {};

number start_and_cancel(fn::runtime& rt, number timers) {
  std::promise<number> cancelled;
  auto got = cancelled.get_future();
  fn::spawn(rt, [&](fn::process& self) {
    number count = 0;
    for (number i = 0; i != timers; ++i) {
      if (fn::send_after(std::chrono::hours(1), self.id(), too_late{}).value().cancel()) ++count;
    }
    cancelled.set_value(count);
  }).value();
  return got.get();
}

}  // namespace

measures timer(const arguments& a) {
  const number timers = a["timers"];
  fn::runtime rt({.schedulers = a.schedulers});
  start_and_cancel(rt, warm_up(timers));
  number check = 0;
  const number ns = elapsed_ns([&] { check = start_and_cancel(rt, timers); });
  return {{"ns", ns}, {"check", check}};
}

}  // namespace ours
