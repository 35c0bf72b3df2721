// SPDX-License-Identifier: Apache-2.0
//
// Ending all processes (docs/internals/exit.md): ask, wait, kill, wait, say who is left.
#include <algorithm>
#include <chrono>
#include <new>

#include "runtime/runtime_core.hpp"

namespace foundation::rt {

using namespace std::chrono_literals;

std::vector<survivor> runtime_core::shutdown(std::chrono::nanoseconds patience, shutdown_mode mode) {
  FOUNDATION_CHECK(proc::control_block::current() == nullptr ||
                       &proc::control_block::current()->space() != &space_,
                   "runtime::shutdown called from a process of the same runtime");
  space_.close();
  auto& table = space_.table();
  const os::time_point deadline = std::max(os::now(), os::deadline_after(patience));
  const bool again = space_.abandoned_settled() != 0;  // an earlier call has given up on some
  // Asked again now and then: a spawn that was under way when the space closed may have come in since.
  // Either also when there is nobody but plain threads that are processes.
  if (os::now() < deadline) {
    ask_all(mode);
  } else {
    kill_all();
  }
  for (auto pause = 10ms; os::now() < deadline; pause = std::min(2 * pause, 1000ms)) {
    if (table.wait_empty(std::min(deadline, os::now() + pause))) break;
    ask_all(mode);
  }
  // As long as some end within the time in which the monitor gives up one that does not, up to ten times: they may be very many.
  const auto patience_for_one = options_.kill_grace + proc::watch_list::stuck_after(options_.kill_grace) + 100ms;
  const os::time_point end = os::now() + 10 * patience_for_one;
  os::time_point grace = os::now() + patience_for_one;
  for (auto pause = 10ms; table.size() != 0 && os::now() < grace; pause = std::min(2 * pause, 1000ms)) {
    const std::size_t before = table.size();
    // For a spawn that was under way. Each kill of a million costs as many signals: beyond a few none has come in since.
    if (before < 1'000 || pause < 1000ms) kill_all();
    static_cast<void>(table.wait_empty(std::min(grace, os::now() + pause)));
    if (table.size() < before) grace = std::min(end, os::now() + patience_for_one);
  }
  sync::atomic<std::uint32_t> never{0};
  while (space_.abandoned_settled() != 0 && again && os::now() < deadline) {
    static_cast<void>(os::futex_wait_until(never, 0, std::min(deadline, os::now() + 10ms)));
  }
  return survivors();
}

void runtime_core::ask_all(shutdown_mode mode) noexcept {
  space_.table().for_each(proc::process_space::epochs(), [&](proc::control_block& p) {
    // A refused allocation is made good by the next round, or by the kill.
    if (mode == shutdown_mode::drain) {
      static_cast<void>(space_.request_shutdown(p));
    } else {
      static_cast<void>(space_.exit(p.self_pid(), pid(), exit_kind::shutdown));
    }
  });
}

void runtime_core::kill_all() noexcept {
  space_.table().for_each(proc::process_space::epochs(), [&](proc::control_block& p) {
    static_cast<void>(space_.exit(p.self_pid(), pid(), exit_kind::kill));
  });
}

/// Plain threads that are processes for a request alone leave when they are told to end. After this nobody becomes one.
void runtime_core::wait_for_askers() noexcept {
  proc::process_space::epochs().drain();  // who had found the space, and that it accepts, is in the table now
  sync::atomic<std::uint32_t> never{0};
  const os::time_point deadline = os::now() + options_.kill_grace;
  for (auto pause = 1ms; space_.table().threads() != 0 && os::now() < deadline; pause = std::min(2 * pause, 100ms)) {
    kill_all();
    static_cast<void>(os::futex_wait_until(never, 0, std::min(deadline, os::now() + pause)));
  }
}

std::vector<survivor> runtime_core::survivors() {
  std::vector<survivor> left;
  space_.table().for_each(proc::process_space::epochs(), [&](proc::control_block& p) {
    if (!p.on_thread()) left.push_back({p.self_pid(), std::string(p.label_text()), state_of(p)});
  });
  for (const auto& gone : space_.abandoned_processes()) {
    left.push_back({gone.id, gone.label, "abandoned: it did not return from code that the library cannot unwind"});
  }
  return left;
}

}  // namespace foundation::rt
