// SPDX-License-Identifier: Apache-2.0
//
// spawn_exit and skynet.
// Idiom: src/caf/actor_creation.cpp of actor-framework/benchmarks. An actor that returns no behavior ends after its
// function, "Function-based Actors" in manual/core/Actors.rst.
#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

void child(caf::event_based_actor* self, const caf::actor& parent, number x) { peer_caf::send(self, parent, x); }

class parent : public caf::event_based_actor {
 public:
  parent(caf::actor_config& cfg, caf::actor main) : event_based_actor(cfg), main_(std::move(main)) {}

  caf::behavior make_behavior() override {
    return {
        [this](number x) {
          sum_ += x;
          if (--missing_ != 0) return;
          if (begun_ < lives_) {
            begin();
          } else {
            peer_caf::send(this, main_, done_atom_v, sum_);
          }
        },
        [this](go_atom, number lives, number at_once) {
          sum_ = begun_ = 0;
          lives_ = lives;
          at_once_ = at_once;
          begin();
        },
    };
  }

 private:
  void begin() {
    const caf::actor self = this;
    for (missing_ = 0; missing_ < at_once_; ++missing_) spawn(child, self, begun_++);
  }

  caf::actor main_;
  number lives_ = 0;
  number at_once_ = 0;
  number begun_ = 0;
  number missing_ = 0;
  number sum_ = 0;
};

caf::behavior node(caf::event_based_actor* self, const caf::actor& parent, number first, number leaves) {
  if (leaves == 1) {
    peer_caf::send(self, parent, first);
    return {};
  }
  const number each = leaves / 10;
  const caf::actor me = self;
  for (number i = 0; i < 10; ++i) self->spawn(node, me, first + i * each, each);
  return {
      [self, parent, missing = 10, sum = number{0}](number x) mutable {
        sum += x;
        if (--missing != 0) return;
        peer_caf::send(self, parent, sum);
        self->quit();
      },
  };
}

number tree(actors& all, number leaves) {
  all.system().spawn(node, caf::actor(all.main()), number{0}, leaves);
  number sum = 0;
  all.main()->receive([&](number x) { sum = x; });
  return sum;
}

}  // namespace

bench::measures spawn_exit(const bench::arguments& given) {
  const number lives = given["lives"];
  const number at_once = given["at_once"];
  if (lives % at_once != 0) {
    throw bench::argument_error("lives is '" + std::to_string(lives) + "', allowed: a multiple of at_once, " +
                                std::to_string(at_once));
  }
  actors all(given.schedulers);
  const auto p = all.system().spawn<parent>(all.main());
  all.send(p, go_atom_v, at_once * bench::warm_up(lives / at_once), at_once);
  all.done();
  const number start = bench::now_ns();
  all.send(p, go_atom_v, lives, at_once);
  const number sum = all.done();
  const number ns = bench::now_ns() - start;
  bench::expect("the sum of the numbers", sum, bench::sum_to(lives - 1));
  return {{"check", sum}, {"ns", ns}};
}

bench::measures skynet(const bench::arguments& given) {
  const number leaves = given["leaves"];
  number power = 1;
  while (power < leaves) power *= 10;
  if (power != leaves) {
    throw bench::argument_error("leaves is '" + std::to_string(leaves) + "', allowed: a power of 10");
  }
  actors all(given.schedulers);
  tree(all, bench::warm_up(leaves));
  all.main()->await_all_other_actors_done();
  const number start = bench::now_ns();
  const number sum = tree(all, leaves);
  const number ns = bench::now_ns() - start;
  bench::expect("the sum of the numbers", sum, bench::sum_to(leaves - 1));
  return {{"check", sum}, {"ns", ns}};
}

}  // namespace peer_caf
