// SPDX-License-Identifier: Apache-2.0
/// What the message test and its plugin share. The plugin (message_plugin.cpp) is a shared object built with hidden
/// visibility and opened with RTLD_LOCAL; it finds the library in the program that opens it.
#pragma once

#include <string>

#include <foundation/foundation.hpp>

namespace foundation_test {

/// Host and plugin include it: one type, though each has its own type_info.
struct shared_text {
  std::string text;
};

namespace {
/// One name, but a type of its own in each translation unit.
struct private_text {
  std::string text;
};
}  // namespace

/// What the plugin exports, as one table.
struct message_plugin {
  /// Sends a shared_text, a private_text and a number, in this order.
  void (*send)(foundation::pid to);
  /// Receives a shared_text and returns its text; private_texts of the plugin's own come out as "private".
  std::string (*receive)(foundation::process& self);
  /// Spawns a handler of the plugin's, which answers each shared_text with its text behind "plugin: ".
  foundation::pid (*spawn)(foundation::runtime& rt, foundation::pid reader);
};

inline constexpr const char* message_plugin_symbol = "foundation_message_plugin";
using message_plugin_function = const message_plugin*();

}  // namespace foundation_test
