// SPDX-License-Identifier: Apache-2.0
#include "process/reply_slots.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace foundation::proc {

namespace {

constexpr std::uint64_t number_of(std::uint32_t index, std::uint32_t generation) noexcept {
  return std::uint64_t{generation} << 32 | index;
}

}  // namespace

reply_slots* reply_slots::make(std::uint32_t capacity) noexcept {
  static_assert(sizeof(reply_slots) % alignof(place) == 0);
  void* const memory = memory::allocate(sizeof(reply_slots) + capacity * sizeof(place));
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) reply_slots;
  made->capacity_ = capacity;
  for (std::uint32_t i = 0; i < capacity; ++i) ::new (made->places() + i) place;
  return made;
}

std::uint64_t reply_slots::open(reply_slots*& slots) noexcept {
  if (slots == nullptr || slots->first_free_ == none) {
    const std::uint32_t used = slots == nullptr ? 0 : slots->capacity_;
    reply_slots* const larger = make(std::max(first_capacity, 2 * used));
    if (larger == nullptr) return 0;
    if (slots != nullptr) {
      std::copy_n(slots->places(), used, larger->places());
      larger->awaited = slots->awaited;
      memory::deallocate(slots);
    }
    slots = larger;
    for (std::uint32_t i = larger->capacity_; i-- > used;) {
      larger->places()[i].next_free = std::exchange(larger->first_free_, i);
    }
  }
  const std::uint32_t index = slots->first_free_;
  place& p = slots->places()[index];
  slots->first_free_ = std::exchange(p.next_free, none);
  return number_of(index, ++p.generation);
}

const reply_slots::place* reply_slots::find(std::uint64_t number) const noexcept {
  const auto index = static_cast<std::uint32_t>(number);
  if (index >= capacity_) return nullptr;
  const place& p = places()[index];
  return p.generation == number >> 32 && p.generation % 2 == 1 ? &p : nullptr;
}

bool reply_slots::put(reply_cell& reply) noexcept {
  auto* const p = const_cast<place*>(find(reply.number));
  if (p == nullptr) return false;
  p->reply = &reply;
  return true;
}

reply_cell* reply_slots::get(std::uint64_t number) const noexcept {
  const place* const p = find(number);
  return p == nullptr ? nullptr : p->reply;
}

reply_cell* reply_slots::close(std::uint64_t number) noexcept {
  auto* const p = const_cast<place*>(find(number));
  if (p == nullptr) return nullptr;
  ++p->generation;
  p->next_free = std::exchange(first_free_, static_cast<std::uint32_t>(number));
  return std::exchange(p->reply, nullptr);
}

}  // namespace foundation::proc
