// SPDX-License-Identifier: Apache-2.0
//
// How long it takes to look at the memory of very many processes, and to have it given back.
#include <atomic>
#include <vector>

#include "measures.hpp"

namespace memory {

namespace {

struct server {
  using messages = fn::messages<number>;
  void handle(fn::process&, number) {
    ++*handled;
    handled->notify_one();
  }
  std::atomic<number>* handled;
};

}  // namespace

measures analysis(const arguments& a) {
  fn::runtime rt({.schedulers = a.schedulers, .max_processes = static_cast<std::size_t>(a["servers"] + a["waiting"]) + 100});
  std::atomic<number> ready = 0;
  for (number i = 0; i != a["servers"]; ++i) {
    fn::send(fn::spawn(rt, server{&ready}).value(), i);
  }
  const auto wait = [&ready](fn::process& self) {
    ++ready;
    ready.notify_one();
    self.receive([](std::nullptr_t) {});
  };
  for (number i = 0; i != a["waiting"]; ++i) static_cast<void>(fn::spawn(rt, wait).value());
  for (number n = ready; n != a["servers"] + a["waiting"]; n = ready) ready.wait(n);
  const auto look = [&] {
    fn::memory_analysis seen;
    const number took = elapsed_ns([&] { seen = fn::analyze_memory_usage(rt).value(); });
    bench::expect("processes", seen.processes.count, a["servers"] + a["waiting"]);
    return took;
  };
  const number first = look();
  const number again = look();
  number asked = 0;
  const auto give_back = [&](fn::memory_optimization strategy) {
    return elapsed_ns([&] {
      const auto freed = fn::optimize_memory(rt, strategy, {.timeout = std::chrono::minutes(1)}).value();
      bench::expect("unanswered", freed.unanswered + freed.caches_unanswered, 0);
      asked = freed.asked;
    });
  };
  const number trim = give_back(fn::memory_optimization::trim);
  const number compact = give_back(fn::memory_optimization::compact);
  bench::expect("whether all that wait were asked", number(asked >= a["waiting"]), 1);
  return {{"first_ns", first}, {"again_ns", again}, {"trim_ns", trim}, {"compact_ns", compact}};
}

}  // namespace memory
