// SPDX-License-Identifier: Apache-2.0
#include "memory/heap_account.hpp"

#include <new>

#include "memory/backing.hpp"

namespace foundation::inline v0::detail {

heap_account* heap_account::make() noexcept {
  void* const memory = memory::allocate(sizeof(heap_account));
  return memory == nullptr ? nullptr : ::new (memory) heap_account;
}

void heap_account::discard() noexcept { memory::deallocate(this); }

}  // namespace foundation::inline v0::detail
