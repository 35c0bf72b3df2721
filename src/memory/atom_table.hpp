// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <foundation/atom.hpp>

#include "base/base.hpp"

namespace foundation::memory {

/// Texts that are kept once, for ever.
///
///   find(text)           any thread   its entry, or null; lock-free
///   intern(text, most)   any thread   its entry, or a new one while there are fewer than `most` and than the limit
///   set_limit(n)         any thread   false when there are more than n; lock-free
///   count(), limit(), bytes()         any thread
///
/// Parts: 64 hash tables, each with a lock for what is new in it. A table is an array of pointers, probed linearly, at
/// most half full; one twice as large takes its place when it would be fuller. The lock and the growth of one part stop
/// nobody in the other 63, and a look-up never: doubling a part of a table with a million atoms copies 16,384 pointers.
///
/// Why the old arrays stay: a reader may be in one. All of them together are as large as the newest. Epochs would free
/// them, but belong to a layer above, and threads would have to register for a look-up.
///
/// Rules
///   A1. An entry is complete before its pointer is stored in a slot (release), and read after it was loaded (acquire).
///   A2. A slot that is not null never changes, so a probe that ends at a null slot of an array has seen all that was
///       in it.
///   A3. Who holds a part's lock has the newest array: what `find` misses in it is in none. Without the lock, a miss is
///       right for some moment of the look-up: an entry that was there before it is in every array from then on.
///   A4. Count and limit are one word. A place is taken by a compare-exchange of both, so the limit is never passed,
///       and `set_limit` never goes below the count. It is taken last, when nothing can fail any more: no place is
///       given back, and nobody meets a table that is full only for a moment.
class atom_table {
 public:
  using entry = foundation::detail::atom_entry;

  static constexpr std::size_t default_limit = 1'048'576;          // the BEAM's
  static constexpr std::size_t largest_limit = std::size_t{1} << 28;  // picked: beyond any machine's memory

  enum class outcome : std::uint8_t {
    done,         ///< `at` is the text's entry
    nearly_full,  ///< `count` is `most` or more
    full,         ///< `count` is the limit
    no_memory,
  };
  struct interned {
    outcome result = outcome::done;
    const entry* at = nullptr;
    std::size_t count = 0;  ///< that was in the way
    std::size_t limit = 0;  ///< at that moment
  };

  explicit atom_table(std::size_t limit = default_limit) noexcept;
  /// For tests: the program's own table is never destroyed.
  ~atom_table();
  atom_table(const atom_table&) = delete;
  atom_table& operator=(const atom_table&) = delete;

  /// The program's, made at the first call.
  [[nodiscard]] static atom_table& program() noexcept;

  [[nodiscard]] const entry* find(std::string_view text) const noexcept;
  /// pre: `text` is not longer than an `entry` can say
  [[nodiscard]] interned intern(std::string_view text, std::size_t most) noexcept;

  [[nodiscard]] bool set_limit(std::size_t limit) noexcept;
  [[nodiscard]] std::size_t count() const noexcept { return load_places().count; }
  [[nodiscard]] std::size_t limit() const noexcept { return load_places().limit; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(sync::memory_order_relaxed); }

 private:
  using slot = sync::atomic<const entry*>;
  struct slot_array {
    std::size_t mask;
    slot_array* older;
    [[nodiscard]] slot* slots() noexcept { return reinterpret_cast<slot*>(this + 1); }
  };
  struct alignas(base::cacheline) part {
    sync::atomic<slot_array*> newest{nullptr};  // made under the lock (release), read by look-ups (acquire)
    std::size_t used FOUNDATION_GUARDED_BY(mutex) = 0;
    sync::mutex mutex{base::lock_rank::atom_table};
  };
  struct places {
    std::uint32_t count;
    std::uint32_t limit;
  };

  static constexpr std::size_t part_count = 64;
  static constexpr std::size_t first_slots = 16;  // picked: two cache lines a part

  [[nodiscard]] static std::uint32_t hash_of(std::string_view text) noexcept;
  [[nodiscard]] static const entry* find_in(slot_array* array, std::uint32_t hash, std::string_view text) noexcept;
  static void put(slot_array& array, const entry& e) noexcept;
  /// The lower bits of a hash choose the part, the others where its table is probed first.
  [[nodiscard]] static constexpr std::size_t first_probe(std::uint32_t hash) noexcept { return hash / part_count; }
  [[nodiscard]] part& part_of(std::uint32_t hash) noexcept { return parts_[hash % part_count]; }
  [[nodiscard]] const part& part_of(std::uint32_t hash) const noexcept { return parts_[hash % part_count]; }
  [[nodiscard]] bool make_room_locked(part& p) noexcept FOUNDATION_REQUIRES(p.mutex);
  [[nodiscard]] static interned refused(places now, std::size_t most) noexcept;
  [[nodiscard]] interned take_place(std::size_t most) noexcept;
  [[nodiscard]] void* allocate(std::size_t bytes) noexcept;
  void give_back(void* block, std::size_t bytes) noexcept;
  [[nodiscard]] places load_places() const noexcept { return unpack(places_.load(sync::memory_order_relaxed)); }

  [[nodiscard]] static constexpr std::uint64_t pack(places p) noexcept {
    return std::uint64_t{p.limit} << 32 | p.count;
  }
  [[nodiscard]] static constexpr places unpack(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }

  part parts_[part_count];
  // relaxed: they count, and order nothing (A4)
  sync::atomic<std::uint64_t> places_;
  sync::atomic<std::size_t> bytes_{sizeof(atom_table)};
};

}  // namespace foundation::memory
