// SPDX-License-Identifier: Apache-2.0
//
// ring. Idiom: the chain of src/caf/mixed_case.cpp of actor-framework/benchmarks; a member sends where that one
// delegates, which in 0.17 allocates twice.
#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

class member : public caf::event_based_actor {
 public:
  member(caf::actor_config& cfg, caf::actor main) : event_based_actor(cfg), main_(std::move(main)) {}

  caf::behavior make_behavior() override {
    return {
        [this](token_atom, number hops, number goal) {
          if (hops == goal) {
            peer_caf::send(this, main_, done_atom_v, hops);
          } else {
            peer_caf::send(this, next_, token_atom_v, hops + 1, goal);
          }
        },
        [this](meet_atom, const caf::actor& next) { next_ = next; },
    };
  }

 private:
  caf::actor main_;
  caf::actor next_;
};

/// The first member's receive is the first hop.
number lap(actors& all, const caf::actor& first, number hops) {
  all.send(first, token_atom_v, number{1}, hops);
  return all.done();
}

}  // namespace

bench::measures ring(const bench::arguments& given) {
  const number processes = given["processes"];
  const number hops = given["hops"];
  actors all(given.schedulers);
  std::vector<caf::actor> members;
  for (number i = 0; i < processes; ++i) members.push_back(all.system().spawn<member>(all.main()));
  for (number i = 0; i < processes; ++i) all.send(members[i], meet_atom_v, members[(i + 1) % processes]);
  lap(all, members[0], bench::warm_up(hops));
  const number start = bench::now_ns();
  const number gone = lap(all, members[0], hops);
  const number ns = bench::now_ns() - start;
  for (const auto& m : members) all.stop(m);
  bench::expect("the number of hops", gone, hops);
  return {{"check", gone}, {"ns", ns}};
}

}  // namespace peer_caf
