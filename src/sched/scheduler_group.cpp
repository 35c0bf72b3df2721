// SPDX-License-Identifier: Apache-2.0
#include "sched/scheduler_group.hpp"

#include <cstdio>
#include <exception>

namespace foundation::sched {

using foundation::priority;

scheduler_group::scheduler_group(const group_options& options)
    : stack_size_(options.stack_size), guard_(options.guard), seed_(options.seed), idle_(options.schedulers) {
  std::snprintf(name_, sizeof name_, "%s", *options.name != '\0' ? options.name : "fn");
  schedulers_.reserve(options.schedulers);
  for (unsigned i = 0; i < options.schedulers; ++i) schedulers_.push_back(std::make_unique<scheduler>(*this, i));
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
    threads_.reserve(schedulers_.size());
    for (auto& s : schedulers_) {
      threads_.emplace_back([&s, this] { s->thread_main(thread_started, this); });
      ++made;
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

std::optional<memory::stack> scheduler_group::acquire_stack(stack_request kind) noexcept {
  const std::size_t size = kind.pages == 0 ? stack_size_ : std::size_t{kind.pages} * os::page_size();
  const auto guard = kind.guard == 0 ? guard_ : static_cast<memory::guard_mode>(kind.guard);
  return stacks_.acquire(size, guard);
}

}  // namespace foundation::sched
