// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>

#include <foundation/fmt.hpp>

#include "runtime/runtime_core.hpp"

namespace foundation::rt {

/// What a process does at this moment, as far as it can be seen from outside.
std::string runtime_core::state_of(const proc::control_block& p) const {
  const auto [status, scheduler] = proc::look_at(p);
  if (scheduler == group_.size()) return "running on a lent thread";
  if (scheduler) return fmt::format("running on scheduler {}", *scheduler);
  switch (status) {
    case process_status::idle: return "idle";
    case process_status::waiting: return "waiting";
    case process_status::exiting: return "exiting";
    case process_status::running: return "on a thread of its own";
    case process_status::ready: break;
  }
  return "ready, or in a wait of Boost.Fiber's";
}

void runtime_core::dump(std::ostream& out) {
  std::string text =
      fmt::format("runtime \"{}\": {} schedulers, {} processes, {} abandoned, {} dead letters\n", options_.name,
                  group_.size(), space_.table().size(), space_.abandoned(), space_.dead_letters());
  // The stream is the user's and may block: not while processes are looked at.
  space_.table().for_each(proc::process_space::epochs(), [&](proc::control_block& p) {
    fmt::format_to(std::back_inserter(text), "{} \"{}\" {}\n", p.self_pid(), p.label_text(), state_of(p));
  });
  for (const auto& gone : space_.abandoned_processes()) {
    fmt::format_to(std::back_inserter(text), "{} \"{}\" abandoned\n", gone.id, gone.label);
  }
  out << text;
}

}  // namespace foundation::rt
