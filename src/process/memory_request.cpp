// SPDX-License-Identifier: Apache-2.0
//
// A process gives memory back because it is asked to, by a signal. It heeds it where it may be switched out and on its own
// stack, of which the pages below go: in a wait it wakes for that, which its user's code does not notice.
#include "process/memory_request.hpp"

#include <new>
#include <utility>

#include "process/control_block.hpp"
#include "process/info_request.hpp"
#include "process/process_memory.hpp"
#include "process/process_space.hpp"

namespace foundation::proc {

void library_request::refuse() noexcept {
  switch (wanted) {
    case wish::description: static_cast<void>(detail::reply_handle(std::move(static_cast<info_request*>(this)->to))); break;
    case wish::memory: static_cast<memory_request*>(this)->duty.answer(); break;
  }
}

bool memory_request::concerns(const control_block& p, bool stack_too) noexcept {
  if (p.arena_bytes() > sizeof(process_memory)) return true;
  return stack_too && !p.on_thread() && (p.ops().handle == nullptr || !p.outer().is_idle());
}

memory_request::outcome memory_request::send(control_block& p, tally& to, bool stack_too) noexcept {
  void* const memory = memory::allocate(sizeof(memory_request));
  if (memory == nullptr) return outcome::no_memory;
  auto* const made = ::new (memory) memory_request(to, stack_too);
  const push_result pushed = p.push_remote(made);
  if (pushed == push_result::closed) {
    made->duty.answer();
    memory::deallocate(made);
    return outcome::dead;
  }
  p.call_attention();
  if (pushed == push_result::enqueue_receiver) p.space().group().enqueue(p);
  return outcome::asked;
}

given_back control_block::give_back(bool stack_too) noexcept {
  given_back all;
  if (memory_ != nullptr) all.arenas = memory_->give_back();
  const bool between_turns = ops_.handle != nullptr && handled_ == nullptr;  // on a stack that is lent, and not its own
  if (stack_too && !on_thread() && !between_turns && !exiting_) {
    check_fiber();
    constexpr std::size_t own_frames = 1024;  // of what is called below
    const auto* const here = static_cast<const std::byte*>(__builtin_frame_address(0));
    all.stacks = memory::discard_unused(sched::scheduler::current()->stack_in_use(), here - own_frames);
    spend(8);  // as long as a page takes to unmap, in the order of things
  }
  return all;
}

bool control_block::must_wake_for(const signal& s) const noexcept {
  return in_wait_ && current() != this && s.kind == signal_kind::info_request &&
         static_cast<const library_request&>(s).wanted == library_request::wish::memory;
}

void control_block::on_library_request(library_request& request) noexcept {
  if (request.wanted == library_request::wish::description) return on_info_request(static_cast<info_request&>(request));
  asked_for_memory_ = false;
  auto& asked = static_cast<memory_request&>(request);
  const bool waits = std::exchange(in_wait_, false);  // if its slice ends in there, it is to go on, and not to be put to sleep
  asked.duty.note(give_back(asked.stack_too));
  in_wait_ = waits;
}

}  // namespace foundation::proc
