// SPDX-License-Identifier: Apache-2.0
//
// foundation's rows (bench/runner/rows.py says what each is). Each warms up with a tenth of its work, which is not measured.
#pragma once

#include <foundation/foundation.hpp>

#include "program.hpp"

namespace ours {

namespace fn = foundation;
using bench::arguments;
using bench::elapsed_ns;
using bench::measures;
using bench::number;
using bench::part_of;
using bench::warm_up;

measures server_hop(const arguments& a);
measures process_hop(const arguments& a);
measures server_hop_limited(const arguments& a);  // the same with a `max_memory` that is never reached
measures process_hop_limited(const arguments& a);
measures flood(const arguments& a);
measures flood_bounded(const arguments& a);
measures fan_in(const arguments& a);
measures ring(const arguments& a);
measures spawn_exit(const arguments& a);
measures skynet(const arguments& a);
measures idle_server(const arguments& a);
measures idle_process(const arguments& a);
measures idle_cpu(const arguments& a);
measures timer(const arguments& a);
measures down_storm(const arguments& a);
measures request(const arguments& a);

}  // namespace ours
