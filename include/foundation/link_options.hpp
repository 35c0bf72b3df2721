// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace foundation::inline v0 {

/// How `process::link` links.
///
///     self.trap_exit(true);
///     self.link(worker, {.priority = true}).value();  // its `exited` comes before what is in the mailbox by then
struct link_options {
  /// Where exits are trapped, the `exited` of this link overtakes other messages (EEP 76). A matter of this process alone; of
  /// a link that is made again, what was said last holds.
  bool priority = false;
};

}  // namespace foundation::inline v0
