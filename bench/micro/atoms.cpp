// SPDX-License-Identifier: Apache-2.0
//
// Looking up the atom of a text that is there, beside a hash table of strings behind a mutex; and what is gained by it.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <foundation/atom.hpp>

namespace {

namespace fn = foundation;

constexpr std::size_t names_in_use = 1024;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (std::size_t i = 0; i != names_in_use; ++i) made.push_back("request_field_" + std::to_string(i * 7919));
    return made;
  }();
  return all;
}

/// What a program would write.
template <typename Mutex, typename Lock>
class name_table {
 public:
  name_table() {
    for (const std::string& name : names()) numbers_.emplace(name, numbers_.size());
  }
  std::size_t find(std::string_view name) {
    const Lock lock(mutex_);
    return numbers_.find(name)->second;
  }

 private:
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Mutex mutex_;
  std::unordered_map<std::string, std::size_t, hash, std::equal_to<>> numbers_;
};

void look_up_atom(benchmark::State& state) {
  for (const std::string& name : names()) fn::atom::make(name).value();
  std::size_t i = 0;
  for (auto _ : state) {
    auto found = fn::atom::make(names()[i++ % names_in_use]);
    benchmark::DoNotOptimize(&found);
  }
}

template <typename Mutex, typename Lock>
void look_up_in_map(benchmark::State& state) {
  static name_table<Mutex, Lock> table;
  std::size_t i = 0;
  for (auto _ : state) {
    auto found = table.find(names()[i++ % names_in_use]);
    benchmark::DoNotOptimize(&found);
  }
}

void compare_atoms(benchmark::State& state) {
  const fn::atom a = fn::atom::make(names()[1]).value();
  fn::atom b = fn::atom::make(names()[1]).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(&b);
    benchmark::ClobberMemory();
    bool same = a == b;
    benchmark::DoNotOptimize(same);
  }
}
void compare_strings(benchmark::State& state) {
  const std::string a = names()[1];
  std::string b = names()[1];
  for (auto _ : state) {
    benchmark::DoNotOptimize(&b);
    benchmark::ClobberMemory();
    bool same = a == b;
    benchmark::DoNotOptimize(same);
  }
}

BENCHMARK(look_up_atom)->Threads(1)->Threads(2);
BENCHMARK(look_up_in_map<std::mutex, std::lock_guard<std::mutex>>)->Name("look_up_map_mutex")->Threads(1)->Threads(2);
BENCHMARK(look_up_in_map<std::shared_mutex, std::shared_lock<std::shared_mutex>>)
    ->Name("look_up_map_shared_mutex")
    ->Threads(1)
    ->Threads(2);
BENCHMARK(compare_atoms);
BENCHMARK(compare_strings);

}  // namespace
