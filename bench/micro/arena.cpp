// SPDX-License-Identifier: Apache-2.0
//
// A process's arena and scratch beside malloc, mimalloc and the resources of std::pmr, in patterns that programs have.
// All of them through the virtual call that a std::pmr container makes; `plain`: the container without one, as most are
// written. CPU time is what counts: `Time` has the others that ran meanwhile in it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "in_process.hpp"
#include "resources.hpp"

namespace {

namespace fn = foundation;
using bench::resource;
using bench::source;

/// Runs `loop(from)` in a process that has such a resource.
template <typename Loop>
void with_resource(benchmark::State& state, source from, Loop loop) {
  bench::in_process(state, [&](benchmark::State&, fn::process& self) {
    resource r(from, self);
    if (!r) return state.SkipWithError("it is not on this machine");
    loop(r);
  });
}

// -- blocks of 16 to 256 bytes, freed in random order, 4,096 at a time ----------------------------------------------

struct step {
  std::uint32_t slot;
  std::uint32_t bytes;
};
constexpr std::uint32_t slots = 4096;

const std::vector<step>& steps() {
  static const std::vector<step> all = [] {
    std::mt19937 random(4711);  // NOLINT: the same for every run
    std::vector<step> made(65'536);
    for (step& each : made)
      each = {static_cast<std::uint32_t>(random() % slots), static_cast<std::uint32_t>(16 + random() % 241)};
    return made;
  }();
  return all;
}

struct block {
  std::uint32_t* at = nullptr;  // its slot is written into it
  std::size_t bytes = 0;
};

void random_order(benchmark::State& state, source from) {
  with_resource(state, from, [&state](resource& r) {
    std::vector<block> live(slots);
    const auto fill = [&](std::uint32_t slot, std::size_t bytes) {
      live[slot] = {static_cast<std::uint32_t*>((*r)->allocate(bytes)), bytes};
      *live[slot].at = slot;
    };
    for (std::uint32_t i = 0; i != slots; ++i) fill(i, 16 + i % 241);
    std::size_t i = 0;
    bool right = true;
    for (auto _ : state) {
      const step& now = steps()[i++ % steps().size()];
      block& old = live[now.slot];
      right &= *old.at == now.slot;
      (*r)->deallocate(old.at, old.bytes);
      fill(now.slot, now.bytes);
    }
    if (!right) state.SkipWithError("a block was written to by another");
    for (const block& each : live) (*r)->deallocate(each.at, each.bytes);
  });
}

// -- a map of a thousand numbers, filled in random order and destroyed ----------------------------------------------

constexpr int nodes = 1000;

const std::vector<int>& keys() {
  static const std::vector<int> all = [] {
    std::vector<int> made(nodes);
    std::iota(made.begin(), made.end(), 0);
    std::shuffle(made.begin(), made.end(), std::mt19937(4711));  // NOLINT: the same for every run
    return made;
  }();
  return all;
}

template <typename Map>
bool fill(Map& map) {
  for (const int key : keys()) map.emplace(key, key);
  return map.size() == nodes && map.rbegin()->second == nodes - 1;
}

void map_filled_and_destroyed(benchmark::State& state, source from) {
  with_resource(state, from, [&state](resource& r) {
    for (auto _ : state) {
      {
        std::pmr::map<int, int> map(*r);
        if (!fill(map)) return state.SkipWithError("a wrong result");
      }
      r.end_turn();
    }
  });
}
void plain_map_filled_and_destroyed(benchmark::State& state) {
  bench::in_process(state, [](benchmark::State& s, fn::process&) {
    for (auto _ : s) {
      std::map<int, int> map;
      if (!fill(map)) return s.SkipWithError("a wrong result");
    }
  });
}

// -- a vector that grows --------------------------------------------------------------------------------------------

template <typename Vector>
bool grow(Vector& vector, int to) {
  for (int i = 0; i != to; ++i) vector.push_back(i);
  benchmark::DoNotOptimize(vector.data());
  return vector.back() == to - 1;
}

void vector_grown(benchmark::State& state, source from) {
  with_resource(state, from, [&state](resource& r) {
    for (auto _ : state) {
      {
        std::pmr::vector<int> vector(*r);
        if (!grow(vector, static_cast<int>(state.range(0)))) return state.SkipWithError("a wrong result");
      }
      r.end_turn();
    }
  });
}
void plain_vector_grown(benchmark::State& state) {
  bench::in_process(state, [](benchmark::State& s, fn::process&) {
    for (auto _ : s) {
      std::vector<int> vector;
      if (!grow(vector, static_cast<int>(s.range(0)))) return s.SkipWithError("a wrong result");
    }
  });
}

// -- what a turn makes and forgets: forty strings of 48 characters in a vector --------------------------------------

void turn(benchmark::State& state, source from) {
  with_resource(state, from, [&state](resource& r) {
    const std::string text(48, 'x');
    for (auto _ : state) {
      {
        std::pmr::vector<std::pmr::string> rows(*r);
        for (int i = 0; i != 40; ++i) rows.emplace_back(text);
        if (std::string_view(rows.back()) != text) return state.SkipWithError("a wrong result");
      }
      r.end_turn();
    }
  });
}

// -- the whole life of a process that fills a map -------------------------------------------------------------------

/// `destroyed`: by the process, before its end. An arena may be left as it is.
void life(benchmark::State& state, source from, bool destroyed) {
  if (from == source::mimalloc && bench::mimalloc_resource() == nullptr)
    return state.SkipWithError("it is not on this machine");
  bench::in_process(state, [=](benchmark::State& s, fn::process& self) {
    for (auto _ : s) {
      bool right = false;
      const auto child = fn::spawn_monitor(self, [&right, from, destroyed](fn::process& mine) {
        resource r(from, mine);
        std::pmr::polymorphic_allocator<> in(*r);
        auto* const map = in.new_object<std::pmr::map<int, int>>();
        right = fill(*map);
        if (destroyed) in.delete_object(map);
      });
      child.value();
      self.receive([](const fn::down&) {});
      if (!right) return s.SkipWithError("a wrong result");
    }
  });
}

#define FOUNDATION_BENCH_BESIDE(pattern)                  \
  BENCHMARK_CAPTURE(pattern, arena, source::arena);       \
  BENCHMARK_CAPTURE(pattern, malloc, source::malloc);     \
  BENCHMARK_CAPTURE(pattern, mimalloc, source::mimalloc); \
  BENCHMARK_CAPTURE(pattern, pool, source::pool)

FOUNDATION_BENCH_BESIDE(random_order);
FOUNDATION_BENCH_BESIDE(map_filled_and_destroyed);
BENCHMARK_CAPTURE(map_filled_and_destroyed, monotonic, source::monotonic);
BENCHMARK(plain_map_filled_and_destroyed)->Name("map_filled_and_destroyed/plain");
#define FOUNDATION_BENCH_SIZES Arg(100)->Arg(100'000)
BENCHMARK_CAPTURE(vector_grown, arena, source::arena)->FOUNDATION_BENCH_SIZES;
BENCHMARK_CAPTURE(vector_grown, malloc, source::malloc)->FOUNDATION_BENCH_SIZES;
BENCHMARK_CAPTURE(vector_grown, mimalloc, source::mimalloc)->FOUNDATION_BENCH_SIZES;
BENCHMARK_CAPTURE(vector_grown, pool, source::pool)->FOUNDATION_BENCH_SIZES;
BENCHMARK_CAPTURE(vector_grown, monotonic, source::monotonic)->FOUNDATION_BENCH_SIZES;
BENCHMARK(plain_vector_grown)->Name("vector_grown/plain")->FOUNDATION_BENCH_SIZES;
BENCHMARK_CAPTURE(turn, scratch, source::scratch);
FOUNDATION_BENCH_BESIDE(turn);
BENCHMARK_CAPTURE(turn, monotonic, source::monotonic);
BENCHMARK_CAPTURE(life, arena, source::arena, true);
BENCHMARK_CAPTURE(life, arena_left_as_it_is, source::arena, false);
BENCHMARK_CAPTURE(life, malloc, source::malloc, true);
BENCHMARK_CAPTURE(life, mimalloc, source::mimalloc, true);

}  // namespace
