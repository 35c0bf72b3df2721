// SPDX-License-Identifier: Apache-2.0
#include "memory/atom_table.hpp"

#include <cstring>
#include <functional>
#include <new>

#include "memory/backing.hpp"

namespace foundation::memory {

namespace {

constexpr std::size_t entry_bytes(std::string_view text) noexcept {
  return sizeof(foundation::detail::atom_entry) + text.size() + 1;
}

}  // namespace

atom_table::atom_table(std::size_t limit) noexcept : places_(pack({0, static_cast<std::uint32_t>(limit)})) {}

atom_table::~atom_table() {
  for (part& p : parts_) {
    slot_array* array = p.newest.load(sync::memory_order_relaxed);
    for (std::size_t i = 0; array != nullptr && i <= array->mask; ++i) {
      deallocate(const_cast<entry*>(array->slots()[i].load(sync::memory_order_relaxed)));
    }
    while (array != nullptr) {
      slot_array* const older = array->older;
      deallocate(array);
      array = older;
    }
  }
}

atom_table& atom_table::program() noexcept {
  // Never destroyed: whoever runs at exit may still look. Its memory stays reachable from here.
  alignas(atom_table) static std::byte storage[sizeof(atom_table)];
  static atom_table& made = *::new (static_cast<void*>(storage)) atom_table;
  return made;
}

std::uint32_t atom_table::hash_of(std::string_view text) noexcept {
  const std::uint64_t hash = std::hash<std::string_view>{}(text);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

const atom_table::entry* atom_table::find_in(slot_array* array, std::uint32_t hash, std::string_view text) noexcept {
  if (array == nullptr) return nullptr;
  for (std::size_t i = first_probe(hash);; ++i) {
    const entry* const e = array->slots()[i & array->mask].load(sync::memory_order_acquire);  // A1
    if (e == nullptr) return nullptr;                                                           // A2
    if (e->hash == hash && e->size == text.size() && std::memcmp(e->text(), text.data(), text.size()) == 0) return e;
  }
}

const atom_table::entry* atom_table::find(std::string_view text) const noexcept {
  const std::uint32_t hash = hash_of(text);
  return find_in(part_of(hash).newest.load(sync::memory_order_acquire), hash, text);
}

atom_table::interned atom_table::intern(std::string_view text, std::size_t most) noexcept {
  const std::uint32_t hash = hash_of(text);
  part& p = part_of(hash);
  if (const entry* const there = find_in(p.newest.load(sync::memory_order_acquire), hash, text)) return {.at = there};

  const sync::lock_guard lock(p.mutex);
  // A3
  if (const entry* const there = find_in(p.newest.load(sync::memory_order_relaxed), hash, text)) return {.at = there};
  if (const interned no = refused(load_places(), most); no.result != outcome::done) return no;
  if (!make_room_locked(p)) return {.result = outcome::no_memory};
  void* const memory = allocate(entry_bytes(text));
  if (memory == nullptr) return {.result = outcome::no_memory};
  interned taken = take_place(most);
  if (taken.result != outcome::done) {
    give_back(memory, entry_bytes(text));
    return taken;
  }
  auto* const e = ::new (memory) entry{hash, static_cast<std::uint32_t>(text.size())};
  char* const at = reinterpret_cast<char*>(e + 1);
  std::memcpy(at, text.data(), text.size());
  at[text.size()] = '\0';
  put(*p.newest.load(sync::memory_order_relaxed), *e);
  ++p.used;
  taken.at = e;
  return taken;
}

/// pre: the part's lock is held, or nobody else has the array yet; a slot is free
void atom_table::put(slot_array& array, const entry& e) noexcept {
  std::size_t i = first_probe(e.hash);
  while (array.slots()[i & array.mask].load(sync::memory_order_relaxed) != nullptr) ++i;
  array.slots()[i & array.mask].store(&e, sync::memory_order_release);  // A1
}

bool atom_table::make_room_locked(part& p) noexcept {
  slot_array* const full = p.newest.load(sync::memory_order_relaxed);
  const std::size_t slots = full == nullptr ? 0 : full->mask + 1;
  if ((p.used + 1) * 2 <= slots) return true;
  const std::size_t wanted = slots == 0 ? first_slots : slots * 2;
  void* const memory = allocate(sizeof(slot_array) + wanted * sizeof(slot));
  // Without memory for another array this one goes on, more slowly, as long as probes end.
  if (memory == nullptr) return p.used + 1 < slots;
  auto* const made = ::new (memory) slot_array{wanted - 1, full};
  for (std::size_t i = 0; i != wanted; ++i) ::new (made->slots() + i) slot(nullptr);
  for (std::size_t i = 0; i != slots; ++i) {
    if (const entry* const e = full->slots()[i].load(sync::memory_order_relaxed)) put(*made, *e);
  }
  p.newest.store(made, sync::memory_order_release);
  return true;
}

atom_table::interned atom_table::refused(places now, std::size_t most) noexcept {
  if (now.count >= now.limit) return {.result = outcome::full, .count = now.count, .limit = now.limit};
  if (now.count >= most) return {.result = outcome::nearly_full, .count = now.count, .limit = now.limit};
  return {};
}

atom_table::interned atom_table::take_place(std::size_t most) noexcept {
  std::uint64_t word = places_.load(sync::memory_order_relaxed);
  for (;;) {
    places now = unpack(word);
    if (const interned no = refused(now, most); no.result != outcome::done) return no;
    ++now.count;
    if (places_.compare_exchange_weak(word, pack(now), sync::memory_order_relaxed)) return {};
  }
}

bool atom_table::set_limit(std::size_t limit) noexcept {
  std::uint64_t word = places_.load(sync::memory_order_relaxed);
  for (;;) {
    places now = unpack(word);
    if (limit < now.count || limit > largest_limit) return false;
    now.limit = static_cast<std::uint32_t>(limit);
    if (places_.compare_exchange_weak(word, pack(now), sync::memory_order_relaxed)) return true;
  }
}

void* atom_table::allocate(std::size_t bytes) noexcept {
  void* const block = memory::allocate(bytes);
  if (block != nullptr) bytes_.fetch_add(bytes, sync::memory_order_relaxed);
  return block;
}

void atom_table::give_back(void* block, std::size_t bytes) noexcept {
  bytes_.fetch_sub(bytes, sync::memory_order_relaxed);
  deallocate(block);
}

}  // namespace foundation::memory
