// SPDX-License-Identifier: Apache-2.0
//
// The public face of a process. The exit type is thrown here, at the outermost call, and in receive_wait.cpp.
#include <foundation/process.hpp>

#include <utility>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0 {

using proc::control_block;
using proc::library_scope;

pid process::id() const noexcept { return static_cast<const control_block*>(this)->self_pid(); }

std::string_view process::label() const noexcept { return static_cast<const control_block*>(this)->label_text(); }

foundation::priority process::priority() const noexcept {
  return static_cast<const control_block*>(this)->sched::runnable::priority;
}

std::uint64_t process::reductions() const noexcept {
  return static_cast<const control_block*>(this)->total_reductions();
}

result<void> process::sleep_for(std::chrono::nanoseconds duration) {
  auto& p = control_block::of(*this);
  control_block::wait_result ended{};
  {
    const library_scope scope(p);
    if (duration <= std::chrono::nanoseconds::zero()) {
      p.end_slice();
      p.gather_all();
      ended = p.told_to_exit() ? control_block::wait_result::exiting : control_block::wait_result::timeout;
    } else {
      p.charge(1);  // a wait that is refused gives nobody a turn
      ended = p.wait(nullptr, os::deadline_after(duration));
    }
  }
  if (ended == control_block::wait_result::no_carrier) return errc::system_limit;
  if (ended == control_block::wait_result::timeout) return {};
  p.unwind();
  return errc::killed;
}

void process::exit(exit_reason reason) {
  auto& p = control_block::of(*this);
  {
    const library_scope scope(p);
    p.tell_to_exit(std::move(reason));
    p.charge(1);
  }
  p.unwind();
}

void process::stop(exit_reason reason) noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  p.tell_to_exit(std::move(reason));
  p.charge(1);
}

result<void> process::consume(std::uint32_t reductions) {
  auto& p = control_block::of(*this);
  bool exiting = false;
  {
    const library_scope scope(p);
    p.charge(reductions);
    exiting = p.told_to_exit();
  }
  if (!exiting) return {};
  p.unwind();
  return errc::killed;
}

reference process::make_reference() noexcept {
  auto& p = control_block::of(*this);
  const library_scope scope(p);
  p.charge(1);
  p.gather_all();  // the mark stands behind all that has arrived
  const reference made = p.space().make_reference();
  p.marks().set(made, p.mail().ordinary().last());
  return made;
}

process* current_process() noexcept {
  if (control_block* const p = control_block::current()) return p;
  return static_cast<control_block*>(base::this_thread().process);
}

shield::shield(process& self) noexcept : self_(self) { control_block::of(self).enter_shield(); }
shield::~shield() { control_block::of(self_).leave_shield(); }

}  // namespace foundation::inline v0
