// SPDX-License-Identifier: Apache-2.0
//
// The rows of CAF. All actors are event-based: its manual keeps blocking ones for threads of their own ("Blocking
// actors always run in a separate thread and are not scheduled by CAF", manual/core/Actors.rst).
#pragma once

#include "program.hpp"

namespace peer_caf {

bench::measures hop(const bench::arguments&);
bench::measures flood(const bench::arguments&);
bench::measures flood_bounded(const bench::arguments&);
bench::measures fan_in(const bench::arguments&);
bench::measures ring(const bench::arguments&);
bench::measures spawn_exit(const bench::arguments&);
bench::measures skynet(const bench::arguments&);
bench::measures idle_server(const bench::arguments&);
bench::measures idle_cpu(const bench::arguments&);
bench::measures down_storm(const bench::arguments&);
bench::measures request(const bench::arguments&);

}  // namespace peer_caf
