// SPDX-License-Identifier: Apache-2.0
#include "memory/binary_holder.hpp"

#include <new>

namespace foundation::inline v0::detail {

binary_holder* binary_holder::make(listener told) noexcept {
  void* const memory = memory::allocate(sizeof(binary_holder));
  return memory == nullptr ? nullptr : ::new (memory) binary_holder(told);
}

void binary_holder::discard(binary_holder* h) noexcept {
  h->~binary_holder();
  memory::deallocate(h);
}

bool binary_holder::hold(binary_buffer& b) noexcept {
  {
    const sync::lock_guard lock(mutex_);
    try {
      if (++binaries_of_[&b] != 1) return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
    add(static_cast<std::ptrdiff_t>(b.footprint()));
  }
  told_.grew(told_.self, b.footprint());
  return true;
}

void binary_holder::let_go(binary_buffer& b) noexcept {
  bool last = false;
  {
    const sync::lock_guard lock(mutex_);
    const auto found = binaries_of_.find(&b);
    FOUNDATION_ASSERT(found != binaries_of_.end());
    if (--found->second != 0) return;
    binaries_of_.erase(found);
    add(-static_cast<std::ptrdiff_t>(b.footprint()));
    last = retired_ && binaries_of_.empty();
  }
  if (last) discard(this);  // H2
}

void binary_holder::retire() noexcept {
  bool last = false;
  {
    const sync::lock_guard lock(mutex_);
    retired_ = true;
    last = binaries_of_.empty();
  }
  if (last) discard(this);
}

}  // namespace foundation::inline v0::detail
