// SPDX-License-Identifier: Apache-2.0
#include "process/watch_list.hpp"

#include <new>
#include <utility>

#include "memory/memory.hpp"

namespace foundation::proc {

watch_list::~watch_list() {
  for (watched* w = take_all(); w != nullptr;) discard(std::exchange(w, w->next));
}

watched* watch_list::make() noexcept {
  void* memory = memory::allocate(sizeof(watched));
  return memory == nullptr ? nullptr : ::new (memory) watched;
}

void watch_list::discard(watched* w) noexcept { memory::deallocate(w); }

void watch_list::add(watched* w, pid target) noexcept {
  w->target = target;
  w->deadline = os::now() + grace_;
  const sync::lock_guard lock(mutex_);
  (last_ == nullptr ? first_ : last_->next) = w;
  last_ = w;
}

watched* watch_list::take_all() noexcept {
  const sync::lock_guard lock(mutex_);
  last_ = nullptr;
  return std::exchange(first_, nullptr);
}

/// In front of what was added meanwhile.
bool watch_list::put_back(watched* list) noexcept {
  const sync::lock_guard lock(mutex_);
  if (list == nullptr) return first_ != nullptr;
  watched* last = list;
  while (last->next != nullptr) last = last->next;
  last->next = first_;
  if (last_ == nullptr) last_ = last;
  first_ = list;
  return true;
}

}  // namespace foundation::proc
