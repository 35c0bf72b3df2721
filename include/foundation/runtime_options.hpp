// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <foundation/export.hpp>
#include <foundation/guard_mode.hpp>
#include <foundation/log_level.hpp>
#include <foundation/result.hpp>

namespace spdlog {
class logger;
}  // namespace spdlog

namespace foundation::inline v0 {

/// A function that log lines go to, as `[](fn::log_level level, std::string_view line) { … }`; empty when default-made.
///
/// The runtime calls it from one thread of its own, one line at a time, never from a scheduler. The line has no newline
/// and is valid during the call. What the function throws is dropped.
class log_sink {
 public:
  log_sink() noexcept = default;

  /// Stores `function`; copies of the sink share it. One allocation; throws what making it throws.
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, log_sink> &&
             std::is_invocable_v<std::decay_t<F>&, log_level, std::string_view>)
  log_sink(F&& function)  // NOLINT: implicit by design
      : function_(std::make_shared<std::decay_t<F>>(std::forward<F>(function))),
        call_([](void* stored, log_level level, std::string_view line) {
          (*static_cast<std::decay_t<F>*>(stored))(level, line);
        }) {}

  [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }

  /// Writes one line; pre: the sink is not empty.
  void operator()(log_level level, std::string_view line) const { call_(function_.get(), level, line); }

 private:
  std::shared_ptr<void> function_;
  void (*call_)(void*, log_level, std::string_view) = nullptr;
};

/// Where a runtime's own log lines go: to `logger`, to `sink`, or, with neither, to the standard error stream.
/// Logging never blocks a scheduler: lines are handed over, and dropped and counted when they come too fast.
struct log_options {
  log_level level = log_level::warn;            ///< lines below this are not made
  std::shared_ptr<spdlog::logger> logger = {};  ///< its own level applies too; include spdlog yourself
  log_sink sink = {};                           ///< not together with `logger`
};

/// What a runtime is made with. Every field has a default; `validate` tells what is out of range.
struct runtime_options {
  /// Threads that run processes, 1..1024; 0: as many as the thread's CPU affinity and the cgroup's quota allow.
  unsigned schedulers = 0;

  /// Processes alive at once, 1..16,777,215. Memory is reserved, not used, for the whole table.
  std::size_t max_processes = 1'048'576;

  /// Bytes of address space for a process's stack, 16 KiB..1 GiB, rounded up to whole pages; used memory grows by the
  /// page as it is touched.
  std::size_t stack_size = 256 * 1024;

  /// How a stack's overflow is caught.
  guard_mode guard = guard_mode::automatic;

  /// Shown in logs; its first 8 bytes in the names of the scheduler threads, as "pictures-0". At most 255 bytes.
  std::string name = {};

  log_options log = {};

  /// Whether the runtime installs its handler for stack overflows (SIGSEGV and SIGBUS). It is chained to those found
  /// and taken away with the last runtime that wants it.
  bool signal_handlers = true;

  /// How long a process that was told to die may take to unwind before it is abandoned: then for a tenth of it more, at least
  /// 10 ms, in its user's code; 0 ms..24 h.
  std::chrono::milliseconds kill_grace = std::chrono::seconds(5);

  /// How long the destructor waits for processes to stop before it kills them; 0 ms..24 h.
  std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(5);
};

/// Whether a runtime can be made with these options.
/// @any_thread
/// @errors errc::invalid_argument, whose message names the first option out of range, what was given and what is
///         allowed
[[nodiscard]] FOUNDATION_API result<void> validate(const runtime_options& options) noexcept;

}  // namespace foundation::inline v0
