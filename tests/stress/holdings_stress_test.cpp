// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <foundation/binary.hpp>

#include "support/runtime_fixture.hpp"
#include "support/scale.hpp"

namespace foundation::testing {
namespace {

/// Shows what it is made of.
struct parcel {
  int hops;
  std::vector<fn::binary> contents;
};
/// Does not.
class sealed_parcel {
 public:
  explicit sealed_parcel(parcel p) : inside_(std::move(p)) {}
  [[nodiscard]] parcel open() && { return std::move(inside_); }

 private:
  parcel inside_;
};

/// Copies, slices, keeps and drops what comes, and sends it on to anybody.
struct trader {
  using messages = fn::messages<parcel, sealed_parcel, std::vector<fn::pid>>;

  void handle(fn::process&, std::vector<fn::pid> who) { others = std::move(who); }
  void handle(fn::process& self, sealed_parcel p) { trade(self, std::move(p).open()); }
  void handle(fn::process& self, parcel p) { trade(self, std::move(p)); }

  void trade(fn::process& self, parcel p) {
    fn::binary& some = p.contents[random() % p.contents.size()];
    if (random() % 2 == 0) shelf.push_back(some);
    if (random() % 4 == 0) shelf.push_back(some.slice(0, 100).value());
    if (random() % 8 == 0) some = fn::binary::copy(std::string(1000, 'x')).value();
    if (shelf.size() > 20) shelf.erase(shelf.begin() + static_cast<std::ptrdiff_t>(random() % 20));
    if (--p.hops == 0) {
      shelf.clear();
      p.contents.clear();
      ++*arrived;
      return;
    }
    const fn::pid next = others[random() % others.size()];
    if (random() % 4 == 0) {
      fn::send(next, sealed_parcel(std::move(p)));
    } else if (random() % 4 == 0) {
      const parcel copy = p;
      fn::send(next, copy);
    } else {
      fn::send(next, std::move(p));
    }
    static_cast<void>(self);
  }

  std::mt19937 random;
  std::atomic<int>* arrived;
  std::vector<fn::pid> others = {};
  std::vector<fn::binary> shelf = {};
};

class HoldingsStress : public RuntimeTest {};

TEST_F(HoldingsStress, binaries_that_go_round_between_limited_processes_count_for_none_when_they_are_gone) {
  start({.schedulers = 3});
  constexpr int parcels = 40;
  const int hops = static_cast<int>(scaled(10'000, 200));
  std::atomic<int> arrived{0};
  std::vector<fn::pid> all;
  for (unsigned i = 0; i != 8; ++i) {
    const std::size_t limit = i % 4 == 0 ? 0 : 1'000'000'000;  // some count nothing
    all.push_back(fn::spawn(rt(), trader{std::mt19937(i), &arrived}, {.max_memory = limit}).value());
  }
  for (const fn::pid p : all) fn::send(p, all);
  for (int i = 0; i != parcels; ++i) {
    const std::vector<fn::binary> contents(3, fn::binary::copy(std::string(1000, 'x')).value());
    fn::send(all[static_cast<std::size_t>(i) % all.size()], parcel{hops, contents});
  }
  wait_until([&] { return arrived == parcels; });
  for (const fn::pid p : all) fn::exit(p, fn::exit_reason::shutdown);
  for (const fn::pid p : all) wait_gone(p);
  stop();
  EXPECT_EQ(probe.live(), 0) << "no buffer, and nobody who counts them";
}

}  // namespace
}  // namespace foundation::testing
