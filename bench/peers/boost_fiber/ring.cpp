// SPDX-License-Identifier: Apache-2.0
//
// ring: each fiber waits at a channel of its own and pushes into its neighbour's, as those of examples/ping_pong.cpp of
// Boost.Fiber do.
#include <memory>

#include "rows.hpp"
#include "threads.hpp"

namespace peer_fiber {

namespace {

struct token {
  number hops;
  number goal;
};
using token_channel = boost::fibers::buffered_channel<token>;

/// Hands the token on until it has gone all its hops, then over to `last`.
void member(token_channel& in, token_channel& next, channel& last) {
  for (token t{}; in.pop(t) == boost::fibers::channel_op_status::success;) {
    if (t.hops == t.goal) {
      last.push(t.hops);
    } else {
      next.push({t.hops + 1, t.goal});
    }
  }
}

/// The first member's receive is the first hop.
number lap(token_channel& first, channel& last, number hops) {
  first.push({1, hops});
  return last.value_pop();
}

}  // namespace

bench::measures ring(const bench::arguments& given) {
  const number processes = given["processes"];
  const number hops = given["hops"];
  return run(given.schedulers, idle::sleeps, [=]() -> bench::measures {
    channel last(2);
    std::vector<std::unique_ptr<token_channel>> inboxes;
    for (number i = 0; i < processes; ++i) inboxes.push_back(std::make_unique<token_channel>(2));
    std::vector<boost::fibers::fiber> members;
    for (number i = 0; i < processes; ++i) {
      members.push_back(
          start(boost::fibers::launch::post, [&, i] { member(*inboxes[i], *inboxes[(i + 1) % processes], last); }));
    }
    lap(*inboxes[0], last, bench::warm_up(hops));
    const number begin = bench::now_ns();
    const number gone = lap(*inboxes[0], last, hops);
    const number ns = bench::now_ns() - begin;
    for (auto& inbox : inboxes) inbox->close();
    for (auto& m : members) m.join();
    bench::expect("the number of hops", gone, hops);
    return {{"check", gone}, {"ns", ns}};
  });
}

}  // namespace peer_fiber
