// SPDX-License-Identifier: Apache-2.0
//
// spawn_exit and skynet.
// Idiom: performance/fiber/skynet_detach.cpp and skynet_stealing_detach.cpp of Boost.Fiber: detached fibers that begin
// to run at once (launch::dispatch) on small stacks, and a buffered channel for the answers.
#include <bit>

#include "rows.hpp"
#include "threads.hpp"

namespace peer_fiber {

namespace {

using boost::fibers::launch;

/// Returns the sum of the numbers 0..lives-1 that the children sent.
number families(number lives, number at_once) {
  channel answers(std::bit_ceil(at_once + 1));  // one place stays empty
  number sum = 0;
  for (number begun = 0; begun < lives; begun += at_once) {
    for (number i = begun; i < begun + at_once; ++i)
      start(launch::dispatch, [&answers, i] { answers.push(i); }).detach();
    for (number i = 0; i < at_once; ++i) sum += answers.value_pop();
  }
  return sum;
}

void node(channel& parent, number first, number leaves) {
  if (leaves == 1) {
    parent.push(first);
    return;
  }
  channel children(16);
  const number each = leaves / 10;
  for (number i = 0; i < 10; ++i) {
    start(launch::dispatch, [&children, child = first + i * each, each] { node(children, child, each); }).detach();
  }
  number sum = 0;
  for (number i = 0; i < 10; ++i) sum += children.value_pop();
  parent.push(sum);
}

number tree(number leaves) {
  channel root(2);
  start(launch::dispatch, [&root, leaves] { node(root, 0, leaves); }).detach();
  return root.value_pop();
}

template <class Round>
bench::measures measure(unsigned schedulers, number wanted, Round round) {
  return run(schedulers, idle::spins, [=]() -> bench::measures {
    round(true);
    const number start = bench::now_ns();
    const number sum = round(false);
    const number ns = bench::now_ns() - start;
    bench::expect("the sum of the numbers", sum, wanted);
    return {{"check", sum}, {"ns", ns}};
  });
}

}  // namespace

bench::measures spawn_exit(const bench::arguments& given) {
  const number lives = given["lives"];
  const number at_once = given["at_once"];
  if (lives % at_once != 0) {
    throw bench::argument_error("lives is '" + std::to_string(lives) + "', allowed: a multiple of at_once, " +
                                std::to_string(at_once));
  }
  return measure(given.schedulers, bench::sum_to(lives - 1), [=](bool warming_up) {
    return families(warming_up ? at_once * bench::warm_up(lives / at_once) : lives, at_once);
  });
}

bench::measures skynet(const bench::arguments& given) {
  const number leaves = given["leaves"];
  number power = 1;
  while (power < leaves) power *= 10;
  if (power != leaves) {
    throw bench::argument_error("leaves is '" + std::to_string(leaves) + "', allowed: a power of 10");
  }
  return measure(given.schedulers, bench::sum_to(leaves - 1),
                 [=](bool warming_up) { return tree(warming_up ? bench::warm_up(leaves) : leaves); });
}

}  // namespace peer_fiber
