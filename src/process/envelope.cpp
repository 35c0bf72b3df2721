// SPDX-License-Identifier: Apache-2.0
#include <foundation/detail/envelope.hpp>

#include <new>

#include "memory/memory.hpp"
#include "process/charge.hpp"

namespace foundation::inline v0::detail {

namespace {

template <typename Header>
Header* allocate_with(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t slack = alignment > memory::backing_alignment ? alignment : 0;
  void* memory = memory::allocate(((sizeof(Header) + alignment - 1) & ~(alignment - 1)) + size + slack);
  if (memory == nullptr) return nullptr;
  auto* e = ::new (memory) Header;
  const auto base = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t payload = (base + sizeof(Header) + alignment - 1) & ~(std::uintptr_t{alignment} - 1);
  e->payload_offset = static_cast<std::uint16_t>(payload - base);
  return e;
}

}  // namespace

envelope* allocate_envelope(std::size_t size, std::size_t alignment) noexcept {
  return allocate_with<envelope>(size, alignment);
}

envelope* allocate_envelope(std::size_t size, std::size_t alignment, reference alias) noexcept {
  auto* e = allocate_with<alias_envelope>(size, alignment);
  if (e == nullptr) return nullptr;
  e->kind = signal_kind::alias_message;
  e->alias = alias;
  return e;
}

void* allocate_message(std::size_t bytes) noexcept {
  static_assert(memory::backing_alignment == 16);
  return memory::allocate(bytes);
}

void deallocate_envelope(envelope* e) noexcept { memory::deallocate(e); }

void discard_unfinished(envelope* e) noexcept {
  memory::deallocate(e);
  proc::charge_caller(1);
}

}  // namespace foundation::inline v0::detail
