// SPDX-License-Identifier: Apache-2.0
//
// down_storm. Idiom: monitors with a handler for their notices, "Monitors" in CAF's manual.
#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

caf::behavior mortal(caf::event_based_actor* self) {
  return {[self](stop_atom) { self->quit(); }};
}

class watcher : public caf::event_based_actor {
 public:
  watcher(caf::actor_config& cfg, caf::actor main) : event_based_actor(cfg), main_(std::move(main)) {}

  caf::behavior make_behavior() override {
    return {
        [this](meet_atom, number processes) {
          notices_ = 0;
          mortals_.clear();
          for (number i = 0; i < processes; ++i) mortals_.push_back(spawn(mortal));
          monitor_all(this, mortals_, [this] {
            if (++notices_ == mortals_.size()) peer_caf::send(this, main_, done_atom_v, notices_);
          });
          peer_caf::send(this, main_, go_atom_v);
        },
        [this](go_atom) {
          for (const auto& m : mortals_) peer_caf::send(this, m, stop_atom_v);
        },
    };
  }

 private:
  caf::actor main_;
  std::vector<caf::actor> mortals_;
  number notices_ = 0;
};

struct result {
  number notices;
  number ns;
};

result storm(actors& all, const caf::actor& watcher, number processes) {
  all.send(watcher, meet_atom_v, processes);
  all.main()->receive([](go_atom) {});
  const number start = bench::now_ns();
  all.send(watcher, go_atom_v);
  const number notices = all.done();
  return {.notices = notices, .ns = bench::now_ns() - start};
}

}  // namespace

bench::measures down_storm(const bench::arguments& given) {
  const number processes = given["processes"];
  actors all(given.schedulers);
  const auto w = all.system().spawn<watcher>(all.main());
  storm(all, w, bench::warm_up(processes));
  const auto [notices, ns] = storm(all, w, processes);
  bench::expect("the number of notices", notices, processes);
  return {{"check", notices}, {"ns", ns}};
}

}  // namespace peer_caf
