// SPDX-License-Identifier: Apache-2.0
//
// What the system has back when processes that had much memory have ended.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "measures.hpp"

namespace memory {

measures after_the_end(const arguments& a) {
  using namespace std::chrono_literals;
  constexpr std::size_t bytes = 256;
  fn::runtime rt({.schedulers = a.schedulers});
  std::atomic<number> blocks = 0;
  std::atomic<number> held = 0;
  const auto run = [&](fn::process& self) {
    for (number i = 0; i != a["blocks"]; ++i) {
      *static_cast<number*>(self.arena().allocate(bytes)) = i;
      if (i % 1000 == 0) self.checkpoint();
    }
    held += self.memory().arena;
    blocks += a["blocks"];
    blocks.notify_one();
    self.receive([](int) {});
  };
  const number before = bench::resident_bytes();
  std::vector<fn::pid> all;
  for (number i = 0; i != a["processes"]; ++i) all.push_back(fn::spawn(rt, run, {.memory = strategy_of(a)}).value());
  for (number n = blocks; n != a["blocks"] * a["processes"]; n = blocks) blocks.wait(n);
  bench::expect("whether all blocks were in arenas", number(held >= blocks * bytes), 1);
  const number peak = bench::resident_bytes();
  const auto above = [before](number now) { return now > before ? now - before : 0; };
  const number took = elapsed_ns([&] {
    for (const fn::pid p : all) fn::exit(p, fn::exit_reason::shutdown);
    for (const fn::pid p : all) fn::wait_gone(p, 10s).value();
  });
  const number at_once = bench::resident_bytes();
  std::this_thread::sleep_for(1s);
  const number later = bench::resident_bytes();
  return {{"alive", above(peak)}, {"gone", above(at_once)}, {"a_second_later", above(later)}, {"end_ns", took}};
}

}  // namespace memory
