// SPDX-License-Identifier: Apache-2.0
//
// Making and ending a runtime. Ending its processes is shutdown.cpp, showing them dump.cpp.
#include "runtime/runtime_core.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "runtime/overflow_report.hpp"

namespace foundation::rt {

namespace {

sched::group_options group_options_of(const runtime_options& options) {
  return {.schedulers = options.schedulers,
          .name = options.name.c_str(),
          .stack_size = options.stack_size,
          .guard = static_cast<memory::guard_mode>(options.guard),
          .seed = os::entropy()};
}

proc::log_hook hook_of(log_writer& log) noexcept {
  return {&log,
          [](void* context, log_level level) noexcept { return static_cast<log_writer*>(context)->wanted(level); },
          [](void* context, log_level level, std::string_view line) noexcept {
            static_cast<log_writer*>(context)->write(level, line);
          }};
}

}  // namespace

runtime_core::runtime_core(runtime_options options, std::uint32_t tag)
    : options_(std::move(options)),
      log_(options_.log, options_.name),
      group_(group_options_of(options_)),
      space_(group_, tag, options_.max_processes, options_.kill_grace, hook_of(log_)) {}

runtime_core::~runtime_core() {
  if (handler_acquired_) os::release_overflow_handler();
}

result<std::unique_ptr<runtime_core>> runtime_core::create(runtime_options options) noexcept {
  if (auto valid = validate(options); !valid) return valid.error();
  if (options.schedulers == 0) options.schedulers = std::min(os::usable_cpus(), 1024u);
  auto& directory = proc::directory::instance();
  const auto tag = directory.reserve();
  if (!tag) return error(errc::system_limit, "runtimes: 256 alive at once");
  std::unique_ptr<runtime_core> core;
  try {
    core = std::make_unique<runtime_core>(std::move(options), *tag);
    if (core->options_.signal_handlers) {
      os::set_overflow_reporter(&report_overflow);
      core->handler_acquired_ = os::acquire_overflow_handler();
    }
    directory.publish(core->space_);
    const sched::monitor_hooks hooks{&core->space_, [](void* space, os::time_point now) noexcept {
                                       return static_cast<proc::process_space*>(space)->check_watched(now);
                                     }};
    if (core->group_.start(hooks)) return core;
  } catch (const std::exception&) {  // no memory
  }
  directory.withdraw(*tag);  // before the core is destroyed
  return error(errc::system_limit, "schedulers: a thread or its memory was refused");
}

void runtime_core::end(std::unique_ptr<runtime_core>& core) noexcept {
  if (core == nullptr) return;
  try {
    constexpr std::size_t named = 20;  // the log is for people
    const std::vector<survivor> left = core->shutdown(core->options_.shutdown_timeout, shutdown_mode::drop);
    for (std::size_t i = 0; i < std::min(named, left.size()); ++i) {
      core->log_.write(log_level::error, "runtime destroyed while \"" + left[i].label + "\" survives: " + left[i].reason);
    }
    if (left.size() > named) {
      core->log_.write(log_level::error, "runtime destroyed while " + std::to_string(left.size() - named) + " more survive");
    }
  } catch (const std::exception&) {  // no memory for the list or a line: the counts below decide
  }
  core->wait_for_askers();
  try {
    if (core->space_.table().threads() != 0) {
      core->log_.write(log_level::error, "runtime destroyed while a thread_process of it is there");
    }
  } catch (const std::exception&) {  // the same
  }
  if (core->space_.has_processes()) {
    core->log_.close();  // what the host gave us to log to may end with the runtime
    core->group_.detach();
    static_cast<void>(core.release());  // what the survivor can reach stays for ever
    return;
  }
  proc::directory::instance().withdraw(core->space_.tag());
  core->group_.stop();
  proc::process_space::epochs().drain();  // what its threads retired last
  core.reset();
}

}  // namespace foundation::rt
