// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include <foundation/pid.hpp>
#include <foundation/runtime_options.hpp>
#include <foundation/spawn_options.hpp>

namespace foundation::inline v0 {

namespace {

constexpr unsigned max_schedulers = 1024;  // picked: beyond any machine in sight, and bounds what is kept per scheduler
constexpr std::size_t max_processes = detail::pid_access::max_slot;
constexpr std::size_t min_stack_size = 16 * 1024;  // picked: four pages, for the library's own frames and a throw
constexpr std::size_t max_stack_size = std::size_t{1} << 30;
constexpr std::size_t min_memory = 4096;
constexpr std::size_t min_memory_prefaulted = 128 * 1024;  // twice the chunk that is taken at spawn
constexpr std::size_t max_text = 255;
constexpr std::chrono::milliseconds max_wait = std::chrono::hours(24);

static_assert(max_processes == 16'777'215);

/// As much of a size as an error's number can say.
constexpr std::int64_t clamped(std::size_t value) noexcept {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(value < most ? value : most);
}

result<void> check_range(std::string_view field, std::size_t given, std::size_t least, std::size_t most) noexcept {
  if (given >= least && given <= most) return {};
  return error::out_of_range(field, clamped(given), clamped(least), clamped(most));
}

result<void> check_wait(std::string_view field, std::chrono::milliseconds given) noexcept {
  if (given >= std::chrono::milliseconds(0) && given <= max_wait) return {};
  return error::out_of_range(field, given.count(), 0, max_wait.count());
}

result<void> check_guard(guard_mode given) noexcept {
  switch (given) {
    case guard_mode::automatic:
    case guard_mode::install:
    case guard_mode::mprotect:
    case guard_mode::canary:
      return {};
  }
  return error::out_of_range("guard", static_cast<std::int64_t>(given), 0, 3);
}

result<void> check_priority(priority given) noexcept {
  if (given <= priority::max) return {};
  return error::out_of_range("priority", static_cast<std::int64_t>(given), 0, 3);
}

bool says_nothing_of_memory(const spawn_options& o) noexcept {
  return o.max_memory == 0 && o.memory == memory_strategy::standard && o.gc == gc_strategy() && o.on_max_memory == memory_breach::exit;
}

result<void> check_memory(const spawn_options& options) noexcept {
  if (says_nothing_of_memory(options)) return {};
  if (options.memory > memory_strategy::low_latency) {
    return error::out_of_range("memory", static_cast<std::int64_t>(options.memory), 0, 4);
  }
  if (options.gc == gc_strategy::every(0)) return error::out_of_range("gc (its turns)", 0, 1, clamped(~std::uint32_t{0}));
  if (options.on_max_memory > memory_breach::log) {
    return error::out_of_range("on_max_memory", static_cast<std::int64_t>(options.on_max_memory), 0, 1);
  }
  if (options.max_memory == 0) return {};
  if (options.memory == memory_strategy::low_latency) {
    return check_range("max_memory (with memory_strategy::low_latency)", options.max_memory, min_memory_prefaulted, ~std::size_t{0});
  }
  return check_range("max_memory", options.max_memory, min_memory, ~std::size_t{0});
}

result<void> check_log(const log_options& log) noexcept {
  if (log.level > log_level::off) return error::out_of_range("log.level", static_cast<std::int64_t>(log.level), 0, 6);
  if (log.logger != nullptr && log.sink) return error::out_of_range("log", "a logger and a sink", "one of them");
  return {};
}

}  // namespace

result<void> validate(const runtime_options& options) noexcept {
  if (auto r = check_range("schedulers", options.schedulers, 0, max_schedulers); !r) return r;
  if (auto r = check_range("max_processes", options.max_processes, 1, max_processes); !r) return r;
  if (auto r = check_range("stack_size", options.stack_size, min_stack_size, max_stack_size); !r) return r;
  if (auto r = check_guard(options.guard); !r) return r;
  if (auto r = check_range("name (its length)", options.name.size(), 0, max_text); !r) return r;
  if (auto r = check_log(options.log); !r) return r;
  if (auto r = check_wait("kill_grace (ms)", options.kill_grace); !r) return r;
  return check_wait("shutdown_timeout (ms)", options.shutdown_timeout);
}

result<void> validate(const spawn_options& options, unsigned schedulers) noexcept {
  if (auto r = check_range("label (its length)", options.label.size(), 0, max_text); !r) return r;
  if (auto r = check_priority(options.priority); !r) return r;
  if (options.stack_size != 0) {
    if (auto r = check_range("stack_size", options.stack_size, min_stack_size, max_stack_size); !r) return r;
  }
  if (auto r = check_guard(options.guard); !r) return r;
  if (options.scheduler) {
    if (auto r = check_range("scheduler", *options.scheduler, 0, schedulers - 1); !r) return r;
  }
  return check_memory(options);
}

}  // namespace foundation::inline v0
