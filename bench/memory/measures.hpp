// SPDX-License-Identifier: Apache-2.0
//
// What memory strategies bring, each measurement in a process of the system of its own (strategies.py runs them in
// turns).
#pragma once

#include <foundation/foundation.hpp>

#include "program.hpp"

namespace memory {

namespace fn = foundation;
using bench::arguments;
using bench::elapsed_ns;
using bench::measures;
using bench::now_ns;
using bench::number;

/// 1 .. 5 in the order of `memory_strategy`.
[[nodiscard]] fn::memory_strategy strategy_of(const arguments& a);
/// 1: by the strategy; 2: every turn; 3: every ten; 4: when idle; 5: never.
[[nodiscard]] fn::gc_strategy gc_of(const arguments& a);

measures footprint(const arguments& a);
measures footprint_of_many(const arguments& a);
measures first_allocations(const arguments& a);
measures after_the_end(const arguments& a);
measures neighbour(const arguments& a);
measures analysis(const arguments& a);

}  // namespace memory
