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
///   close()              once         writes what is queued; from then on every line is dropped
class log_writer {
 public:
  explicit log_writer(const log_options& options, std::string_view name);
  ~log_writer() { close(); }
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  [[nodiscard]] bool wanted(log_level level) const noexcept { return level >= options_.level; }
  void write(log_level level, std::string_view line) noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t dropped() const noexcept FOUNDATION_EXCLUDES(mutex_);
  void close() noexcept FOUNDATION_EXCLUDES(mutex_);

 private:
  static constexpr std::size_t queued_lines = 512;

  [[nodiscard]] bool start() noexcept FOUNDATION_REQUIRES(mutex_);

  const log_options options_;
  const std::string name_;
  mutable sync::mutex mutex_{base::lock_rank::log};
  std::shared_ptr<spdlog::details::thread_pool> thread_ FOUNDATION_GUARDED_BY(mutex_);
  std::shared_ptr<spdlog::async_logger> logger_ FOUNDATION_GUARDED_BY(mutex_);
  bool closed_ FOUNDATION_GUARDED_BY(mutex_) = false;
  std::uint64_t unmade_ FOUNDATION_GUARDED_BY(mutex_) = 0;  // lines that never reached the queue
};

}  // namespace foundation::rt
