// SPDX-License-Identifier: Apache-2.0
//
// A plain thread asks a process, and sleeps until it has the answer.
#include "rows.hpp"

namespace ours {
namespace {

struct question {
  number value;
};

class answerer {
 public:
  using messages = fn::messages<question>;
  void handle(fn::process& self, question q) { self.reply(q.value + 1).value(); }
};

}  // namespace

measures request(const arguments& a) {
  const number requests = a["requests"];
  fn::runtime rt({.schedulers = a.schedulers});
  const fn::pid to = fn::spawn(rt, answerer{}).value();
  const fn::thread_process self(rt, "asker");  // so that each request need not make one
  const auto ask = [&](number i) { return fn::request<number>(to, question{i}, fn::infinity).value(); };
  for (number i = 0; i != warm_up(requests); ++i) ask(i);
  std::vector<number> each;
  each.reserve(requests);
  number check = 0;
  const number ns = elapsed_ns([&] {
    for (number i = 1; i <= requests; ++i) each.push_back(elapsed_ns([&] { check += ask(i); }));
  });
  measures result = {{"ns", ns}, {"check", check}};
  bench::add_percentiles(result, std::move(each));
  return result;
}

}  // namespace ours
