// SPDX-License-Identifier: Apache-2.0
#include "process/directory.hpp"

#include "process/process_space.hpp"

namespace foundation::proc {

using access = detail::pid_access;

constinit sync::atomic<directory*> directory::only_{nullptr};

directory& directory::make() noexcept {
  static directory* const only = [] {
    auto* const made = new directory;  // reachable for ever, so no leak
    only_.store(made, sync::memory_order_release);
    return made;
  }();
  return *only;
}

std::optional<std::uint32_t> directory::reserve() noexcept {
  const sync::lock_guard lock(mutex_);
  for (std::uint32_t tried = 0; tried < size; ++tried) {
    const std::uint32_t index = (next_ + tried) % size;
    entry& e = entries_[index];
    if (e.taken || e.generation == access::max_runtime_generation) continue;
    e.taken = true;
    next_ = index + 1;
    return access::make_tag(index, ++e.generation);
  }
  return std::nullopt;
}

void directory::publish(process_space& space) noexcept {
  entries_[access::tag_slot(space.tag())].space.store(&space, sync::memory_order_release);
}

void directory::withdraw(std::uint32_t tag) noexcept {
  entry& e = entries_[access::tag_slot(tag)];
  e.space.store(nullptr, sync::memory_order_release);
  epochs_.drain();
  const sync::lock_guard lock(mutex_);
  e.taken = false;
}

process_space* directory::find(std::uint32_t tag) const noexcept {
  process_space* space = entries_[access::tag_slot(tag)].space.load(sync::memory_order_acquire);
  return space != nullptr && space->tag() == tag ? space : nullptr;
}

}  // namespace foundation::proc
