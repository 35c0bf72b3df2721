// SPDX-License-Identifier: Apache-2.0
/// Messages that the runtime itself sends: the ends of linked and monitored processes.
#pragma once

#include <string>

#include <foundation/exit_reason.hpp>
#include <foundation/pid.hpp>
#include <foundation/reference.hpp>

namespace foundation::inline v0 {

/// An exit signal that a process which traps exits has got as a message (Erlang's `{'EXIT', From, Reason}`).
///
///     self.trap_exit(true);
///     self.receive([&](const fn::exited& e) { if (e.from == worker) restart(e.reason); });
///
/// Semantics: Erlang reference manual, "Processes", "Receiving exit signals".
struct exited {
  pid from;            ///< the linked process that ended, or the one that called `exit`; none for a plain thread
  exit_reason reason;  ///< why
};

/// A monitored process has ended, or was not there (Erlang's `{'DOWN', Ref, process, Object, Reason}`). Comes once for
/// each monitor, and not after `demonitor`.
///
///     self.receive([&](const fn::down& d) { if (d.monitor == ref) std::cerr << d.from << ": " << d.reason << '\n'; });
///
/// Semantics: Erlang reference manual, "Processes", "Monitors".
struct down {
  reference monitor;   ///< what `process::monitor` returned
  pid from;            ///< the process; none if it was monitored by a name that nobody had
  exit_reason reason;  ///< why it ended; `noproc` when it was gone before
  std::string name;    ///< the name it was monitored by, or empty
};

}  // namespace foundation::inline v0
