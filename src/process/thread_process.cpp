// SPDX-License-Identifier: Apache-2.0
//
// Processes that are plain threads. A control block as any other, but it never runs on a scheduler: its waits put the
// thread to sleep on a parker, which lies where another process has its body.
//
//   thread, in a wait                                 sender
//   1. outer word: newest handled -> waiting          1. outer word: waiting -> its node
//   2. parks                                          2. `enqueue` finds it off the schedulers: wake_thread, unparks
//   3. the time is up: waiting -> null, or 1 was
//      faster, and its token cuts a later park short
//
// The sender does 1 and 2 in one epoch guard (or under the timer stripe's lock, which the end of a process that timers aim at takes), so the
// parker is still there at 2.
#include <foundation/thread_process.hpp>

#include <new>

#include "process/control_block.hpp"
#include "process/process_space.hpp"
#include "process/runtime_access.hpp"
#include "process/thread_process.hpp"

namespace foundation::proc {

namespace {

struct thread_place {
  sched::parker parker;
};

const detail::body_ops thread_ops = {nullptr, nullptr, [](void*) noexcept {}, &typeid(thread_process)};

}  // namespace

void control_block::wake_thread() noexcept { static_cast<thread_place*>(body())->parker.unpark(); }

void control_block::sleep_on_thread(os::time_point deadline) noexcept {
  if (!mail_.try_sleep(outer_queue::sleep::waiting)) return;
  in_wait_ = true;
  const bool token = static_cast<thread_place*>(body())->parker.park_until(deadline);
  mail_.wake();
  timed_out_ = !token;
}

void control_block::leave_thread() noexcept {
  enter_library();
  gather_all();  // what has come before its end
  finish();
}

result<control_block*> make_thread_process(process_space& space, std::string_view label) noexcept {
  if (sched::scheduler::current() != nullptr) {
    return error(errc::invalid_argument, "thread: called by a process, or on a scheduler's thread; only a plain one can become one");
  }
  if (label.size() > 255) return error(errc::invalid_argument, "label: too long; at most 255 bytes are allowed");
  if (!space.accepts()) return errc::not_running;
  const auto slot = space.table().reserve(process_table::elsewhere);
  if (!slot) return space.limit_error();
  constexpr std::size_t place = base::round_up(sizeof(control_block), alignof(thread_place));
  constexpr std::size_t text = place + sizeof(thread_place);
  const std::size_t bytes = text + label.size();
  void* const memory = memory::allocate(bytes);
  if (memory == nullptr) {
    space.table().cancel(*slot);
    return errc::system_limit;
  }
  static_cast<void>(label.copy(static_cast<char*>(memory) + text, label.size()));
  ::new (static_cast<std::byte*>(memory) + place) thread_place;
  auto* const made = ::new (memory) control_block(space, thread_ops, {place, label.size(), bytes});
  made->pinned_to = sched::runnable::off_schedulers;
  made->enter_user();
  static_cast<void>(space.table().publish(*slot, *made, process_table::elsewhere));
  return made;
}

}  // namespace foundation::proc

namespace foundation::inline v0 {

using proc::control_block;

result<thread_process> thread_process::create(runtime& rt, std::string_view label) noexcept {
  proc::process_space* const space = detail::runtime_access::space(rt);
  if (space == nullptr) return errc::not_running;
  auto made = proc::make_thread_process(*space, label);
  if (!made) return made.error();
  void*& here = base::this_thread().process;
  if (here == nullptr) here = *made;
  return thread_process(*made);
}

thread_process::thread_process(runtime& rt, std::string_view label) : thread_process(create(rt, label).value()) {}

thread_process::~thread_process() {
  if (process_ == nullptr) return;
  control_block& p = control_block::of(*process_);
  void*& here = base::this_thread().process;
  if (here == &p) here = nullptr;
  p.leave_thread();
}

}  // namespace foundation::inline v0
