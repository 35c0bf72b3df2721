// SPDX-License-Identifier: Apache-2.0
//
// How long an allocation takes in a process that has just begun. All of them live on until all are measured, so that
// each has memory that no other has used before it.
#include <algorithm>
#include <future>
#include <vector>

#include "measures.hpp"

namespace memory {
namespace {

struct measured {};

}  // namespace

measures first_allocations(const arguments& a) {
  constexpr std::size_t bytes = 64;
  const number processes = a["processes"];
  const number allocations = a["allocations"];
  std::vector<number> times(processes * allocations);
  std::vector<number> spawns;
  number right = 0;
  std::promise<void> done;
  const fn::spawn_options options{.memory = strategy_of(a)};
  fn::runtime rt({.schedulers = 1});  // so what its processes share here needs no lock
  const auto young = [&](fn::pid parent, number* mine) {
    return [&, parent, mine](fn::process& self) {
      bool good = true;
      number** before = nullptr;
      for (number k = 0; k != allocations; ++k) {
        const number begun = now_ns();
        auto** const block = static_cast<number**>(self.arena().allocate(bytes));
        block[0] = nullptr;  // the page is there
        mine[k] = now_ns() - begun;
        block[1] = mine + k;
        good &= before == nullptr || before[1] == mine + k - 1;
        before = block;
      }
      if (good) ++right;
      fn::send(parent, measured{});
      self.receive([](int) {});
    };
  };
  fn::spawn(rt, [&](fn::process& parent) {
    for (number i = 0; i != processes; ++i) {
      const auto child = young(parent.id(), times.data() + i * allocations);
      const number begun = now_ns();
      fn::spawn(parent, child, options).value();
      spawns.push_back(now_ns() - begun);
      parent.receive([](measured) {});
    }
    done.set_value();
  }).value();
  done.get_future().wait();
  bench::expect("processes whose blocks were theirs", right, processes);
  std::vector<number> clock(10'000);
  for (number& each : clock) {
    const number begun = now_ns();
    each = now_ns() - begun;
  }
  std::nth_element(clock.begin(), clock.begin() + 5000, clock.end());
  std::nth_element(spawns.begin(), spawns.begin() + static_cast<std::ptrdiff_t>(processes / 2), spawns.end());
  measures result{{"clock", clock[5000]}, {"spawn", spawns[processes / 2]}};
  bench::add_percentiles(result, std::move(times));
  return result;
}

}  // namespace memory
