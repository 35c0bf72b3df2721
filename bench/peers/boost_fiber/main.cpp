// SPDX-License-Identifier: Apache-2.0
//
// The program of Boost.Fiber alone.
#include <boost/version.hpp>
#include <string>

#include "rows.hpp"

int main(int argc, char** argv) {
  const std::string version = "Boost.Fiber " + std::to_string(BOOST_VERSION / 100000) + "." +
                              std::to_string(BOOST_VERSION / 100 % 1000) + "." + std::to_string(BOOST_VERSION % 100) +
                              ", GCC " __VERSION__;
  return bench::run(argc, argv, version,
                    {
                        {"server_hop", {"hops"}, peer_fiber::hop},
                        {"process_hop", {"hops"}, peer_fiber::hop},
                        {"flood_bounded", {"messages", "window"}, peer_fiber::flood_bounded},
                        {"fan_in", {"senders", "messages"}, peer_fiber::fan_in},
                        {"ring", {"processes", "hops"}, peer_fiber::ring},
                        {"spawn_exit", {"lives", "at_once"}, peer_fiber::spawn_exit},
                        {"skynet", {"leaves"}, peer_fiber::skynet},
                        {"idle_process", {"processes"}, peer_fiber::idle_process},
                        {"idle_cpu", {"processes", "seconds"}, peer_fiber::idle_cpu},
                        {"request", {"requests"}, peer_fiber::request},
                    });
}
