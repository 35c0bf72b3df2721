// SPDX-License-Identifier: Apache-2.0
//
// Idle carriers of one scheduler: made before need, reused last in first out, given back beyond a cap.
#include <boost/fiber/context.hpp>
#include <utility>

#include "sched/scheduler.hpp"
#include "sched/scheduler_group.hpp"

namespace foundation::sched {

/// Of the default kind. Any idle carrier will do as reserve: one that is not of the kind of what it picked looks for one that
/// is, and defers where there is none.
bool scheduler::make_carriers(unsigned wanted) noexcept {
  while (idle_count_ < wanted) {
    carrier* c = make({});
    if (c == nullptr) return false;
    put_idle(*c);
  }
  return true;
}

carrier* scheduler::make(stack_request kind) noexcept {
  const auto stack = group_.acquire_stack(kind);
  if (!stack) return nullptr;
  carrier* c = make_carrier(group_.stacks(), *stack, kind, &scheduler::carrier_main);
  c->tsan_fiber = os::tsan_create_fiber();
  dispatcher_.context->attach(c->context);
  count_carriers(+1);
  return c;
}

/// An idle carrier of that kind, made now when it is not the default one; null when none is to be had.
carrier* scheduler::take_idle(stack_request kind) noexcept {
  for (carrier** at = &idle_; *at != nullptr; at = &(*at)->next_idle) {
    carrier* c = *at;
    if (c->kind() != kind) continue;
    *at = std::exchange(c->next_idle, nullptr);
    --idle_count_;
    return c;
  }
  return make(kind);
}

void scheduler::put_idle(carrier& c) noexcept {
  c.now = carrier::phase::idle;
  c.next_idle = idle_;
  idle_ = &c;
  ++idle_count_;
  if (deferred_ != nullptr) retry_deferred(c.kind());
}

/// Keeps a ready runnable for which there is no carrier until one of its kind is idle, or to be had (D2).
void scheduler::defer(runnable& r) noexcept {
  r.queue_next = nullptr;
  runnable** end = &deferred_;
  while (*end != nullptr) end = &(*end)->queue_next;
  *end = &r;
  retry_at_ = os::now() + no_carrier_retry;
}

void scheduler::retry_deferred(stack_request kind) noexcept {
  for (runnable** at = &deferred_; *at != nullptr;) {
    runnable& r = **at;
    if (r.stack == kind) {
      *at = r.queue_next;
      push_local(r);
    } else {
      at = &r.queue_next;
    }
  }
}

void scheduler::retry_deferred() noexcept {
  for (runnable* r = std::exchange(deferred_, nullptr); r != nullptr;) push_local(*std::exchange(r, r->queue_next));
  retry_at_ = os::time_point::max();
}

}  // namespace foundation::sched
