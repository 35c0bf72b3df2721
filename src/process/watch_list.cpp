// SPDX-License-Identifier: Apache-2.0
#include "process/watch_list.hpp"

#include <new>
#include <utility>

#include "memory/memory.hpp"

namespace foundation::proc {

watch_list::~watch_list() {
  for (watched* w = take_all().first; w != nullptr;) discard(std::exchange(w, w->next));
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
  (list_.last == nullptr ? list_.first : list_.last->next) = w;
  list_.last = w;
}

watch_list::chain watch_list::take_all() noexcept {
  const sync::lock_guard lock(mutex_);
  return std::exchange(list_, {});
}

/// In front of what was added meanwhile.
bool watch_list::put_back(chain list) noexcept {
  const sync::lock_guard lock(mutex_);
  if (list.last != nullptr) {
    list.last->next = list_.first;
    list_.first = list.first;
    if (list_.last == nullptr) list_.last = list.last;
  }
  return list_.first != nullptr;
}

}  // namespace foundation::proc
