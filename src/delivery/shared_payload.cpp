// SPDX-License-Identifier: Apache-2.0
#include <foundation/detail/shared_payload.hpp>

#include "process/process.hpp"

namespace foundation::inline v0::detail {

namespace {

using reference_count = sync::atomic<std::size_t>;
static_assert(sizeof(reference_count) == 8);

reference_count& count_in(std::byte (&place)[8]) noexcept {
  return *std::launder(reinterpret_cast<reference_count*>(place));
}

}  // namespace

shared_payload::shared_payload(const type& what, std::size_t offset) noexcept : type_(what), offset_(offset) {
  ::new (references_) reference_count(1);
}

shared_payload* shared_payload::allocate(const type& what) noexcept {
  const std::size_t slack = what.alignment > memory::backing_alignment ? what.alignment : 0;
  void* const memory = memory::allocate(base::round_up(sizeof(shared_payload), what.alignment) + what.size + slack);
  if (memory == nullptr) return nullptr;
  const auto at = reinterpret_cast<std::uintptr_t>(memory);
  return ::new (memory) shared_payload(what, base::round_up(at + sizeof(shared_payload), what.alignment) - at);
}

void shared_payload::deallocate(shared_payload* block) noexcept { memory::deallocate(block); }

/// Relaxed: whoever retains has a reference already.
void shared_payload::retain(std::size_t references) noexcept {
  count_in(references_).fetch_add(references, sync::memory_order_relaxed);
}

/// Acquire, release: the last one destroys after everybody else has read.
void shared_payload::release() noexcept {
  if (count_in(references_).fetch_sub(1, sync::memory_order_acq_rel) != 1) return;
  type_.destroy(value());
  deallocate(this);
}

}  // namespace foundation::inline v0::detail
