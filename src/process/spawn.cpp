// SPDX-License-Identifier: Apache-2.0
#include <foundation/spawn.hpp>

#include <cstring>
#include <new>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"
#include "process/runtime_access.hpp"

namespace foundation::inline v0 {
namespace detail {

using proc::control_block;
using proc::process_space;
using proc::relation;
using proc::relation_kind;

namespace {

constexpr std::uint32_t spawn_reductions = 25;  // of the order of what spawning costs beside a send

sched::stack_request stack_of(const spawn_options& options) noexcept {
  if (options.stack_size == 0 && options.guard == guard_mode::automatic) return {};  // the runtime's default
  const std::size_t page = os::page_size();
  return {static_cast<std::uint32_t>(base::round_up(options.stack_size, page) / page),
          static_cast<std::uint8_t>(options.guard)};
}

/// Whether its options say something of its memory; else it is made when the process first asks for it.
bool wants_memory(const spawn_options& options) noexcept {
  return options.max_memory != 0 || options.memory != memory_strategy::standard || options.gc != gc_strategy();
}

}  // namespace

result<spawn_ticket> spawn_ticket::open(runtime& rt, const spawn_options& options, std::size_t size,
                                        std::size_t alignment) noexcept {
  proc::charge_caller(spawn_reductions);
  process_space* space = runtime_access::space(rt);
  if (space == nullptr) return errc::not_running;
  return open_in(*space, options, size, alignment);
}

result<spawn_ticket> spawn_ticket::open(process& parent, const spawn_options& options, std::size_t size,
                                        std::size_t alignment, bond with_parent) noexcept {
  proc::charge_caller(spawn_reductions);
  auto opened = open_in(control_block::of(parent).space(), options, size, alignment);
  if (!opened) return opened;
  plan& p = opened->plan_;
  p.parent = &parent;
  if (with_parent == bond::none) return opened;
  const bool links = with_parent == bond::link;
  if (!links) p.monitor = control_block::of(parent).space().make_reference();
  p.parents_half = relation::make(links ? relation_kind::link : relation_kind::watching, pid(), p.monitor);
  p.half = relation::make(links ? relation_kind::link : relation_kind::watched, parent.id(), p.monitor);
  if (p.parents_half == nullptr || p.half == nullptr) return errc::system_limit;
  return opened;
}

result<spawn_ticket> spawn_ticket::open_in(process_space& space, const spawn_options& options, std::size_t size,
                                           std::size_t alignment) noexcept {
  if (!space.accepts()) return errc::not_running;
  if (auto valid = validate(options, space.group().size()); !valid) return valid.error();
  const auto slot = space.table().reserve(space.where());
  if (!slot) return space.limit_error();

  // The block is aligned as the allocator aligns; a stricter body finds its place at run time.
  plan p{};
  p.slot = *slot;
  const std::size_t slack = alignment > memory::backing_alignment ? alignment : 0;
  const std::size_t bytes = base::round_up(sizeof(control_block), alignment) + size + slack + options.label.size();
  void* memory = memory::allocate(bytes);
  if (memory == nullptr) {
    space.table().cancel(*slot);
    return errc::system_limit;
  }
  const auto memory_at = reinterpret_cast<std::uintptr_t>(memory);
  p.body_offset = base::round_up(memory_at + sizeof(control_block), alignment) - memory_at;
  p.bytes = bytes;
  spawn_ticket opened(space, memory, p);
  if (wants_memory(options)) {
    opened.plan_.memory = proc::process_memory::make(options.memory, options.gc, options.max_memory, options.on_max_memory);
    if (opened.plan_.memory == nullptr) return errc::system_limit;
  }
  return opened;
}

spawn_ticket::~spawn_ticket() {
  if (memory_ == nullptr) return;
  relation::discard(plan_.parents_half);
  relation::discard(plan_.half);
  proc::process_memory::discard(plan_.memory);
  space_->table().cancel(plan_.slot);
  memory::deallocate(memory_);
}

pid spawn_ticket::commit(const body_ops& ops, const spawn_options& options) && noexcept {
  auto* label = static_cast<char*>(memory_) + plan_.bytes - options.label.size();
  std::memcpy(label, options.label.data(), options.label.size());
  auto* p = ::new (std::exchange(memory_, nullptr))
      control_block(*space_, ops, {plan_.body_offset, options.label.size(), plan_.bytes});
  p->sched::runnable::priority = options.priority;
  p->stack = stack_of(options);
  if (options.scheduler) p->pinned_to = static_cast<std::uint16_t>(*options.scheduler);

  if (plan_.memory != nullptr) p->set_memory(plan_.memory);
  if (plan_.parent != nullptr) p->set_parent(plan_.parent->id());
  if (plan_.half != nullptr) p->relations().insert(*plan_.half);

  const pid made = space_->table().publish(plan_.slot, *p, space_->where());
  if (plan_.parents_half != nullptr) {  // its signals are looked at later, by this process
    control_block& parent = control_block::of(*plan_.parent);
    const proc::library_scope scope(parent);
    plan_.parents_half->other = made;
    parent.relations().insert(*plan_.parents_half);
    if (plan_.monitor) parent.marks().set(plan_.monitor, parent.mail().ordinary().last());
  }
  if (ops.handle != nullptr) return made;  // idle until its first message
  sched::scheduler* s = sched::scheduler::current();
  if (s != nullptr && s->running() != nullptr && &s->group() == &space_->group()) {
    s->wake_next(*p);
  } else {
    space_->group().enqueue(*p);
  }
  return made;
}

error spawn_ticket::constructor_threw() noexcept {
  try {
    const auto text = base::current_exception_text();
    return error(errc::init_failed, text.type + ": " + text.what);
  } catch (...) {
    return errc::init_failed;
  }
}

}  // namespace detail
}  // namespace foundation::inline v0
