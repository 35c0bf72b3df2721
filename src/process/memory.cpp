// SPDX-License-Identifier: Apache-2.0
//
// A process and its memory: when its arena is made, trimmed and freed, and what counts against its limit.
#include <memory_resource>

#include <foundation/detail/heap_charge.hpp>
#include <foundation/process.hpp>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0::detail {

binary_holder* binary_holder::here() noexcept {
  const proc::control_block* const p = proc::control_block::current();
  const proc::process_memory* const m = p == nullptr ? nullptr : p->memory_if_any();
  return m == nullptr ? nullptr : m->binaries();
}

void let_go_of_binaries(const payload_parts& parts, const void* payload) noexcept {
  if (binary_holder::here() == nullptr) return;
  parts.each_binary(payload, [](const binary& b, void*) noexcept { binary_access::let_go(b); }, nullptr);
}

heap_account* charge_heap(std::size_t bytes) noexcept {
  proc::control_block* const p = proc::control_block::current();
  return p == nullptr ? nullptr : p->charge_heap(bytes);
}

void discharge_heap(heap_account& whose, std::size_t bytes) noexcept {
  const proc::control_block* const p = proc::control_block::current();
  const proc::process_memory* const m = p == nullptr ? nullptr : p->memory_if_any();
  if (m != nullptr && m->heap() == &whose) {
    whose.discharge(bytes);
  } else {
    whose.discharge_elsewhere(bytes);
  }
}

}  // namespace foundation::inline v0::detail

namespace foundation::proc {

void control_block::set_memory(process_memory* m) noexcept {
  memory_ = m;
  m->belongs_to(*this);
  show_memory(sizeof(process_memory) + m->arena().held());
}

process_memory* control_block::make_memory() noexcept {
  process_memory* const made = process_memory::make(memory_strategy::standard, {}, 0, memory_breach::exit);
  if (made != nullptr) set_memory(made);
  return made;
}

void control_block::discard_memory() noexcept {
  memory_gone_ = true;
  if (memory_ == nullptr) return;
  while (memory_->give_back_some()) spend(8);  // as long as a page takes to unmap, in the order of things
  process_memory::discard(std::exchange(memory_, nullptr));
  show_memory(0);
}

envelope* control_block::note_departure(envelope* message) noexcept {
  memory_->on_departure(*message);
  return message;
}

detail::heap_account* control_block::charge_heap(std::size_t bytes) noexcept {
  if (memory_gone_) return nullptr;
  process_memory* const m = own_memory();
  return m == nullptr ? nullptr : m->charge_heap(bytes);
}

bool control_block::has_limit() const noexcept { return memory_->limit() != 0; }

void control_block::on_memory_breach(const memory_limit_exceeded& why, memory_breach what) noexcept {
  if (told_to_exit_ || exiting_) return;
  space_.report_memory(*this, why);
  if (what == memory_breach::log) return;
  const auto end = [&] {
    tell_to_exit(exit_reason::user(why));
    process_space::watch(pid_);  // where it goes on without a wait, it is given up in time
  };
  if (!life_.in_user()) return end();
  const library_scope scope(*this);  // its own code allocates
  end();
}

void control_block::after_turn(bool all_gathered) noexcept {
  memory_->after_turn();
  if (all_gathered && !mail_.has_messages()) memory_->before_idle();
}
void control_block::after_message() noexcept {
  if (!memory_->is_at_rest()) memory_->after_message();
}

bool control_block::before_wait() noexcept {
  memory_->before_idle();
  if (is_limited()) {
    const auto* const here = static_cast<const std::byte*>(__builtin_frame_address(0));
    memory_->note_stack(static_cast<std::size_t>(sched::scheduler::current()->stack_in_use().top() - here));
  }
  return !told_to_exit_;
}

memory_usage control_block::usage() const noexcept {
  return memory_ != nullptr ? memory_->usage() : memory_usage{.messages = mail_.bytes()};
}

std::size_t control_block::hibernate() noexcept {
  check_fiber();
  const given_back all = give_back(true);
  return all.arenas + all.stacks;
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
