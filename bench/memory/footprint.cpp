// SPDX-License-Identifier: Apache-2.0
//
// What a process holds after a burst: it has taken many blocks in one turn, and freed them in the same.
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "measures.hpp"

namespace memory {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t block_bytes = 256;

struct burst {
  number blocks;
  std::promise<number>* held;  ///< by its arena, when all of them are lent
};
struct next_turn {
  std::promise<number>* held;  ///< before it does anything
};

struct server {
  using messages = fn::messages<burst, next_turn>;
  void handle(fn::process& self, const burst& b) {
    std::vector<void*> all(b.blocks);
    for (void*& each : all) each = self.arena().allocate(block_bytes);
    b.held->set_value(self.memory().arena);
    for (void* each : all) self.arena().deallocate(each, block_bytes);
  }
  void handle(fn::process& self, const next_turn& n) { n.held->set_value(self.memory().arena); }
};

/// What it holds when it has had nothing to do for a while.
number held_when_idle(fn::pid p) {
  std::this_thread::sleep_for(20ms);
  return fn::process_info(p).value().memory.arena;
}

}  // namespace

measures footprint(const arguments& a) {
  fn::runtime rt({.schedulers = a.schedulers});
  const fn::pid p = fn::spawn(rt, server{}, {.memory = strategy_of(a), .gc = gc_of(a)}).value();
  std::promise<number> with_one;
  fn::send(p, burst{1, &with_one});
  const number one = with_one.get_future().get();
  std::promise<number> in_burst;
  std::promise<number> after;
  // Both within one slice of a process, so that there is no pause between them where one scheduler runs all.
  fn::spawn(rt, [&](fn::process&) {
    fn::send(p, burst{a["blocks"], &in_burst});
    fn::send(p, next_turn{&after});
  }).value();
  const number peak = in_burst.get_future().get();
  const number next = after.get_future().get();
  bench::expect("whether all blocks were in the arena", number(peak >= a["blocks"] * block_bytes), 1);
  return {{"one", one}, {"peak", peak}, {"next_turn", next}, {"idle", held_when_idle(p)}};
}

measures footprint_of_many(const arguments& a) {
  fn::runtime rt({.schedulers = a.schedulers});
  std::vector<fn::pid> all;
  for (number i = 0; i != a["processes"]; ++i) {
    all.push_back(fn::spawn(rt, server{}, {.memory = strategy_of(a), .gc = gc_of(a)}).value());
  }
  number peaks = 0;
  const number before = bench::resident_bytes();
  for (const fn::pid p : all) {
    std::promise<number> peak;
    fn::send(p, burst{a["blocks"], &peak});
    peaks += peak.get_future().get();
  }
  number held = 0;
  for (const fn::pid p : all) held += fn::process_info(p).value().memory.arena;
  bench::expect("whether all blocks were in arenas", number(peaks >= a["processes"] * a["blocks"] * block_bytes), 1);
  std::this_thread::sleep_for(1s);  // the general allocator gives some back after a while
  const number after = bench::resident_bytes();
  return {{"held_each", held / a["processes"]},
          {"resident_each", after > before ? (after - before) / a["processes"] : 0}};
}

}  // namespace memory
