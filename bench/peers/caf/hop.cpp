// SPDX-License-Identifier: Apache-2.0
//
// server_hop and process_hop, one program for both.
// Idiom: the ping of examples/testing/ping_pong.cpp of CAF, which keeps its partner's handle; the class of
// src/caf/mailbox_performance.cpp of actor-framework/benchmarks. Each message carries its sender in any case.
#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

class player : public caf::event_based_actor {
 public:
  player(caf::actor_config& cfg, caf::actor main) : event_based_actor(cfg), main_(std::move(main)) {}

  caf::behavior make_behavior() override {
    return {
        [this](meet_atom, const caf::actor& partner) { partner_ = partner; },
        [this](ball_atom, number hops_left) {
          ++hits_;
          if (hops_left != 0) {
            peer_caf::send(this, partner_, ball_atom_v, hops_left - 1);
          } else {
            peer_caf::send(this, main_, go_atom_v);
          }
        },
        [this](count_atom) { peer_caf::send(this, main_, done_atom_v, std::exchange(hits_, 0)); },
    };
  }

 private:
  caf::actor main_;
  caf::actor partner_;
  number hits_ = 0;
};

/// Returns how many balls both got, as each of them says.
number match(actors& all, const caf::actor& first, const caf::actor& second, number hops) {
  all.send(first, ball_atom_v, hops - 1);
  all.main()->receive([](go_atom) {});
  number hits = 0;
  for (const auto& p : {first, second}) {
    all.send(p, count_atom_v);
    hits += all.done();
  }
  return hits;
}

}  // namespace

bench::measures hop(const bench::arguments& given) {
  const number hops = given["hops"];
  actors all(given.schedulers);
  const auto first = all.system().spawn<player>(all.main());
  const auto second = all.system().spawn<player>(all.main());
  all.send(first, meet_atom_v, second);
  all.send(second, meet_atom_v, first);
  match(all, first, second, bench::warm_up(hops));
  const number start = bench::now_ns();
  const number hits = match(all, first, second, hops);
  const number ns = bench::now_ns() - start;
  all.stop(first);
  all.stop(second);
  bench::expect("the number of balls received", hits, hops);
  return {{"check", hits}, {"ns", ns}};
}

}  // namespace peer_caf
