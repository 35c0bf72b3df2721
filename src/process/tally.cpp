// SPDX-License-Identifier: Apache-2.0
#include "process/tally.hpp"

#include <new>

#include "memory/memory.hpp"

namespace foundation::proc {

tally* tally::make(detail::reply_handle asker) noexcept {
  void* const memory = memory::allocate(sizeof(tally));
  return memory == nullptr ? nullptr : ::new (memory) tally(std::move(asker));
}

tally::duty::duty(tally& to) noexcept : tally_(&to) {
  to.references_.fetch_add(1, sync::memory_order_relaxed);
  to.missing_.fetch_add(1, sync::memory_order_relaxed);
}

void tally::duty::note(const given_back& bytes) noexcept {
  tally_->arenas_.fetch_add(bytes.arenas, sync::memory_order_relaxed);
  tally_->stacks_.fetch_add(bytes.stacks, sync::memory_order_relaxed);
  tally_->caches_.fetch_add(bytes.caches, sync::memory_order_relaxed);
  tally_->done_.fetch_add(bytes.done, sync::memory_order_relaxed);
}

void tally::duty::answer() noexcept {
  if (tally_ == nullptr) return;
  tally& to = *std::exchange(tally_, nullptr);
  to.answer();
  to.release();
}

void tally::answer() noexcept {
  if (missing_.fetch_sub(1, sync::memory_order_acq_rel) != 1) return;
  if (asker_) {
    static_cast<void>(detail::answer<detail::no_value>(std::move(asker_)));
  } else {
    complete_.store(1, sync::memory_order_release);
    os::futex_wake(complete_, 1);
  }
}

void tally::wait_until(os::time_point deadline) noexcept {
  while (complete_.load(sync::memory_order_acquire) == 0 && os::futex_wait_until(complete_, 0, deadline)) {
  }
}

given_back tally::given() const noexcept {
  return {.arenas = arenas_.load(sync::memory_order_relaxed),
          .stacks = stacks_.load(sync::memory_order_relaxed),
          .caches = caches_.load(sync::memory_order_relaxed),
          .done = done_.load(sync::memory_order_relaxed)};
}

void tally::release() noexcept {
  if (references_.fetch_sub(1, sync::memory_order_acq_rel) != 1) return;
  this->~tally();
  memory::deallocate(this);
}

}  // namespace foundation::proc
