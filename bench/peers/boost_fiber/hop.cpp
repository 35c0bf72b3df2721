// SPDX-License-Identifier: Apache-2.0
//
// server_hop and process_hop, one program for both: two fibers, two channels, one ball.
// Idiom: examples/ping_pong.cpp of Boost.Fiber, two buffered channels of capacity 2; results by future, as in
// https://www.boost.org/doc/libs/1_81_0/libs/fiber/doc/html/fiber/synchronization/futures.html
#include "rows.hpp"
#include "threads.hpp"

namespace peer_fiber {

namespace {

/// Returns how many balls it got. The last one has no hops left, and ends the other player by closing its channel.
number play(channel& in, channel& out) {
  number hits = 0;
  for (number hops_left = 0; in.pop(hops_left) == boost::fibers::channel_op_status::success;) {
    ++hits;
    if (hops_left == 0) {
      out.close();
      break;
    }
    out.push(hops_left - 1);
  }
  return hits;
}

number match(number hops) {
  channel to_first(2);
  channel to_second(2);
  auto first = async([&] { return play(to_first, to_second); });
  auto second = async([&] { return play(to_second, to_first); });
  to_first.push(hops - 1);
  return first.get() + second.get();
}

}  // namespace

bench::measures hop(const bench::arguments& given) {
  const number hops = given["hops"];
  return run(given.schedulers, idle::sleeps, [hops]() -> bench::measures {
    match(bench::warm_up(hops));
    const number start = bench::now_ns();
    const number hits = match(hops);
    const number ns = bench::now_ns() - start;
    bench::expect("the number of balls received", hits, hops);
    return {{"check", hits}, {"ns", ns}};
  });
}

}  // namespace peer_fiber
