// SPDX-License-Identifier: Apache-2.0
//
// Two servers share one scheduler. The quiet one takes blocks in each turn, frees them and gives its chunks back, so
// that the next turn takes chunks again; then it lets the loud one have a burst of two megabytes, of which some stays
// lent. How long the quiet one waits from the end of that turn to its own is what the loud one's trimming takes.
#include <future>
#include <vector>

#include "measures.hpp"

namespace memory {
namespace {

struct tick {
  fn::pid from;
};
struct tock {
  number sent;
  number burst_ns;
};

class loud {
 public:
  using messages = fn::messages<tick>;
  void handle(fn::process& self, const tick& t) {
    const number begun = now_ns();
    // The first tenth stays until the next turn: some chunks can be given back, others cannot.
    std::vector<void*> all(blocks);
    for (void*& each : all) *static_cast<number*>(each = self.arena().allocate(bytes)) = begun;
    for (void* each : kept_) self.arena().deallocate(each, bytes);
    kept_.clear();
    for (std::size_t i = 0; i != blocks; ++i) {
      if (i < blocks / 10)
        kept_.push_back(all[i]);
      else
        self.arena().deallocate(all[i], bytes);
    }
    const number ended = now_ns();
    fn::send(t.from, tock{ended, ended - begun});
  }

 private:
  static constexpr std::size_t blocks = 4000;
  static constexpr std::size_t bytes = 512;
  std::vector<void*> kept_;
};

struct report {
  std::vector<number> allocations;
  std::vector<number> waits;
  std::vector<number> bursts;
};

class quiet {
 public:
  using messages = fn::messages<tock>;
  quiet(fn::pid beside, number rounds, std::promise<report>& to) : beside_(beside), rounds_(rounds), to_(&to) {}

  void handle(fn::process& self, const tock& t) {
    found_.waits.push_back(now_ns() - t.sent);
    found_.bursts.push_back(t.burst_ns);
    void* blocks[64];
    for (void*& each : blocks) {
      const number begun = now_ns();
      each = self.arena().allocate(512);
      *static_cast<number*>(each) = begun;
      found_.allocations.push_back(now_ns() - begun);
    }
    for (void* each : blocks) self.arena().deallocate(each, 512);
    if (found_.waits.size() == rounds_) return to_->set_value(std::move(found_));
    if (!beside_)
      fn::send(self.id(), tock{now_ns(), 0});
    else
      fn::send(beside_, tick{self.id()});
  }

 private:
  fn::pid beside_;
  number rounds_;
  std::promise<report>* to_;
  report found_;
};

}  // namespace

/// `beside`: 1 for nobody, 2 .. 6 for the five strategies.
measures neighbour(const arguments& a) {
  fn::runtime rt({.schedulers = 1});
  fn::pid other;
  if (a["beside"] != 1) {
    const auto strategy = strategy_of({.schedulers = 1, .values = {{"strategy", a["beside"] - 1}}});
    other = fn::spawn(rt, loud{}, {.memory = strategy}).value();
  }
  std::promise<report> made;
  const fn::pid mine = fn::spawn(rt, quiet(other, a["rounds"], made), {.gc = fn::gc_strategy::every(1)}).value();
  fn::send(mine, tock{now_ns(), 0});
  report found = made.get_future().get();
  bench::expect("turns", found.waits.size(), a["rounds"]);
  measures result;
  bench::add_percentiles(result, std::move(found.allocations));
  measures waits;
  bench::add_percentiles(waits, std::move(found.waits));
  measures bursts;
  bench::add_percentiles(bursts, std::move(found.bursts));
  result.insert(result.end(),
                {{"wait_p50", waits[0].second}, {"wait_p99", waits[1].second}, {"burst_p50", bursts[0].second}});
  return result;
}

}  // namespace memory
