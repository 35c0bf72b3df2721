// SPDX-License-Identifier: Apache-2.0
#include "sched/scheduler_group.hpp"

#include <cstdio>
#include <exception>

namespace foundation::sched {

using foundation::priority;

scheduler_group::scheduler_group(const group_options& options)
    : stack_size_(options.stack_size), guard_(options.guard), seed_(options.seed), idle_(options.schedulers) {
  std::snprintf(name_, sizeof name_, "%s", *options.name != '\0' ? options.name : "fn");
  schedulers_.reserve(options.schedulers + 1);
  for (unsigned i = 0; i <= options.schedulers; ++i) schedulers_.push_back(std::make_unique<scheduler>(*this, i));
}

scheduler_group::~scheduler_group() { FOUNDATION_CHECK(threads_.empty(), "scheduler_group: destroyed before stop()"); }

// -- life ------------------------------------------------------------------------------------------------------------

void scheduler_group::thread_started(void* self, bool ok) noexcept {
  auto& group = *static_cast<scheduler_group*>(self);
  if (!ok) group.failed_.store(true, sync::memory_order_relaxed);
  group.started_.fetch_add(1, sync::memory_order_release);
  os::futex_wake(group.started_, 1);
}

bool scheduler_group::start(monitor_hooks hooks) noexcept {
  std::uint32_t made = 0;
  try {
    threads_.reserve(size());
    for (; made != size(); ++made) {
      threads_.emplace_back([this, &s = at(made)] { s.thread_main(thread_started, this); });
    }
  } catch (const std::exception&) {  // no memory, no thread
    failed_.store(true, sync::memory_order_relaxed);
  }
  for (auto up = started_.load(sync::memory_order_acquire); up != made;) {
    os::futex_wait(started_, up);
    up = started_.load(sync::memory_order_acquire);
  }
  if (!failed_.load(sync::memory_order_relaxed) && monitor_.start(*this, hooks)) return true;
  stop();
  return false;
}

void scheduler_group::stop() noexcept {
  monitor_.stop();
  stopping_.store(true, sync::memory_order_release);
  for (auto& s : schedulers_) unpark(*s);
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  // Acquire: the lent thread has done its last here.
  while (lent_.load(sync::memory_order_acquire) != 0) os::futex_wait(lent_, 1);
}

// -- a thread of the host's --------------------------------------------------------------------------------------------

lending scheduler_group::run_lent(const std::stop_token& until) noexcept {
  if (!scheduler::is_on_main_fiber()) return lending::in_a_fiber;
  std::uint32_t free = 0;
  if (!lent_.compare_exchange_strong(free, 1, sync::memory_order_acquire)) return lending::taken;
  scheduler& s = lent_place();
  s.come_back();
  bool up = false;
  {
    const std::stop_callback ask(until, [this, &s]() noexcept {
      s.leave_soon();
      unpark(s);
    });
    up = s.lent_main();
  }
  lent_.store(0, sync::memory_order_release);  // from here on the group may be gone
  os::futex_wake(lent_, 1);
  return up ? lending::ended : lending::refused;
}

void scheduler_group::detach() noexcept {
  monitor_.stop();
  stopping_.store(true, sync::memory_order_release);
  for (auto& s : schedulers_) unpark(*s);
  for (auto& thread : threads_) thread.detach();
  threads_.clear();
}

// -- work --------------------------------------------------------------------------------------------------------------

void scheduler_group::enqueue(runnable& r) noexcept {
  scheduler* here = scheduler::current();
  if (here != nullptr && &here->group() == this) return here->enqueue(r);
  if (r.pinned_to != runnable::unpinned) return enqueue_pinned(r);
  inject(r);
  notify_one();
}

void scheduler_group::inject(runnable& r) noexcept {
  note_priority(r);
  queue_of(r.priority).push(&r);
}

runnable* scheduler_group::pop_injected() noexcept {
  for (auto* queue : {&max_, &high_, &normal_}) {
    if (queue->empty_hint()) continue;
    if (runnable* r = queue->pop()) return r;
  }
  return nullptr;
}

bool scheduler_group::has_shared_work() const noexcept {
  return !max_.empty_hint() || !high_.empty_hint() || !normal_.empty_hint();
}

void scheduler_group::notify_if_there_is_work() noexcept {
  sync::fence_seq_cst();  // L2 of idle.hpp, pairs with N2
  bool more = has_shared_work();
  for (unsigned i = 0; !more && i != places(); ++i) more = at(i).has_stealable_work();
  if (more) notify_one();
}

std::size_t scheduler_group::shared_work() const noexcept {
  return max_.size_hint() + high_.size_hint() + normal_.size_hint();
}

void scheduler_group::enqueue_pinned(runnable& r) noexcept {
  if (r.pinned_to == runnable::off_schedulers) return r.wake_thread();
  scheduler& s = at(r.pinned_to);
  s.enqueue_pinned_remote(r);
  if (&s != scheduler::current()) unpark(s);
}

void scheduler_group::notify_one() noexcept {
  if (const auto index = idle_.notify_one()) at(*index).unpark();
}

void scheduler_group::unpark(scheduler& s) noexcept {
  if (idle_.unpark_specific(s.index())) s.unpark();
}

void scheduler_group::wake_for_timer(scheduler& s) noexcept {
  unpark(s);
  if (&s == &lent_place()) unpark(at(0));  // scheduler::next_timer
}

std::optional<memory::stack> scheduler_group::acquire_stack(stack_request kind) noexcept {
  const std::size_t size = kind.pages == 0 ? stack_size_ : std::size_t{kind.pages} * os::page_size();
  const auto guard = kind.guard == 0 ? guard_ : static_cast<memory::guard_mode>(kind.guard);
  return stacks_.acquire(size, guard);
}

}  // namespace foundation::sched
