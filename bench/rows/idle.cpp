// SPDX-License-Identifier: Apache-2.0
//
// Processes that have had one message and wait for the next: the memory they take, and the time.
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "rows.hpp"

namespace ours {
namespace {

struct acknowledged {};
struct hello {
  fn::pid from;
};

class idler {
 public:
  using messages = fn::messages<hello>;
  void handle(fn::process&, const hello& h) { fn::send(h.from, acknowledged{}); }
};

void idle_loop(fn::process& self) {
  for (;;) self.receive([](const hello& h) { fn::send(h.from, acknowledged{}); });
}

/// Makes them, greets them, and waits for their answers; returns how many came.
template <typename Make>
number settle(fn::runtime& rt, number processes, Make make) {
  std::promise<number> all;
  auto got = all.get_future();
  const auto counter = fn::spawn(rt, [&](fn::process& self) {
                         number answers = 0;
                         while (answers != processes) self.receive([&](acknowledged) { ++answers; });
                         all.set_value(answers);
                       }).value();
  for (number i = 0; i != processes; ++i) fn::send(fn::spawn(rt, make()).value(), hello{counter});
  return got.get();
}

fn::runtime_options room_for(number processes, unsigned schedulers) {
  fn::runtime_options options;
  options.schedulers = schedulers;
  options.max_processes = processes + 16;
  return options;
}

/// As the peers' programs end: a million processes need not be told. To unwind each would take longer than the row.
[[noreturn]] void end_without_cleaning_up(const measures& result) {
  bench::print(result);
  std::fflush(stdout);
  std::_Exit(0);
}

template <typename Make>
measures weigh(const arguments& a, Make make) {
  const number processes = a["processes"];
  fn::runtime rt(room_for(processes, a.schedulers));
  const number before = bench::resident_bytes();
  const number check = settle(rt, processes, make);
  const number after = bench::resident_bytes();
  end_without_cleaning_up({{"bytes", after > before ? after - before : 0}, {"check", check}});
}

}  // namespace

measures idle_server(const arguments& a) {
  return weigh(a, [] { return idler{}; });
}
measures idle_process(const arguments& a) {
  return weigh(a, [] { return &idle_loop; });
}

measures idle_cpu(const arguments& a) {
  const number processes = a["processes"];
  fn::runtime rt(room_for(processes, a.schedulers));
  const number check = settle(rt, processes, [] { return idler{}; });
  const number before = bench::cpu_ns();
  std::this_thread::sleep_for(std::chrono::seconds(a["seconds"]));
  end_without_cleaning_up({{"cpu_ns", bench::cpu_ns() - before}, {"check", check}});
}

}  // namespace ours
