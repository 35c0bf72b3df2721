// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "measures.hpp"
#include "rows/rows.hpp"

namespace memory {

fn::memory_strategy strategy_of(const arguments& a) {
  if (a["strategy"] > 5)
    throw bench::argument_error("strategy is " + std::to_string(a["strategy"]) + ", allowed: 1 to 5");
  return static_cast<fn::memory_strategy>(a["strategy"] - 1);
}

fn::gc_strategy gc_of(const arguments& a) {
  switch (a["gc"]) {
    case 1: return {};
    case 2: return fn::gc_strategy::every(1);
    case 3: return fn::gc_strategy::every(10);
    case 4: return fn::gc_strategy::when_idle();
    case 5: return fn::gc_strategy::never();
    default: throw bench::argument_error("gc is " + std::to_string(a["gc"]) + ", allowed: 1 to 5");
  }
}

}  // namespace memory

int main(int argc, char** argv) {
  const std::vector<bench::row> rows = {
      {"footprint", {"strategy", "gc", "blocks"}, memory::footprint},
      {"footprint_of_many", {"strategy", "gc", "processes", "blocks"}, memory::footprint_of_many},
      {"first_allocations", {"strategy", "processes", "allocations"}, memory::first_allocations},
      {"after_the_end", {"strategy", "processes", "blocks"}, memory::after_the_end},
      {"neighbour", {"beside", "rounds"}, memory::neighbour},
      {"analysis", {"servers", "waiting"}, memory::analysis},
      {"server_hop", {"hops"}, ours::server_hop},
      {"server_hop_limited", {"hops"}, ours::server_hop_limited},
      {"process_hop", {"hops"}, ours::process_hop},
      {"process_hop_limited", {"hops"}, ours::process_hop_limited},
  };
  return bench::run(argc, argv, "foundation's memory", rows);
}
