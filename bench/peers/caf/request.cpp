// SPDX-License-Identifier: Apache-2.0
//
// request: the main thread asks an actor. Idiom: scoped_actor and request(...).receive(...), "Requests" in CAF's manual
// (manual/core/MessagePassing.rst) and blocking_testee in examples/message_passing/request.cpp.
#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

caf::behavior server() {
  return {[](number x) { return x + 1; }};
}

/// Returns the sum of the answers.
number round(actors& all, const caf::actor& to, number requests, std::vector<number>& latencies) {
  number sum = 0;
  for (number i = 1; i <= requests; ++i) {
    const number start = bench::now_ns();
    sum += peer_caf::request(all.main(), to, i);
    latencies[i - 1] = bench::now_ns() - start;
  }
  return sum;
}

}  // namespace

bench::measures request(const bench::arguments& given) {
  const number requests = given["requests"];
  std::vector<number> latencies(requests);
  actors all(given.schedulers);
  const auto to = all.system().spawn(server);
  round(all, to, bench::warm_up(requests), latencies);
  const number start = bench::now_ns();
  const number sum = round(all, to, requests, latencies);
  const number ns = bench::now_ns() - start;
  bench::expect("the sum of the answers", sum, bench::sum_to(requests) + requests);
  bench::measures result{{"check", sum}, {"ns", ns}};
  bench::add_percentiles(result, std::move(latencies));
  return result;
}

}  // namespace peer_caf
