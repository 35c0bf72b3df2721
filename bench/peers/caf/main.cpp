// SPDX-License-Identifier: Apache-2.0
//
// The program of CAF, the C++ Actor Framework.
#include "rows.hpp"
#include "version.hpp"

int main(int argc, char** argv) {
  peer_caf::init();
  return bench::run(argc, argv, peer_caf::version(),
                    {
                        {"server_hop", {"hops"}, peer_caf::hop},
                        {"process_hop", {"hops"}, peer_caf::hop},
                        {"flood", {"messages"}, peer_caf::flood},
                        {"flood_bounded", {"messages", "window"}, peer_caf::flood_bounded},
                        {"fan_in", {"senders", "messages"}, peer_caf::fan_in},
                        {"ring", {"processes", "hops"}, peer_caf::ring},
                        {"spawn_exit", {"lives", "at_once"}, peer_caf::spawn_exit},
                        {"skynet", {"leaves"}, peer_caf::skynet},
                        {"idle_server", {"processes"}, peer_caf::idle_server},
                        {"idle_cpu", {"processes", "seconds"}, peer_caf::idle_cpu},
                        {"down_storm", {"processes"}, peer_caf::down_storm},
                        {"request", {"requests"}, peer_caf::request},
                    });
}
