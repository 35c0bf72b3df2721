// SPDX-License-Identifier: Apache-2.0
/// The other end of tests/unit/delivery/plugin_test.cpp: its own instances of every template of the library. Built like
/// type_plugin.cpp; its path is the macro FOUNDATION_MESSAGE_PLUGIN.
#include "support/message_plugin.hpp"

namespace {

using foundation_test::private_text;
using foundation_test::shared_text;
namespace fn = foundation;

void send(fn::pid to) {
  fn::send(to, shared_text{"from the plugin"});
  fn::send(to, private_text{"the plugin's own"});
  fn::send(to, 42);
}

std::string receive(fn::process& self) {
  return self
      .receive([](shared_text m) { return m.text; }, [](const private_text&) { return std::string("private"); })
      .value();
}

struct echo {
  using messages = fn::messages<shared_text>;
  void handle(fn::process&, const shared_text& m) { fn::send(reader, shared_text{"plugin: " + m.text}); }
  fn::pid reader;
};

fn::pid spawn(fn::runtime& rt, fn::pid reader) { return fn::spawn(rt, echo{reader}).value(); }

}  // namespace

extern "C" [[gnu::visibility("default")]] const foundation_test::message_plugin* foundation_message_plugin() {
  static const foundation_test::message_plugin table{send, receive, spawn};
  return &table;
}
