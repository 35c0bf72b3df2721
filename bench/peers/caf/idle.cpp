// SPDX-License-Identifier: Apache-2.0
//
// idle_server and idle_cpu: actors that each acknowledged one message and wait for the next.
// Idiom: a function that returns a behavior, whose handler's result is sent to who asked, "Message Passing" in CAF's
// manual (manual/core/MessagePassing.rst).
#include <algorithm>
#include <chrono>
#include <thread>

#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

/// Acknowledgements wait in the main thread's mailbox: so many at most, for that memory is not an actor's.
constexpr std::size_t at_once = 1'000;

caf::behavior server() {
  return {[](ball_atom) { return ack_atom_v; }};
}

/// Fills the handles, and returns the number of acknowledgements.
number create(actors& all, std::vector<caf::actor>& servers) {
  number acknowledged = 0;
  for (std::size_t begun = 0; begun < servers.size();) {
    const std::size_t end = std::min(begun + at_once, servers.size());
    for (std::size_t i = begun; i < end; ++i) {
      servers[i] = all.system().spawn(server);
      all.send(servers[i], ball_atom_v);
    }
    for (; begun < end; ++begun) all.main()->receive([&](ack_atom) { ++acknowledged; });
  }
  return acknowledged;
}

}  // namespace

bench::measures idle_server(const bench::arguments& given) {
  const number processes = given["processes"];
  actors all(given.schedulers);
  std::vector<caf::actor> servers(processes);  // made and touched here: a handle's memory is not an actor's
  const number before = bench::resident_bytes();
  const number acknowledged = create(all, servers);
  const number after = bench::resident_bytes();
  bench::expect("the number of acknowledgements", acknowledged, processes);
  return {{"check", acknowledged}, {"bytes", after - before}};
}

bench::measures idle_cpu(const bench::arguments& given) {
  const number processes = given["processes"];
  const number seconds = given["seconds"];
  actors all(given.schedulers);
  std::vector<caf::actor> servers(processes);
  const number acknowledged = create(all, servers);
  const number before = bench::cpu_ns();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const number used = bench::cpu_ns() - before;
  bench::expect("the number of acknowledgements", acknowledged, processes);
  return {{"check", acknowledged}, {"cpu_ns", used}};
}

}  // namespace peer_caf
