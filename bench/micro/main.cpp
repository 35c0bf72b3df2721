// SPDX-License-Identifier: Apache-2.0
//
// The walks of a message and of a process under Google Benchmark, without peers: for its filters, repetitions and
// statistics while one of them is worked on. An iteration is a run of the row, whose warm-up is not counted. Beside
// them what the other files here measure.
#include <benchmark/benchmark.h>

#include <string>

#include <foundation/runtime.hpp>

#include "rows/rows.hpp"

namespace {

using bench::arguments;
using bench::measures;
using bench::number;

number value_of(const measures& result, std::string_view name) {
  for (const auto& [each, value] : result) {
    if (each == name) return value;
  }
  return 0;
}

/// `unit`: the parameter that says how many units a run is.
void run_row(benchmark::State& state, measures (*row)(const arguments&), arguments given, std::string_view unit, number right) {
  given.schedulers = static_cast<unsigned>(state.range(0));
  for (auto _ : state) {
    const measures result = row(given);
    if (value_of(result, "check") != right) return state.SkipWithError("a wrong result");
    state.SetIterationTime(static_cast<double>(value_of(result, "ns")) * 1e-9);
  }
  state.counters["each"] = benchmark::Counter(static_cast<double>(given[unit]),
                                              benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void add(const char* name, measures (*row)(const arguments&), arguments given, const char* unit, number right) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { run_row(state, row, given, unit, right); })
      ->ArgName("schedulers")
      ->Arg(1)
      ->Arg(2)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  constexpr number hops = 1'000'000;
  constexpr number lives = 100'000;
  add("server_hop", ours::server_hop, {.values = {{"hops", hops}}}, "hops", hops);
  add("process_hop", ours::process_hop, {.values = {{"hops", hops}}}, "hops", hops);
  add("server_hop_limited", ours::server_hop_limited, {.values = {{"hops", hops}}}, "hops", hops);
  add("process_hop_limited", ours::process_hop_limited, {.values = {{"hops", hops}}}, "hops", hops);
  for (const number at_once : {number{1}, number{100}}) {
    const std::string name = "spawn_exit/at_once:" + std::to_string(at_once);
    add(name.c_str(), ours::spawn_exit, {.values = {{"lives", lives}, {"at_once", at_once}}}, "lives",
        lives * (lives - 1) / 2);
  }
  // A program with one thread counts references without atomics, and none that has a runtime is one.
  const foundation::runtime rt({.schedulers = 1});
  benchmark::RunSpecifiedBenchmarks();
}
