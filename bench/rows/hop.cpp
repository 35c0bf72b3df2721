// SPDX-License-Identifier: Apache-2.0
//
// Two play ping-pong with one ball: as handler objects, and as processes in blocking receive loops.
#include <future>

#include "rows.hpp"

namespace ours {
namespace {

struct ball {
  fn::pid from;
  number hops_left;
};
using hits = std::promise<number>;

/// Returns the ball until no hop is left. Each player is asked, before a match, how often it was hit in it; the answer comes
/// with the match's end.
struct play {
  number hit = 0;
  bool over = false;
  hits report;

  void take(fn::process& self, const ball& b) {
    ++hit;
    over = b.hops_left <= 1;
    if (b.hops_left != 0) fn::send(b.from, ball{self.id(), b.hops_left - 1});
    if (over) report.set_value(hit);
  }
  void begin(hits&& to) {
    report = std::move(to);
    hit = 0;
  }
};

class player {
 public:
  using messages = fn::messages<ball, hits>;
  void handle(fn::process& self, const ball& b) { play_.take(self, b); }
  void handle(fn::process&, hits&& to) { play_.begin(std::move(to)); }

 private:
  play play_;
};

void player_loop(fn::process& self) {
  play p;
  for (;;) {
    self.receive([&](const ball& b) { p.take(self, b); }, [&](hits&& to) { p.begin(std::move(to)); });
  }
}

number match(fn::pid first, fn::pid second, number hops) {
  hits one;
  hits two;
  auto hit_one = one.get_future();
  auto hit_two = two.get_future();
  fn::send(first, std::move(one));
  fn::send(second, std::move(two));
  fn::send(first, ball{second, hops - 1});
  return hit_one.get() + hit_two.get();
}

template <typename Player>
measures hop(const arguments& a, Player player, std::size_t max_memory = 0) {
  const number hops = std::max<number>(a["hops"], 2);  // each player has to be hit once
  fn::runtime rt({.schedulers = a.schedulers});
  const fn::pid first = fn::spawn(rt, player(), {.label = "first", .max_memory = max_memory}).value();
  const fn::pid second = fn::spawn(rt, player(), {.label = "second", .max_memory = max_memory}).value();
  match(first, second, warm_up(hops) + 1);
  number check = 0;
  const number ns = elapsed_ns([&] { check = match(first, second, hops); });
  return {{"ns", ns}, {"check", check}};
}

}  // namespace

measures server_hop(const arguments& a) {
  return hop(a, [] { return player(); });
}
measures process_hop(const arguments& a) {
  return hop(a, [] { return &player_loop; });
}

constexpr std::size_t limit_far_away = std::size_t{1} << 30;

measures server_hop_limited(const arguments& a) {
  return hop(a, [] { return player(); }, limit_far_away);
}
measures process_hop_limited(const arguments& a) {
  return hop(a, [] { return &player_loop; }, limit_far_away);
}

}  // namespace ours
