// compiles
// SPDX-License-Identifier: Apache-2.0
// The right spelling of what the other programs get wrong.
#include <functional>
#include <memory>

#include <foundation/foundation.hpp>

namespace fn = foundation;
using namespace std::chrono_literals;

struct job {};
struct increment {};
class counter {
 public:
  using messages = fn::messages<increment, std::unique_ptr<job>, long>;
  void handle(fn::process&, increment) {}
  void handle(fn::process&, std::unique_ptr<job>) {}
  void handle(fn::process&, long& n) { ++n; }
};

void function(const job&) {}

void receive(fn::process& self) {
  const fn::reference ref = self.make_reference();
  self.receive(fn::since(ref), fn::when([](const job&) { return true; }, [](job&&) {}), &function,
               std::function<void(int)>([](int) {}), [](const std::unique_ptr<int>&) {}, [](std::unique_ptr<long>) {},
               fn::when([](const fn::any_message&) { return false; }, [](fn::any_message&) {}),
               [](const fn::any_message&) {}, fn::after(1s));
  self.receive(fn::after(1ms));
  static_cast<void>(self.receive([](int) { return 1; }, fn::after(0ms, [] { return 2; })).value());
}

void send(fn::runtime& rt, const job& kept) {
  const fn::pid p = fn::spawn(rt, counter{}).value();
  fn::send(p, std::make_unique<job>());
  fn::send(p, kept);
  auto worker = [only = std::make_unique<job>()](fn::process&) {};
  static_cast<void>(fn::spawn(rt, std::move(worker)));
}
