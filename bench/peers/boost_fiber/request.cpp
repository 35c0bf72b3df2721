// SPDX-License-Identifier: Apache-2.0
//
// request: a plain thread and a fiber on other threads, by two channels.
// Idiom: channels "support communication between fibers" of different threads too, and a plain thread that waits at one
// just sleeps, https://www.boost.org/doc/libs/1_81_0/libs/fiber/doc/html/fiber/synchronization/channels.html
#include <thread>

#include "rows.hpp"
#include "threads.hpp"

namespace peer_fiber {

namespace {

/// Returns the sum of the answers.
number round(channel& questions, channel& answers, number requests, std::vector<number>& latencies) {
  number sum = 0;
  for (number i = 1; i <= requests; ++i) {
    const number start = bench::now_ns();
    questions.push(i);
    sum += answers.value_pop();
    latencies[i - 1] = bench::now_ns() - start;
  }
  return sum;
}

}  // namespace

bench::measures request(const bench::arguments& given) {
  const number requests = given["requests"];
  std::vector<number> latencies(requests);
  channel questions(2);
  channel answers(2);
  // Threads that look for work without end would take the cores from the one that asks.
  std::thread server([&] {
    run(given.schedulers, idle::sleeps, [&] {
      for (number x = 0; questions.pop(x) == boost::fibers::channel_op_status::success;) answers.push(x + 1);
    });
  });
  round(questions, answers, bench::warm_up(requests), latencies);
  const number start = bench::now_ns();
  const number sum = round(questions, answers, requests, latencies);
  const number ns = bench::now_ns() - start;
  questions.close();
  server.join();
  bench::expect("the sum of the answers", sum, bench::sum_to(requests) + requests);
  bench::measures result{{"check", sum}, {"ns", ns}};
  bench::add_percentiles(result, std::move(latencies));
  return result;
}

}  // namespace peer_fiber
