// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <foundation/alias.hpp>

namespace foundation::inline v0 {

/// How `process::monitor` monitors.
///
///     const fn::reference ref = self.monitor(server, {.alias = fn::alias_mode::reply_demonitor}).value();
///     fn::send(server, question{fn::alias(self.id(), ref)});  // the answer ends the monitor, the `down` the alias
struct monitor_options {
  /// Makes the monitor's reference an alias, too: `explicit_unalias`, `demonitor` or `reply_demonitor`. Answers to a request
  /// that are sent to `alias(self.id(), monitor)` then come in no more once the monitor is gone (EEP 53).
  std::optional<alias_mode> alias = std::nullopt;
  /// The `down` overtakes other messages, and so do messages sent to the alias with `priority_message` (EEP 76).
  bool priority = false;
};

/// What `process::demonitor` does with a `down` that has come already.
enum class demonitor_mode : unsigned char {
  keep,   ///< leaves it in the mailbox
  flush,  ///< takes it out
};

}  // namespace foundation::inline v0
