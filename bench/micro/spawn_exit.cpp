// SPDX-License-Identifier: Apache-2.0
//
// A process spawns others, each of which sends it one message and exits: the time of one such life.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <future>

#include <foundation/foundation.hpp>

namespace fn = foundation;

namespace {

constexpr std::uint32_t lives_a_round = 100'000;

struct answer {
  std::uint32_t number;
};

struct round {
  std::uint32_t at_once;  ///< spawned before the first answer is waited for
  std::promise<std::uint64_t> sum;
};

void parent(fn::process& self) {
  for (;;) {
    self.receive([&](round&& r) {
      std::uint64_t sum = 0;
      for (std::uint32_t begun = 0; begun < lives_a_round; begun += r.at_once) {
        for (std::uint32_t i = 0; i < r.at_once; ++i) {
          const auto child =
              fn::spawn(self, [to = self.id(), number = begun + i](fn::process&) { fn::send(to, answer{number}); });
          if (!child) return r.sum.set_value(0);
        }
        for (std::uint32_t i = 0; i < r.at_once; ++i) self.receive([&](answer a) { sum += a.number; });
      }
      r.sum.set_value(sum);
    });
  }
}

void spawn_exit(benchmark::State& state) {
  constexpr std::uint64_t expected = std::uint64_t{lives_a_round} * (lives_a_round - 1) / 2;
  fn::runtime rt({.schedulers = static_cast<unsigned>(state.range(0))});
  const fn::pid p = fn::spawn(rt, &parent, {.label = "parent"}).value();
  for (auto _ : state) {
    std::promise<std::uint64_t> sum;
    auto got = sum.get_future();
    fn::send(p, round{static_cast<std::uint32_t>(state.range(1)), std::move(sum)});
    if (got.get() != expected) state.SkipWithError("a child was not spawned, or its message was lost");
  }
  state.counters["per_life"] =
      benchmark::Counter(lives_a_round, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(spawn_exit)
    ->ArgNames({"schedulers", "at_once"})
    ->ArgsProduct({{1, 2}, {1, 100}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
