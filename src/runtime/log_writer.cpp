// SPDX-License-Identifier: Apache-2.0
#include "runtime/log_writer.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <exception>
#include <string>

#include "os/os.hpp"

namespace foundation::rt {

namespace {

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  switch (level) {
    case log_level::trace: return spdlog::level::trace;
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warn: return spdlog::level::warn;
    case log_level::error: return spdlog::level::err;
    case log_level::critical: return spdlog::level::critical;
    case log_level::off: break;
  }
  return spdlog::level::off;
}

log_level from_spdlog(spdlog::level::level_enum level) noexcept {
  for (const auto ours : {log_level::trace, log_level::debug, log_level::info, log_level::warn, log_level::error}) {
    if (to_spdlog(ours) == level) return ours;
  }
  return log_level::critical;
}

/// Hands each line to the host's function or logger. Called on the log thread alone.
class forward_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit forward_sink(const log_options& options) : options_(options) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view line(message.payload.data(), message.payload.size());
    try {
      if (options_.sink) {
        options_.sink(from_spdlog(message.level), line);
      } else {
        options_.logger->log(message.level, spdlog::string_view_t(line.data(), line.size()));
      }
    } catch (...) {  // as log_sink says: what it throws is dropped
    }
  }
  void flush_() override {
    if (options_.logger) options_.logger->flush();
  }

  const log_options& options_;
};

}  // namespace

log_writer::log_writer(const log_options& options, std::string_view name) : options_(options), name_(name) {}

/// The first line starts the thread. False when there is no memory or no thread for it, or no log any more.
bool log_writer::start() noexcept {
  if (logger_ || closed_) return !closed_;
  try {
    spdlog::sink_ptr sink;
    if (options_.sink || options_.logger) {
      sink = std::make_shared<forward_sink>(options_);
    } else {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    thread_ = std::make_shared<spdlog::details::thread_pool>(queued_lines, 1, [] { os::set_thread_name("fn-log"); });
    logger_ = std::make_shared<spdlog::async_logger>(name_.empty() ? "foundation" : name_, std::move(sink), thread_,
                                                     spdlog::async_overflow_policy::overrun_oldest);
    logger_->set_level(to_spdlog(options_.level));
  } catch (...) {
    logger_.reset();
    thread_.reset();
    return false;
  }
  return true;
}

void log_writer::write(log_level level, std::string_view line) noexcept {
  const sync::lock_guard lock(mutex_);
  if (start()) {
    logger_->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));  // spdlog catches what it throws
  } else {
    ++unmade_;
  }
}

std::uint64_t log_writer::dropped() const noexcept {
  const sync::lock_guard lock(mutex_);
  return unmade_ + (thread_ ? thread_->overrun_counter() : 0);
}

void log_writer::close() noexcept {
  std::shared_ptr<spdlog::async_logger> logger;  // ends last: queued lines refer to it
  std::shared_ptr<spdlog::details::thread_pool> thread;
  {
    const sync::lock_guard lock(mutex_);
    closed_ = true;
    if (thread_) unmade_ += thread_->overrun_counter();
    thread = std::move(thread_);
    logger = std::move(logger_);
  }
  thread.reset();  // not under the lock, since the sink may log: writes what is queued, and joins the thread
}

}  // namespace foundation::rt
