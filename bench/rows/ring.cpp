// SPDX-License-Identifier: Apache-2.0
//
// One token goes round a ring of handler objects.
#include <future>

#include "rows.hpp"

namespace ours {
namespace {

struct token {
  number hops;
  number last;
  std::promise<number>* end;
};
struct next_is {
  fn::pid next;
};

class node {
 public:
  using messages = fn::messages<token, next_is>;

  void handle(fn::process&, token t) {
    if (++t.hops == t.last) {
      t.end->set_value(t.hops);
    } else {
      fn::send(next_, t);
    }
  }
  void handle(fn::process&, next_is n) { next_ = n.next; }

 private:
  fn::pid next_;
};

number go_round(fn::pid first, number hops) {
  std::promise<number> end;
  auto got = end.get_future();
  fn::send(first, token{0, hops, &end});
  return got.get();
}

}  // namespace

measures ring(const arguments& a) {
  const number processes = a["processes"];
  const number hops = a["hops"];
  fn::runtime rt({.schedulers = a.schedulers, .max_processes = processes + 16});
  const fn::pid first = fn::spawn(rt, node{}).value();
  fn::pid before = first;
  for (number i = 1; i != processes; ++i) {
    const fn::pid p = fn::spawn(rt, node{}).value();
    fn::send(before, next_is{p});
    before = p;
  }
  fn::send(before, next_is{first});
  go_round(first, std::max(warm_up(hops), processes));
  number check = 0;
  const number ns = elapsed_ns([&] { check = go_round(first, hops); });
  return {{"ns", ns}, {"check", check}};
}

}  // namespace ours
