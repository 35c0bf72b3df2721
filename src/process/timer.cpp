// SPDX-License-Identifier: Apache-2.0
//
// The public face of message timers.
#include <foundation/timer.hpp>

#include <utility>

#include "process/charge.hpp"
#include "process/control_block.hpp"
#include "process/directory.hpp"
#include "process/message_timers.hpp"
#include "process/process_space.hpp"

namespace foundation::inline v0 {

using proc::message_timer;
using proc::message_timers;
using proc::process_space;

namespace {

/// The timers of the runtime with that tag and of one of its schedulers, or null. Guard.
message_timers* timers_of(std::uint32_t tag, unsigned scheduler) noexcept {
  process_space* const space = proc::directory::instance().find(tag);
  if (space == nullptr || scheduler >= space->group().places()) return nullptr;
  return &space->timers(scheduler);
}

/// The caller's own scheduler, if it is one of the receiver's runtime.
unsigned scheduler_for(process_space& space) noexcept {
  const sched::scheduler* const here = sched::scheduler::current();
  if (here != nullptr && &here->group() == &space.group()) return here->index();
  return space.next_for_timer() % space.group().size();
}

}  // namespace

namespace detail {

timer_ticket::timer_ticket(pid to) noexcept : to_(to) {
  proc::charge_caller(1);
  const sched::epoch_guard guard(process_space::epochs());
  process_space* const space = proc::directory::instance().find(pid_access::tag(to));
  if (space == nullptr) {
    refused_ = errc::not_running;
    return;
  }
  place_ = space->timers(scheduler_for(*space)).reserve(ref_);
  if (place_ == nullptr) refused_ = errc::system_limit;
}

bool timer_ticket::is_there() const noexcept {
  return proc::directory::instance().find(pid_access::tag(to_)) != nullptr;
}

timer_ticket::~timer_ticket() {
  if (place_ == nullptr) return;
  const sched::epoch_guard guard(process_space::epochs());
  if (!is_there()) return;
  auto* const t = static_cast<message_timer*>(place_);
  t->home_of->give_back(*t);
}

result<foundation::timer> timer_ticket::start(std::chrono::nanoseconds delay, owned_envelope message) noexcept {
  if (place_ == nullptr) return refused_;
  if (!message) return errc::system_limit;
  auto* const t = static_cast<message_timer*>(std::exchange(place_, nullptr));
  proc::message_garbage garbage;
  const sched::epoch_guard guard(process_space::epochs());
  if (!is_there()) return errc::not_running;  // the runtime ended since, and the place with it
  t->home_of->start(*t, to_, message.release(), os::deadline_after(delay), garbage);
  return name();
}

}  // namespace detail

std::optional<std::chrono::nanoseconds> timer::cancel() const noexcept {
  proc::charge_caller(1);
  const auto scheduler = message_timers::scheduler_of(ref_);
  if (!scheduler) return std::nullopt;
  proc::message_garbage garbage;  // destroyed outside of the guard
  const sched::epoch_guard guard(process_space::epochs());
  message_timers* const timers = timers_of(detail::reference_access::tag(ref_), *scheduler);
  return timers == nullptr ? std::nullopt : timers->cancel(ref_, garbage);
}

std::optional<std::chrono::nanoseconds> timer::read() const noexcept {
  proc::charge_caller(1);
  const auto scheduler = message_timers::scheduler_of(ref_);
  if (!scheduler) return std::nullopt;
  const sched::epoch_guard guard(process_space::epochs());
  message_timers* const timers = timers_of(detail::reference_access::tag(ref_), *scheduler);
  return timers == nullptr ? std::nullopt : timers->read(ref_);
}

}  // namespace foundation::inline v0
