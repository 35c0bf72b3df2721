// SPDX-License-Identifier: Apache-2.0
//
// What it costs to share, slice, make and extend a binary, beside what a program would use without it.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <foundation/binary.hpp>

namespace {

namespace fn = foundation;
using bytes = std::vector<std::byte>;
using shared_bytes = std::shared_ptr<const bytes>;

constexpr std::size_t size_of_one = 4096;

/// What a slice is without binaries.
struct shared_span {
  shared_bytes owner;
  std::span<const std::byte> part;
};

// One object for all threads of a run: they meet at its reference count.
const fn::binary& common_binary() {
  static const fn::binary one = fn::binary::copy(bytes(size_of_one)).value();
  return one;
}
const shared_bytes& common_vector() {
  static const shared_bytes one = std::make_shared<const bytes>(size_of_one);
  return one;
}

void share_binary(benchmark::State& state) {
  const fn::binary& one = common_binary();
  for (auto _ : state) {
    fn::binary copy = one;
    benchmark::DoNotOptimize(&copy);
  }
}
void share_shared_ptr(benchmark::State& state) {
  const shared_bytes& one = common_vector();
  for (auto _ : state) {
    shared_bytes copy = one;
    benchmark::DoNotOptimize(&copy);
  }
}

void slice_binary(benchmark::State& state) {
  const fn::binary& one = common_binary();
  for (auto _ : state) {
    auto slice = one.slice(1000, static_cast<std::size_t>(state.range(0)));
    benchmark::DoNotOptimize(&slice);
  }
}
void slice_shared_ptr(benchmark::State& state) {
  const shared_bytes& one = common_vector();
  for (auto _ : state) {
    shared_span slice{one, std::span(*one).subspan(1000, static_cast<std::size_t>(state.range(0)))};
    benchmark::DoNotOptimize(&slice);
  }
}

void copy_of_40_bytes_binary(benchmark::State& state) {
  const fn::binary one = fn::binary::copy(bytes(40)).value();
  for (auto _ : state) {
    fn::binary copy = one;
    benchmark::DoNotOptimize(&copy);
  }
}
void copy_of_40_bytes_string(benchmark::State& state) {
  const std::string one(40, 'x');
  for (auto _ : state) {
    std::string copy = one;
    benchmark::DoNotOptimize(&copy);
  }
}

void make_binary(benchmark::State& state) {
  const bytes from(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto made = fn::binary::copy(from);
    benchmark::DoNotOptimize(&made);
  }
}
void make_shared_ptr(benchmark::State& state) {
  const bytes from(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto made = std::make_shared<const bytes>(from);
    benchmark::DoNotOptimize(&made);
  }
}

void append_binary(benchmark::State& state) {
  const std::string piece(16, 'x');
  for (auto _ : state) {
    fn::binary all;
    for (int i = 0; i != 65'536; ++i) all.append(piece).value();
    benchmark::DoNotOptimize(&all);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * 65'536 * 16);
}
void append_string(benchmark::State& state) {
  const std::string piece(16, 'x');
  for (auto _ : state) {
    std::string all;
    for (int i = 0; i != 65'536; ++i) all.append(piece);
    benchmark::DoNotOptimize(&all);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * 65'536 * 16);
}

BENCHMARK(share_binary)->Threads(1)->Threads(2);
BENCHMARK(share_shared_ptr)->Threads(1)->Threads(2);
BENCHMARK(slice_binary)->Arg(40)->Arg(1000);
BENCHMARK(slice_shared_ptr)->Arg(40)->Arg(1000);
BENCHMARK(copy_of_40_bytes_binary);
BENCHMARK(copy_of_40_bytes_string);
BENCHMARK(make_binary)->Arg(64)->Arg(4096)->Arg(65'536);
BENCHMARK(make_shared_ptr)->Arg(64)->Arg(4096)->Arg(65'536);
BENCHMARK(append_binary)->Unit(benchmark::kMicrosecond);
BENCHMARK(append_string)->Unit(benchmark::kMicrosecond);

}  // namespace
