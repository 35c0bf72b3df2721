// SPDX-License-Identifier: Apache-2.0
//
// The rows of Boost.Fiber. Its "process" is a fiber that blocks on its channels; it has no reactive form.
#pragma once

#include "program.hpp"

namespace peer_fiber {

bench::measures hop(const bench::arguments&);
bench::measures flood_bounded(const bench::arguments&);
bench::measures fan_in(const bench::arguments&);
bench::measures ring(const bench::arguments&);
bench::measures spawn_exit(const bench::arguments&);
bench::measures skynet(const bench::arguments&);
bench::measures idle_process(const bench::arguments&);
bench::measures idle_cpu(const bench::arguments&);
bench::measures request(const bench::arguments&);

}  // namespace peer_fiber
