// SPDX-License-Identifier: Apache-2.0
//
// A process and its memory: when its arena is made, trimmed and freed, and what counts against its limit.
#include <memory_resource>

#include <foundation/process.hpp>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

void control_block::set_memory(process_memory* m) noexcept {
  memory_ = m;
  m->belongs_to(*this);
}

process_memory* control_block::make_memory() noexcept {
  process_memory* const made = process_memory::make(memory_strategy::standard, {}, 0, memory_breach::exit);
  if (made != nullptr) set_memory(made);
  return made;
}

void control_block::discard_memory() noexcept { process_memory::discard(std::exchange(memory_, nullptr)); }

bool control_block::is_limited() const noexcept { return memory_ != nullptr && memory_->limit() != 0; }

void control_block::on_memory_breach(const memory_limit_exceeded& why, memory_breach what) noexcept {
  if (told_to_exit_ || exiting_) return;
  space_.report_memory(*this, why);
  if (what == memory_breach::log) return;
  if (!life_.in_user()) return tell_to_exit(exit_reason::user(why));
  const library_scope scope(*this);  // its own code allocates
  tell_to_exit(exit_reason::user(why));
}

void control_block::after_turn() noexcept { memory_->after_turn(); }
void control_block::after_message() noexcept { memory_->after_message(); }
void control_block::before_idle() noexcept { memory_->before_idle(); }

void control_block::before_wait() noexcept {
  memory_->before_idle();
  if (!is_limited() || on_thread()) return;
  if (memory_->stack_is_due()) memory_->note_stack(memory::resident_bytes(sched::scheduler::current()->stack_in_use()));
}

memory_usage control_block::usage() const noexcept {
  return memory_ != nullptr ? memory_->usage() : memory_usage{.messages = mail_.bytes()};
}

std::size_t control_block::hibernate() noexcept {
  const std::size_t returned = memory_ == nullptr ? 0 : memory_->give_back();
  if (on_thread()) return returned;
  const memory::stack& mine = sched::scheduler::current()->stack_in_use();
  auto* const here = static_cast<std::byte*>(__builtin_frame_address(0));
  constexpr std::size_t own_frames = 1024;  // of what is called below
  return returned + memory::discard_unused(mine, here - own_frames);
}

}  // namespace foundation::proc

namespace foundation::inline v0 {

using proc::control_block;

std::pmr::memory_resource& process::arena() noexcept {
  proc::process_memory* const m = control_block::of(*this).own_memory();
  if (m == nullptr) return *std::pmr::null_memory_resource();
  return m->arena();
}

std::pmr::memory_resource& process::scratch() noexcept {
  proc::process_memory* const m = control_block::of(*this).own_memory();
  if (m == nullptr) return *std::pmr::null_memory_resource();
  return m->scratch();
}

void process::reset_scratch() noexcept {
  if (proc::process_memory* const m = control_block::of(*this).memory_if_any()) m->scratch().reset();
}

std::size_t process::hibernate() noexcept {
  auto& p = control_block::of(*this);
  const proc::library_scope scope(p);
  p.charge(1);
  return p.hibernate();
}

memory_usage process::memory() const noexcept {
  return static_cast<const control_block*>(this)->usage();
}

}  // namespace foundation::inline v0
