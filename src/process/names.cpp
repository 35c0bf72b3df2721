// SPDX-License-Identifier: Apache-2.0
#include "process/names.hpp"

#include <cstring>
#include <functional>
#include <iterator>
#include <new>

#include "memory/memory.hpp"
#include "process/control_block.hpp"
#include "process/process_space.hpp"
#include "process/refusal.hpp"

namespace foundation::proc {

namespace {

name_entry* make_entry(std::string_view name, control_block& p) noexcept {
  void* const memory = memory::allocate(sizeof(name_entry) + name.size());
  if (memory == nullptr) return nullptr;
  auto* const made = ::new (memory) name_entry;
  made->holder = &p;
  made->id = p.self_pid();
  made->size = static_cast<std::uint8_t>(name.size());
  std::memcpy(reinterpret_cast<char*>(made + 1), name.data(), name.size());
  return made;
}

void discard(sched::retired* e) noexcept {
  auto* const entry = static_cast<name_entry*>(e);
  entry->~name_entry();
  memory::deallocate(entry);
}

}  // namespace

names::~names() {
  if (bucket* const all = buckets_.load(sync::memory_order_relaxed)) os::release(all, bucket_count * sizeof(bucket));
}

std::size_t names::index_of(std::string_view name) noexcept {
  const std::size_t hash = std::hash<std::string_view>{}(name);
  return (hash ^ hash >> 32) % bucket_count;
}

name_entry* names::find_in(const bucket& list, std::string_view name) noexcept {
  name_entry* e = list.load(sync::memory_order_acquire);
  while (e != nullptr && e->text() != name) e = e->next.load(sync::memory_order_acquire);
  return e;
}

result<void> names::check(std::string_view name) noexcept {
  if (!name.empty() && name.size() <= longest) return {};
  return refusal(errc::invalid_argument, "name: {} bytes; 1..{} are allowed", name.size(), longest);
}

result<void> names::add(std::string_view name, control_block& p) noexcept {
  if (auto allowed = check(name); !allowed) return allowed;
  const sync::lock_guard lock(mutex_);
  bucket* all = buckets_.load(sync::memory_order_relaxed);
  if (all == nullptr) {
    all = static_cast<bucket*>(os::reserve(bucket_count * sizeof(bucket)));  // zero: null pointers
    if (all == nullptr) return errc::system_limit;
    buckets_.store(all, sync::memory_order_release);
  }
  bucket& list = all[index_of(name)];
  if (const name_entry* const taken = find_in(list, name)) {
    return refusal(errc::already_registered, "name: \"{}\" is held by {}", name, taken->id);
  }
  name_entry* const made = make_entry(name, p);
  if (made == nullptr) return errc::system_limit;
  if (!p.claims().claim(claims::a_name) || !p.name().set(made)) {
    discard(made);
    const name_entry* const other = p.name().get();
    if (other == nullptr) return dead(p.self_pid());
    return refusal(errc::already_registered, "process: {} has the name \"{}\" already", p.self_pid(), other->text());
  }
  made->next.store(list.load(sync::memory_order_relaxed), sync::memory_order_relaxed);
  list.store(made, sync::memory_order_release);  // N1
  return {};
}

error names::dead(pid p) noexcept { return refusal(errc::noproc, "process: {} is dead", p); }

result<void> names::remove(std::string_view name) noexcept {
  const sched::epoch_guard guard(process_space::epochs());  // the holder stays allocated
  const sync::lock_guard lock(mutex_);
  bucket* const all = buckets_.load(sync::memory_order_relaxed);
  name_entry* const found = all == nullptr ? nullptr : find_in(all[index_of(name)], name);
  if (found == nullptr) return refusal(errc::noproc, "name: nobody has \"{}\"", name.substr(0, longest));
  found->holder->name().clear(found);
  unlink(*found);
  return {};
}

pid names::find(std::string_view name) const noexcept {
  const bucket* const all = buckets_.load(sync::memory_order_acquire);
  if (all == nullptr) return {};
  const sched::epoch_guard guard(process_space::epochs());
  const name_entry* const found = find_in(all[index_of(name)], name);
  return found == nullptr ? pid() : found->id;
}

void names::release(control_block& p) noexcept {
  const sched::epoch_guard guard(process_space::epochs());  // the entry stays, should another thread remove it now
  name_entry* const had = p.name().close();
  if (had == nullptr) return;
  const sync::lock_guard lock(mutex_);
  if (had->registered) unlink(*had);
}

void names::unlink(name_entry& e) noexcept {
  bucket* at = &buckets_.load(sync::memory_order_relaxed)[index_of(e.text())];
  while (at->load(sync::memory_order_relaxed) != &e) at = &at->load(sync::memory_order_relaxed)->next;
  at->store(e.next.load(sync::memory_order_relaxed), sync::memory_order_release);
  e.registered = false;
  process_space::epochs().retire(&e, &discard);  // N2
}

}  // namespace foundation::proc
