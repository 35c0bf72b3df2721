// SPDX-License-Identifier: Apache-2.0
//
// The rows of Boost.Fiber. Its "process" is a fiber that blocks on its channels; it has no reactive form.
#pragma once

#include "common.hpp"

namespace peer_fiber {

peers::measures hop(const peers::arguments&);
peers::measures flood_bounded(const peers::arguments&);
peers::measures fan_in(const peers::arguments&);
peers::measures ring(const peers::arguments&);
peers::measures spawn_exit(const peers::arguments&);
peers::measures skynet(const peers::arguments&);
peers::measures idle_process(const peers::arguments&);
peers::measures idle_cpu(const peers::arguments&);
peers::measures request(const peers::arguments&);

}  // namespace peer_fiber
