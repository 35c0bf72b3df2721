// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <foundation/guard_mode.hpp>

#include "base/base.hpp"

/// Stacks for carriers: reserved large, touched small, guarded, pooled.
namespace foundation::memory {

/// What stands below a stack (public); here, what each mode costs:
///
///   install     nothing but the guard itself: no page, no mapping; where the kernel has it, else mprotect
///   mprotect    two mappings a stack, as far as the budget goes, canary beyond it
///   canary      an ordinary page that has to stay zero: no fault, but `overflowed()` sees it afterwards
using foundation::guard_mode;

struct stack_slab;

/// Slabs linked through themselves; the pool's lock guards the links.
struct slab_list {
  stack_slab* first = nullptr;

  void push(stack_slab& slab) noexcept;
  void remove(stack_slab& slab) noexcept;
};

/// A stack on loan. The usable range is `[bottom, bottom + size)`; it grows down; the guard is the page below `bottom`.
struct stack {
  std::byte* bottom = nullptr;
  std::size_t size = 0;
  guard_mode guard = guard_mode::canary;  ///< what protects this one: never `automatic`
  std::uint8_t slot = 0;                  ///< the pool's: which of its slab
  stack_slab* slab = nullptr;             ///< the pool's: where it came from

  [[nodiscard]] std::byte* top() const noexcept { return bottom + size; }
  explicit operator bool() const noexcept { return bottom != nullptr; }
};

/// What a stack is reserved with unless asked otherwise, guard page included.
inline constexpr std::size_t default_stack_size = 256 * 1024;
/// Requests are raised to this and refused beyond `largest_stack_size`.
inline constexpr std::size_t smallest_stack_size = 16 * 1024;
inline constexpr std::size_t largest_stack_size = std::size_t{1} << 30;

struct stack_pool_options {
  /// Mappings that protected pages of *all* pools in the program may use up; 0 is a quarter of what the system allows,
  /// so that the host keeps the rest.
  std::size_t guard_mappings = 0;
  /// Free stacks kept for reuse; with more of them, slabs that are wholly free go back to the system.
  std::size_t max_free = 1024;
  /// Bytes at the top of a stack whose pages it may take into the pool; what it touched below goes back.
  std::size_t keep = 0;  ///< 0 is one page
};

struct stack_pool_stats {
  std::size_t live = 0;            ///< on loan
  std::size_t free = 0;            ///< ready for reuse or never used yet
  std::size_t abandoned = 0;       ///< given up for ever (`abandon`)
  std::size_t reserved_bytes = 0;  ///< address space, guards included
  std::size_t slabs = 0;
  std::size_t guard_mappings = 0;  ///< of this pool
};

/// True if something was written below the stack. Only a canary tells; a guarded stack faults instead.
[[nodiscard]] bool overflowed(const stack& s) noexcept;
/// The same from a look at the `bytes` of the canary next to the stack, a multiple of 8.
[[nodiscard]] bool overflowed(const stack& s, std::size_t bytes) noexcept;

/// Gives the pages below the topmost `keep` bytes back to the system; they read zero when next touched.
void discard_below(const stack& s, std::size_t keep) noexcept;

/// Gives the pages below `in_use_from` back to the system. @returns their bytes
std::size_t discard_unused(const stack& s, const std::byte* in_use_from) noexcept;

/// The stacks of one runtime.
///
/// Operations (any thread, unless it says otherwise)
///   acquire(size, mode)         one stack, or nothing when the system refuses
///   acquire(out, size, mode)    several at once under one lock: fills `out` from the front, returns how many
///   release(s)                  back to the pool, trimmed; one or several
///   abandon(s)                  its memory stays for ever, also after the pool (a process that cannot be unwound)
///   trim()                      all that free stacks hold goes back to the system; returns the bytes
///   find_guard(address)         async-signal-safe: whose guard is this?
///
/// Layout: a *slab* is one mapping of up to 64 *slots* of one size, a power of two of pages; the lowest page of a slot
/// is its guard, the rest its stack. A million stacks are some 16,000 slabs, which the kernel merges into few mappings.
/// A slot's guard is made when it is first lent and stays as long as its slab. More in `stack_slab.hpp`.
///
/// High-water mark: the lowest bytes of what a stack may keep (its top page) are zero when it is lent, since nobody has
/// touched them. If they are not when it comes back, it was used beyond: the pages below go back and the mark is made
/// zero again. That reads two lines of a page the user has touched anyway and needs no system call in the usual case.
/// Measured: 66 ns for a return and the next loan. Rejected: asking mincore() on each return (3 us on the same
/// machine). A stack that was used deep costs its page faults anew, so whoever lends it again at once keeps it out of
/// the pool. A frame that jumps over the mark without writing to it goes unseen until the next deep use or trim().
///
/// Rules
///   K1. Pages below a stack's first are never touched by the pool, so a stack in use costs what its user touches.
///       A canary is zero for that reason: an untouched page already is.
///   K2. A slot is in its slab's free mask or on loan or abandoned; only its holder touches its memory.
///   K3. System calls are made without the lock, on memory the caller owns (slots taken out of the mask, slabs not yet
///       or no longer in a list).
///   K4. Slab records live as long as the pool, so `find_guard` may walk them without a lock.
class stack_pool {
 public:
  explicit stack_pool(stack_pool_options options = {}) noexcept;
  /// Checks that every stack came back. Whoever calls `find_guard` in a signal handler stops before.
  ~stack_pool();
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;

  /// `size` counts the guard page and is rounded up to a power of two of pages.
  [[nodiscard]] std::optional<stack> acquire(std::size_t size = default_stack_size,
                                             guard_mode mode = guard_mode::automatic) noexcept;
  [[nodiscard]] std::size_t acquire(std::span<stack> out, std::size_t size, guard_mode mode) noexcept;

  /// Checks that a canary is intact: ask `overflowed()` before, where a better report is possible.
  void release(const stack& s) noexcept { release(std::span<const stack>(&s, 1)); }
  void release(std::span<const stack> stacks) noexcept;

  void abandon(const stack& s) noexcept;
  std::size_t trim() noexcept { return give_back_free(true); }
  [[nodiscard]] stack_pool_stats stats() const noexcept;
  /// Bytes that have a page, of all its stacks. A microsecond for each stack; no lock.
  [[nodiscard]] std::size_t resident() const noexcept;

  /// The stack whose guard page `address` lies in, if it is one of this pool's. Async-signal-safe.
  [[nodiscard]] std::optional<stack> find_guard(const void* address) const noexcept;
  [[nodiscard]] bool owns_guard(const void* address) const noexcept { return find_guard(address).has_value(); }

  /// Checks K2 and the counters under the lock.
  void check_invariants() const noexcept;

 private:
  static constexpr std::size_t size_classes = 19;  // 2^0 .. 2^18 pages: 1 GiB of pages of 4 KiB
  static constexpr std::size_t modes = 3;          // install, mprotect, canary

  [[nodiscard]] std::size_t take_locked(std::span<stack> out, slab_list& from) noexcept FOUNDATION_REQUIRES(mutex_);
  [[nodiscard]] std::size_t take_from_locked(std::span<stack> out, stack_slab& slab) noexcept
      FOUNDATION_REQUIRES(mutex_);
  [[nodiscard]] slab_list& list_of_locked(const stack_slab& slab) noexcept FOUNDATION_REQUIRES(mutex_);
  void retire_locked(stack_slab& slab, slab_list& doomed) noexcept FOUNDATION_REQUIRES(mutex_);
  /// `counted`: as `trim`; else 0, and without asking the system, which takes a microsecond for each stack.
  std::size_t give_back_free(bool counted) noexcept;
  [[nodiscard]] stack_slab* take_record() noexcept;
  [[nodiscard]] stack_slab* make_slab(std::size_t slot_bytes, guard_mode mode) noexcept;
  void put_back(slab_list doomed) noexcept;

  const stack_pool_options options_;
  mutable sync::mutex mutex_{base::lock_rank::stack_pool};
  slab_list partial_[size_classes][modes] FOUNDATION_GUARDED_BY(mutex_);  // slabs with a free slot
  slab_list unmapped_ FOUNDATION_GUARDED_BY(mutex_);                      // records without a mapping, for reuse
  stack_pool_stats stats_ FOUNDATION_GUARDED_BY(mutex_);
  // every record ever made (K4); written under the lock (release), read by find_guard (acquire)
  sync::atomic<stack_slab*> records_{nullptr};
};

}  // namespace foundation::memory
