// SPDX-License-Identifier: Apache-2.0
//
// The rows of CAF. All actors are event-based: its manual keeps blocking ones for threads of their own ("Blocking
// actors always run in a separate thread and are not scheduled by CAF", manual/core/Actors.rst).
#pragma once

#include "common.hpp"

namespace peer_caf {

peers::measures hop(const peers::arguments&);
peers::measures flood(const peers::arguments&);
peers::measures flood_bounded(const peers::arguments&);
peers::measures fan_in(const peers::arguments&);
peers::measures ring(const peers::arguments&);
peers::measures spawn_exit(const peers::arguments&);
peers::measures skynet(const peers::arguments&);
peers::measures idle_server(const peers::arguments&);
peers::measures idle_cpu(const peers::arguments&);
peers::measures down_storm(const peers::arguments&);
peers::measures request(const peers::arguments&);

}  // namespace peer_caf
