// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include <foundation/inspect.hpp>
#include <foundation/runtime.hpp>

#include "process/process.hpp"
#include "runtime/log_writer.hpp"
#include "sched/sched.hpp"

namespace foundation::rt {

/// One runtime. Order of construction is order of dependence; destruction runs backwards:
///
///   start   1. a tag is reserved   2. schedulers and space are made   3. the space is published   4. threads start
///   end     1. no process is left  2. the space is withdrawn, look-ups under way have ended
///           3. threads stop        4. everything is destroyed
class runtime_core {
 public:
  [[nodiscard]] static result<std::unique_ptr<runtime_core>> create(runtime_options options) noexcept;

  runtime_core(runtime_options options, std::uint32_t tag);
  ~runtime_core();
  runtime_core(const runtime_core&) = delete;
  runtime_core& operator=(const runtime_core&) = delete;

  /// Shuts down and destroys, or leaves what survives behind. `core` is emptied last: until then it can be dumped.
  static void end(std::unique_ptr<runtime_core>& core) noexcept;

  [[nodiscard]] const runtime_options& options() const noexcept { return options_; }
  [[nodiscard]] proc::process_space& space() noexcept { return space_; }
  [[nodiscard]] sched::scheduler_group& group() noexcept { return group_; }
  [[nodiscard]] const log_writer& log() const noexcept { return log_; }

  [[nodiscard]] std::vector<survivor> shutdown(std::chrono::nanoseconds deadline, shutdown_mode mode);
  void dump(std::ostream& out);
  [[nodiscard]] system_details details();

 private:
  void ask_all(shutdown_mode mode) noexcept;
  void kill_all() noexcept;
  void wait_for_askers() noexcept;
  [[nodiscard]] std::vector<survivor> survivors();
  [[nodiscard]] std::string state_of(const proc::control_block& p) const;

  const os::time_point made_at_ = os::now();
  const runtime_options options_;
  log_writer log_;
  sched::scheduler_group group_;
  proc::process_space space_;
  bool handler_acquired_ = false;
};

}  // namespace foundation::rt
