// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "shard.hpp"
#include "socket.hpp"

namespace key_value {

/// Serves one client on the calling thread until it has gone, says `quit`, or the runtime is shut down.
///
///   put KEY VALUE    ok
///   get KEY          value VALUE, or none
///   mget KEY...      one line for each key, as get
///   await KEY        value VALUE, as soon as there is one
///   watch KEY        changed VALUE, at the next put
///   quit             bye
///   stop             bye; ends the whole service
///
/// Everything else, and what goes wrong: error WHAT.
void serve(fn::runtime& rt, const store& keys, const socket& client, std::stop_source stop);

}  // namespace key_value
