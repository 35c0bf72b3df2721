// SPDX-License-Identifier: Apache-2.0
//
// One process monitors many, and all of them end.
#include <future>
#include <vector>

#include "rows.hpp"

namespace ours {
namespace {

struct end {};

class mortal {
 public:
  using messages = fn::messages<end>;
  void handle(fn::process& self, end) { self.stop(); }
};

struct storm {
  number ns;
  number notices;
};

storm blow(fn::runtime& rt, number processes) {
  std::promise<storm> done;
  auto got = done.get_future();
  fn::spawn(rt, [&](fn::process& self) {
    std::vector<fn::pid> monitored;
    for (number i = 0; i != processes; ++i) {
      monitored.push_back(fn::spawn(self, mortal{}).value());
      self.monitor(monitored.back()).value();
    }
    self.sleep(std::chrono::milliseconds(100));  // until all of them wait
    number notices = 0;
    const number ns = elapsed_ns([&] {
      for (const fn::pid p : monitored) fn::send(p, end{});
      while (notices != processes) self.receive([&](const fn::down&) { ++notices; });
    });
    done.set_value({ns, notices});
  }).value();
  return got.get();
}

}  // namespace

measures down_storm(const arguments& a) {
  const number processes = a["processes"];
  fn::runtime rt({.schedulers = a.schedulers, .max_processes = processes + 16});
  blow(rt, warm_up(processes));
  const storm blown = blow(rt, processes);
  return {{"ns", blown.ns}, {"check", blown.notices}};
}

}  // namespace ours
