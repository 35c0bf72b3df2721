// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <foundation/runtime_options.hpp>

#include "base/base.hpp"

namespace spdlog {
class async_logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace foundation::rt {

/// The log of one runtime: lines are handed to a thread of its own through a bounded queue, whose oldest lines give way
/// when they come too fast, so that logging never holds a scheduler up. The thread starts with the first line.
///
///   write(level, line)   any thread   never waits for the sink; without memory or a thread the line is dropped
///   dropped()            any thread   lines lost so far
class log_writer {
 public:
  explicit log_writer(const log_options& options, std::string_view name);
  /// Writes what is queued.
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  [[nodiscard]] bool wanted(log_level level) const noexcept { return level >= options_.level; }
  void write(log_level level, std::string_view line) noexcept;
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  static constexpr std::size_t queued_lines = 512;

  [[nodiscard]] spdlog::async_logger* started() noexcept FOUNDATION_EXCLUDES(mutex_);

  const log_options options_;
  const std::string name_;
  mutable sync::mutex mutex_{base::lock_rank::log};
  std::shared_ptr<spdlog::details::thread_pool> thread_ FOUNDATION_GUARDED_BY(mutex_);
  std::shared_ptr<spdlog::async_logger> logger_ FOUNDATION_GUARDED_BY(mutex_);
  sync::atomic<std::uint64_t> unmade_{0};
};

}  // namespace foundation::rt
