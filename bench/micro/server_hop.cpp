// SPDX-License-Identifier: Apache-2.0
//
// Two servers play ping-pong: the time of one hop, from a send in one turn to the turn it causes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <future>

#include <foundation/foundation.hpp>

namespace fn = foundation;

namespace {

constexpr std::uint32_t hops_a_match = 1'000'000;

struct ball {
  fn::pid from;
  std::uint32_t hops_left;
};

/// Plays the ball back until no hop is left, then says how often it was hit.
class player {
 public:
  using messages = fn::messages<ball, std::promise<std::uint64_t>>;

  void handle(fn::process& self, const ball& b) {
    ++hits_;
    if (b.hops_left != 0) {
      fn::send(b.from, ball{self.id(), b.hops_left - 1});
    } else if (waits_) {
      end_.set_value(hits_);
    }
  }
  /// The side that gets the last ball is asked before the match.
  void handle(fn::process&, std::promise<std::uint64_t>&& end) {
    end_ = std::move(end);
    waits_ = true;
    hits_ = 0;
  }

 private:
  std::promise<std::uint64_t> end_;
  std::uint64_t hits_ = 0;
  bool waits_ = false;
};

void server_hop(benchmark::State& state) {
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
BENCHMARK(server_hop)->ArgName("schedulers")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
