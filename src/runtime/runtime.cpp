// SPDX-License-Identifier: Apache-2.0
#include <foundation/runtime.hpp>

#include <utility>

#include "process/process.hpp"
#include "runtime/runtime_core.hpp"

namespace foundation::inline v0 {

using rt::runtime_core;

proc::process_space* detail::runtime_access::space(const runtime& rt) noexcept {
  return rt.core_ == nullptr ? nullptr : &rt.core_->space();
}

runtime_core* detail::runtime_access::core(const runtime& rt) noexcept { return rt.core_.get(); }

result<runtime> runtime::create(runtime_options options) noexcept {
  auto core = runtime_core::create(std::move(options));
  if (!core) return core.error();
  return runtime(std::move(*core));
}

runtime::runtime(std::unique_ptr<runtime_core> core) noexcept : core_(std::move(core)) {}
runtime::runtime(runtime_options options) : core_(runtime_core::create(std::move(options)).value()) {}
runtime::runtime(runtime&&) noexcept = default;

runtime& runtime::operator=(runtime&& other) noexcept {
  if (this == &other) return *this;
  runtime_core::end(core_);
  core_ = std::move(other.core_);
  return *this;
}

runtime::~runtime() { runtime_core::end(core_); }

std::vector<survivor> runtime::shutdown(std::chrono::nanoseconds deadline, shutdown_mode mode) {
  return core_->shutdown(deadline, mode);
}

result<void> runtime::run_here(std::stop_token until) {
  if (sched::scheduler::current() != nullptr) {
    return error(errc::invalid_argument, "run_here: called by a process, or on a thread that runs processes already");
  }
  switch (core_->group().run_lent(until)) {
    case sched::lending::taken: return error(errc::system_limit, "run_here: another thread is lent already; one can be");
    case sched::lending::in_a_fiber:
      return error(errc::invalid_argument, "run_here: called by a fiber; the thread's own may not be one of several");
    case sched::lending::refused: return errc::system_limit;
    case sched::lending::ended: break;
  }
  return {};
}

unsigned runtime::schedulers() const noexcept { return core_->group().size(); }
const std::string& runtime::name() const noexcept { return core_->options().name; }
std::size_t runtime::process_count() const noexcept { return core_->space().table().size(); }
std::uint64_t runtime::dead_letters() const noexcept { return core_->space().dead_letters(); }
std::uint64_t runtime::abandoned_count() const noexcept { return core_->space().abandoned(); }

std::uint64_t runtime::dropped_log_lines() const noexcept { return core_->log().dropped(); }

std::vector<scheduler_counters> runtime::counters() const {
  std::vector<scheduler_counters> all;
  for (unsigned i = 0; i < schedulers(); ++i) {
    const auto& s = core_->group().at(i);
    all.push_back({s.slices_run(), s.steals()});
  }
  return all;
}

void runtime::dump(std::ostream& out) const { core_->dump(out); }

}  // namespace foundation::inline v0
