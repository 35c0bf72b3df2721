// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include <foundation/export.hpp>
#include <foundation/process.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

class runtime;

/// Makes a plain thread of the host's a process for as long as this object lives: it has a pid, can be sent to, and can
/// receive, link, monitor, ask and be asked, as `process` describes.
///
///     fn::thread_process self(rt, "accept");
///     const fn::pid worker = fn::spawn_link(*self, serve).value();
///     self->receive([](const fn::exited& e) { … }, fn::after(1s));
///
/// Its waits block the thread. Nothing unwinds a thread: told to exit, its waits and `checkpoint` return `errc::killed`
/// from then on, as in a `shield`, and the thread should destroy this object; after `kill_grace` it is dead to all others
/// whether it does or not. So a thread that links itself traps exits, as a rule. When the object is destroyed, the process
/// ends with the reason `normal`, or the one it was told.
///
/// It is no process for `runtime::process_count`, and `shutdown` does not wait for it; but it must be destroyed before
/// the runtime is. Use and destroy it on the thread that made it. On a thread that has one already, a second may be made
/// and used by its name; `current_process` stays the first.
///
/// Cost: one allocation and a place in the table, as to spawn; no stack, no thread. A wake costs the thread what its kernel
/// takes. (Nearest in Erlang: a process that a port owns.)
class FOUNDATION_API thread_process {
 public:
  /// Any plain thread; never waits.
  ///
  ///     auto self = fn::thread_process::create(rt, "accept");
  ///     if (!self) return self.error();
  ///
  /// @errors errc::invalid_argument when called by a process, or for a label longer than 255 bytes; errc::system_limit when
  ///         `max_processes` is reached or memory refused; errc::not_running when the runtime shuts down
  [[nodiscard]] static result<thread_process> create(runtime& rt, std::string_view label = {}) noexcept;

  /// `create(rt, label).value()`. @throws bad_result_access
  explicit thread_process(runtime& rt, std::string_view label = {});

  thread_process(thread_process&& other) noexcept : process_(std::exchange(other.process_, nullptr)) {}
  thread_process& operator=(thread_process&& other) noexcept {
    std::swap(process_, other.process_);
    return *this;
  }
  ~thread_process();

  /// The process, for this thread alone. Not after it was moved from.
  [[nodiscard]] process& operator*() const noexcept { return *process_; }
  [[nodiscard]] process* operator->() const noexcept { return process_; }

 private:
  explicit thread_process(process* p) noexcept : process_(p) {}

  process* process_;
};

}  // namespace foundation::inline v0
