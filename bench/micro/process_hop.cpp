// SPDX-License-Identifier: Apache-2.0
//
// Two processes play ping-pong from blocking receive loops: the time of one hop, each with a switch of stacks.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <future>

#include <foundation/foundation.hpp>

namespace fn = foundation;

namespace {

constexpr std::uint32_t hops_a_match = 500'000;

struct ball {
  fn::pid from;
  std::uint32_t hops_left;
};

/// Plays matches for ever, and hands the number of its hits over when it gets a last ball.
class player {
 public:
  void operator()(fn::process& self) {
    std::uint64_t hits = 0;
    std::promise<std::uint64_t> end;
    for (;;) {
      self.receive(
          [&](const ball& b) {
            ++hits;
            if (b.hops_left != 0) {
              fn::send(b.from, ball{self.id(), b.hops_left - 1});
            } else {
              end.set_value(hits);
            }
          },
          [&](std::promise<std::uint64_t>&& next) {
            end = std::move(next);
            hits = 0;
          });
    }
  }
};

void process_hop(benchmark::State& state) {
  fn::runtime rt({.schedulers = static_cast<unsigned>(state.range(0))});
  const fn::pid first = fn::spawn(rt, player{}, {.label = "first"}).value();
  const fn::pid second = fn::spawn(rt, player{}, {.label = "second"}).value();
  for (auto _ : state) {
    std::promise<std::uint64_t> end;
    auto hits = end.get_future();
    fn::send(second, std::move(end));
    fn::send(first, ball{second, hops_a_match - 1});  // an even number of balls in all: the last is the second's
    if (hits.get() != hops_a_match / 2) state.SkipWithError("a ball was lost or came twice");
  }
  state.counters["per_hop"] =
      benchmark::Counter(hops_a_match, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(process_hop)->ArgName("schedulers")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
