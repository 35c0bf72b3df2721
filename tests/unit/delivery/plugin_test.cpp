// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <atomic>

#include "support/message_plugin.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using foundation_test::private_text;
using foundation_test::shared_text;

/// A plugin that exchanges messages with this program, in which the library is.
class Plugin : public RuntimeTest {
 protected:
  void SetUp() override {
    void* opened = ::dlopen(FOUNDATION_MESSAGE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(opened, nullptr) << ::dlerror();
    auto* table = reinterpret_cast<foundation_test::message_plugin_function*>(
        ::dlsym(opened, foundation_test::message_plugin_symbol));
    ASSERT_NE(table, nullptr) << ::dlerror();
    plugin = table();  // it stays loaded: messages of its types may outlive a test
  }

  const foundation_test::message_plugin* plugin = nullptr;
};

TEST_F(Plugin, sends_what_the_host_receives_by_type) {
  start();
  std::vector<std::string> seen;
  std::atomic<bool> done{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (int i = 0; i < 3; ++i) {
                        self.receive([&](const shared_text& m) { seen.push_back(m.text); },
                                     [&](const private_text&) { seen.emplace_back("taken for the host's own"); },
                                     [&](int n) { seen.push_back(std::to_string(n)); },
                                     [&](const fn::any_message& m) {
                                       seen.emplace_back(m.get_if<private_text>() == nullptr ? "foreign" : "wrong");
                                     });
                      }
                      done = true;
                    }).value();
  plugin->send(p);
  wait_until([&] { return done.load(); });
  EXPECT_EQ(seen, (std::vector<std::string>{"from the plugin", "foreign", "42"}));
}

TEST_F(Plugin, receives_what_the_host_sends_and_leaves_the_hosts_private_types) {
  start();
  std::vector<std::string> seen;
  std::atomic<bool> done{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (int i = 0; i < 2; ++i) seen.push_back(plugin->receive(self));
                      self.receive([&](const private_text& m) { seen.push_back(m.text); });
                      done = true;
                    }).value();
  fn::send(p, shared_text{"one"});
  fn::send(p, private_text{"the host's own"});
  fn::send(p, shared_text{"two"});
  wait_until([&] { return done.load(); });
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "two", "the host's own"}));
}

TEST_F(Plugin, spawns_handlers_that_the_host_talks_to) {
  start();
  std::string answer;
  std::atomic<bool> done{false};
  const fn::pid reader = fn::spawn(rt(), [&](fn::process& self) {
                           self.receive([&](const shared_text& m) { answer = m.text; });
                           done = true;
                         }).value();
  const fn::pid echo = plugin->spawn(rt(), reader);
  fn::send(echo, private_text{"not listed"});
  fn::send(echo, shared_text{"hello"});
  wait_until([&] { return done.load(); });
  stop();
  EXPECT_EQ(answer, "plugin: hello");
  EXPECT_TRUE(logged("has no handler for a message of type"));
}

TEST_F(Plugin, is_unwound_when_a_process_is_killed_while_it_waits_in_the_plugins_code) {
  start();
  std::atomic<bool> waiting{false};
  std::atomic<bool> unwound{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      struct on_exit {
                        std::atomic<bool>& flag;
                        ~on_exit() { flag = true; }
                      } const note{unwound};
                      waiting = true;
                      plugin->receive(self);
                    }).value();
  wait_until([&] { return waiting.load(); });
  fn::exit(p, fn::exit_reason::kill);
  wait_dead(p);
  EXPECT_TRUE(unwound);
}

}  // namespace
}  // namespace foundation::testing
