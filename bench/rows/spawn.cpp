// SPDX-License-Identifier: Apache-2.0
//
// Short lives: one after the other, and a tree of a million.
#include <future>

#include "rows.hpp"

namespace ours {
namespace {

struct answer {
  number value;
};

number sum_of(fn::process& self, number numbers) {
  number sum = 0;
  for (number i = 0; i != numbers; ++i) self.receive([&](answer n) { sum += n.value; });
  return sum;
}

/// In a process of its own, since only processes are sent to.
template <typename Work>
number in_process(fn::runtime& rt, Work work) {
  std::promise<number> sum;
  auto got = sum.get_future();
  fn::spawn(rt, [&](fn::process& self) { sum.set_value(work(self)); }, {.label = "parent"}).value();
  return got.get();
}

number live(fn::process& self, number lives, number at_once) {
  number sum = 0;
  for (number begun = 0; begun != lives; begun += at_once) {
    for (number i = 0; i != at_once; ++i) {
      fn::spawn(self, [to = self.id(), n = begun + i](fn::process&) { fn::send(to, answer{n}); }).value();
    }
    sum += sum_of(self, at_once);
  }
  return sum;
}

constexpr number children = 10;

/// The sum of the leaves from `first` on, told to the parent.
void grow(fn::process& self, fn::pid parent, number first, number leaves) {
  if (leaves == 1) {
    fn::send(parent, answer{first});
    return;
  }
  const number each = leaves / children;
  for (number i = 0; i != children; ++i) {
    fn::spawn(self, [me = self.id(), begin = first + i * each, each](fn::process& child) { grow(child, me, begin, each); })
        .value();
  }
  fn::send(parent, answer{sum_of(self, children)});
}

number tree(fn::process& self, number leaves) {
  fn::spawn(self, [me = self.id(), leaves](fn::process& root) { grow(root, me, 0, leaves); }).value();
  return sum_of(self, 1);
}

template <typename Work>
measures measure(fn::runtime& rt, number warm_up, number size, Work work) {
  in_process(rt, [&](fn::process& self) { return work(self, warm_up); });
  number check = 0;
  const number ns = elapsed_ns([&] { check = in_process(rt, [&](fn::process& self) { return work(self, size); }); });
  return {{"ns", ns}, {"check", check}};
}

}  // namespace

measures spawn_exit(const arguments& a) {
  const number at_once = a["at_once"];
  const number rounds = part_of(a, "lives", "at_once");
  fn::runtime rt({.schedulers = a.schedulers});
  return measure(rt, warm_up(rounds) * at_once, rounds * at_once,
          [&](fn::process& self, number lives) { return live(self, lives, at_once); });
}

measures skynet(const arguments& a) {
  const number leaves = a["leaves"];
  for (number rest = leaves; rest != 1; rest /= children) {
    if (rest % children != 0) throw bench::argument_error("leaves is " + std::to_string(leaves) + ", allowed: a power of ten");
  }
  fn::runtime rt({.schedulers = a.schedulers, .max_processes = 2 * leaves + 16});
  return measure(rt, std::max<number>(leaves / children, 1), leaves, &tree);
}

}  // namespace ours
