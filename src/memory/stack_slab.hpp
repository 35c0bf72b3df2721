// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/base.hpp"
#include "memory/stack_pool.hpp"

namespace foundation::memory {

/// One mapping of stacks of one size, and the record of it. The record outlives its mapping and is used again (K4).
///
///   |guard|        stack of slot 0|guard|        stack of slot 1| ...      each slot `slot_bytes`, each guard a page
///   base                           base + slot_bytes
///
/// Every slot is free, abandoned, or on loan, which is what the other two leave (K2).
struct stack_slab {
  // -- written by whoever owns the slab while it is in no list; read by find_guard too -------------------------------
  sync::atomic<std::byte*> base{nullptr};   // null: no mapping. release publishes the fields below to find_guard
  sync::atomic<std::size_t> slot_bytes{0};  // relaxed: published by `base`
  sync::atomic<unsigned> slots{0};          // relaxed: published by `base`
  sync::atomic<guard_mode> mode{guard_mode::canary};  // relaxed: published by `base`
  sync::atomic<std::uint64_t> guarded{0};  // slots whose guard is made; relaxed: each bit is written by its holder
  std::size_t mappings = 0;                // taken of the program's budget
  stack_slab* next_record = nullptr;       // written once, before the record is published (K4)

  // -- under the pool's lock ------------------------------------------------------------------------------------------
  std::uint64_t free = 0;
  std::uint64_t used = 0;  // had by somebody since their pages were last given back; of free slots these go first
  std::uint64_t abandoned = 0;
  stack_slab* next = nullptr;
  stack_slab* previous = nullptr;
  bool listed = false;  // in a list of slabs with free slots

  [[nodiscard]] unsigned slot_count() const noexcept { return slots.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::size_t slot_size() const noexcept { return slot_bytes.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::size_t bytes() const noexcept { return slot_count() * slot_size(); }
  [[nodiscard]] guard_mode wanted_guard() const noexcept { return mode.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t all_slots() const noexcept { return ~std::uint64_t{0} >> (64 - slot_count()); }
  [[nodiscard]] bool wholly_free() const noexcept { return free == all_slots(); }

  /// Maps it, with as many slots as the system and, for mprotect, the budget allow. @returns false when refused
  [[nodiscard]] bool map(std::size_t bytes_per_slot, guard_mode wanted, std::size_t mapping_budget) noexcept;
  void unmap() noexcept;

  [[nodiscard]] stack at(unsigned slot) noexcept;
  /// Makes the guard of a stack that its caller holds, unless it is there.
  void guard(stack& s) noexcept;
};

/// Whether another protected guard fits into the budget that all pools of the program share.
[[nodiscard]] bool mappings_left(std::size_t budget) noexcept;

/// The hostile build: the first page of a returned stack is filled, but for its mark, and looked at when it is lent again.
void fill_free(const stack& s) noexcept;
[[nodiscard]] bool untouched_since_filled(const stack& s) noexcept;

/// Gives back what a stack has used beyond `keep` bytes, if its mark says that it has.
void trim_used(const stack& s, std::size_t keep) noexcept;

}  // namespace foundation::memory
