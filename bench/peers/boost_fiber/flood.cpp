// SPDX-License-Identifier: Apache-2.0
//
// flood_bounded and fan_in. There is no flood: all channels of Boost.Fiber are bounded.
// Idiom: a producer and a consumer on a buffered_channel,
// https://www.boost.org/doc/libs/1_81_0/libs/fiber/doc/html/fiber/synchronization/channels/buffered_channel.html
#include <bit>

#include "rows.hpp"
#include "threads.hpp"

namespace peer_fiber {

namespace {

using boost::fibers::channel_op_status;

/// A capacity that users write for a queue with many producers; it is a power of two, as it has to be.
constexpr number fan_in_capacity = 1024;

/// Each of the senders sends 1..each. Returns the sum that the receiver got.
number round(number senders, number each, number capacity) {
  channel queue(capacity);
  auto sum = async([&queue] {
    number total = 0;
    for (number x = 0; queue.pop(x) == channel_op_status::success;) total += x;
    return total;
  });
  std::vector<boost::fibers::fiber> all;
  for (number s = 0; s < senders; ++s) {
    all.push_back(start(boost::fibers::launch::post, [&queue, each] {
      for (number i = 1; i <= each; ++i) queue.push(i);
    }));
  }
  for (auto& sender : all) sender.join();
  queue.close();
  return sum.get();
}

bench::measures measure(unsigned schedulers, number senders, number each, number capacity) {
  return run(schedulers, idle::spins, [=]() -> bench::measures {
    round(senders, bench::warm_up(each), capacity);
    const number start = bench::now_ns();
    const number sum = round(senders, each, capacity);
    const number ns = bench::now_ns() - start;
    bench::expect("the sum received", sum, senders * bench::sum_to(each));
    return {{"check", sum}, {"ns", ns}};
  });
}

}  // namespace

bench::measures flood_bounded(const bench::arguments& given) {
  // A channel takes powers of two, and keeps one place empty: it never has more under way than the window.
  const number capacity = std::bit_floor(given["window"]);
  if (capacity < 2) throw bench::argument_error("window is '1', allowed: an integer from 2, a channel has no less");
  return measure(given.schedulers, 1, given["messages"], capacity);
}

bench::measures fan_in(const bench::arguments& given) {
  const number senders = given["senders"];
  const number messages = given["messages"];
  if (messages % senders != 0) {
    throw bench::argument_error("messages is '" + std::to_string(messages) + "', allowed: a multiple of senders, " +
                                std::to_string(senders));
  }
  return measure(given.schedulers, senders, messages / senders, fan_in_capacity);
}

}  // namespace peer_fiber
