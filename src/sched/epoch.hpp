// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/base.hpp"
#include "os/os.hpp"

/// Reclamation for lock-free look-up: what was unlinked is freed once nobody can still be looking at it.
///
/// Parts: a domain with a counter, the epoch; a record for each thread that uses it, whose `word` is 0 outside of
/// guards and inside holds the epoch its guard found; lists of blocks that are unlinked but not freed yet.
///
///   operation                    who                    effect
///   epoch_guard(domain)          any thread             what is found by look-up in its scope stays allocated
///   domain.retire(block, free)   any thread             frees an unlinked block, later, on some thread
///   domain.collect()             any thread             frees what can be freed of the caller's now; never waits
///   domain.drain()               outside of any guard   waits until all that was retired before it is freed
///   domain.leave_thread()        any thread             gives the record back; done by itself at a thread's end
///
/// Who looks up                                        Who frees
///   L1. word.store(epoch.load(acquire), release)        F1. unlink the block (the caller, before retire)
///   L2. light barrier                                   F2. E = epoch++ (release)
///   L3. load the pointer, use the block                 F3. heavy barrier
///   L4. word.store(0, release)                          F4. every record: word.load(acquire) is 0 or greater than E
///                                                       F5. free
///
/// Claim: what a guard found at L3 is not freed before its L4, and the free sees all that was done in between.
/// Proof. Let the guard have found the block, so its L3 did not see F1. By the barriers, F4 then sees its L1 or
/// something later in the order of that word. Take the value F4 read:
///   its own L1, the value g: then g <= E, for a greater one was made by F2 or later, and having read it with acquire
///       at L1 the guard would have seen F1 (F2 is a release after it). So F4 does not hold and nothing is freed.
///   its L4, or a later store: each is a release that comes after L3 on that thread (or on a later owner of the record,
///       after the domain's lock), so F4's acquire orders the whole guard before F5.
/// F3 is needed once; F4 may be tried again at any later time, since after F3 a guard either is seen or has seen F1.
///
/// Rules
///   E1. A block is retired after its last link from where look-ups begin is gone, and is never linked again.
///   E2. A guard spans look-up and push only: no lock of an earlier rank, no fiber switch, nothing that may wait.
///   E3. Only its owner writes a record's word and depth, pushes on `fresh`, and collects. The owner is the thread that
///       has it in use; ownership changes hands under the domain's lock.
///   E4. Blocks leave a record only under its lock, to be freed by who holds it: they never move to another record. So
///       drain, going through the records once, misses none but those that an owner is freeing, and it can see who is:
///       a record's `collections` is odd from before its lists are taken until the blocks are freed.
///   E5. Records are reused, never freed before the domain. What a thread leaves behind stays in its record; whoever
///       collects next owns such a record for a moment and collects there too, so no free runs while a thread ends.
///   E6. A thread for whose record there is no memory borrows the domain's spare one, under a lock that it holds while
///       it uses it. So look-up never fails; such threads take turns.
///
/// Why the store of L1 is a release where the barriers do the work: on the next guard it would otherwise hide the L4
/// before it from F4's acquire. It costs nothing on x86 and little elsewhere.
///
/// Why an asymmetric barrier: look-ups are each send, frees are each exit in batches; a fence at L2 would cost a
/// send more than all the rest of the look-up.
///
/// Why not hazard pointers: a guard then protects one block, and look-up needs a fence and a second read for each. Why
/// not quiescent states, one store per slice: a plain thread has no slices, and a long turn would hold up all frees.
///
/// Why one epoch per batch instead of three generations: a batch waits for no more than the guards that were open when
/// it was sealed, and nobody has to agree on when an epoch ends.
namespace foundation::sched {

/// What an object carries to be retired, so that retiring never allocates.
struct retired {
  retired* next = nullptr;
  void (*free)(retired*) noexcept = nullptr;
};

class epoch_domain;

/// One thread's part of a domain; for the domain and the guard.
struct epoch_record {
  // -- written by the thread, `word` read by those who free -------------------------------
  alignas(base::cacheline) sync::atomic<std::uint64_t> word{0};  ///< L1, L4 -> F4
  std::uint32_t depth = 0;                                       ///< guards open
  std::uint32_t retirements = 0;                                 ///< since the last collection
  sync::atomic<retired*> fresh{nullptr};                         ///< pushed with release, taken whole with acquire
  sync::atomic<std::uint32_t> collections{0};                    ///< E4; release at the end -> acquire in drain
  std::uint32_t uses = 0;                                        ///< of the spare record: by its borrower (E6)
  bool is_spare = false;                                         ///< set once
  bool in_use = false;                                           ///< under the domain's lock: has an owner
  bool abandoned = false;                                        ///< under the domain's lock: no owner, but blocks (E5)
  epoch_domain* domain = nullptr;
  // -- under the lock: the thread when it collects, and drain -----------------------------
  alignas(base::cacheline) sync::mutex mutex{base::lock_rank::epoch_registry};
  retired* sealed FOUNDATION_GUARDED_BY(mutex) = nullptr;       ///< has passed F3, waits for F4
  std::uint64_t sealed_epoch FOUNDATION_GUARDED_BY(mutex) = 0;  ///< its E
};

struct epoch_chunk;

/// Threads that look up, and blocks that wait to be freed. A thread uses one domain at a time.
class epoch_domain {
 public:
  /// Retirements of one thread between two heavy barriers, each of which interrupts the other processors. With 64 they were a
  /// fifth of skynet's time on two schedulers; with 512 the blocks had left the first cache by the time they were reused.
  static constexpr std::uint32_t batch = 128;

  epoch_domain() noexcept;
  /// Drains. Every other thread that used it has left it.
  ~epoch_domain();
  epoch_domain(const epoch_domain&) = delete;
  epoch_domain& operator=(const epoch_domain&) = delete;

  /// Calls `free(block)` once no guard can see the block any more: in this call, or in a later call of this or of
  /// another thread. `free` runs without locks; it may retire, but not drain. E1. @any_thread also inside a guard
  void retire(retired* block, void (*free)(retired*) noexcept) noexcept;

  /// Frees what the calling thread and threads that have left retired, as far as no guard is in the way. Worth a call
  /// before a thread sleeps for long: else it keeps up to `batch` blocks. @any_thread never waits for a guard
  void collect() noexcept;

  /// Returns when every guard that was open at the call is closed, and everything retired before it, by any thread, is
  /// freed, and so is what the frees made by the call retire. Waits for threads that free now. @any_thread, not inside
  /// a guard or a free
  void drain() noexcept FOUNDATION_EXCLUDES(mutex_);

  /// Gives the calling thread's record back, if it has one; using the domain again takes one again. Not inside a guard.
  void leave_thread() noexcept FOUNDATION_EXCLUDES(mutex_);

  /// For tests: records handed out so far, in use or not.
  [[nodiscard]] std::size_t record_count() noexcept;

 private:
  friend class epoch_use;
  friend class epoch_guard;
  using record = epoch_record;
  using chunk = epoch_chunk;

  [[nodiscard]] record& this_record() noexcept {
    auto* const mine = static_cast<record*>(base::this_thread().epoch);
    if (__builtin_expect(mine == nullptr, 0)) return join_thread();
    FOUNDATION_ASSERT(mine->domain == this);
    return *mine;
  }
  [[gnu::noinline]] record& join_thread() noexcept FOUNDATION_EXCLUDES(mutex_);
  /// Null when there is no memory for it.
  [[nodiscard]] record* take_record() noexcept FOUNDATION_REQUIRES(mutex_);
  [[nodiscard]] record& borrow_spare() noexcept;
  [[gnu::noinline]] void end_use_of_spare() noexcept;
  void own(record& unowned) noexcept FOUNDATION_REQUIRES(mutex_);

  [[gnu::noinline]] void collect(record& mine) noexcept FOUNDATION_EXCLUDES(mutex_);
  void collect_from(record& owned) noexcept;
  void collect_from_abandoned() noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] record* claim_abandoned() noexcept FOUNDATION_EXCLUDES(mutex_);
  void give_up(record& owned) noexcept FOUNDATION_EXCLUDES(mutex_);

  [[nodiscard]] std::uint64_t seal() noexcept;
  [[nodiscard]] bool nobody_looks_since(std::uint64_t sealed_epoch) noexcept;
  void wait_and_free(retired* list) noexcept;

  template <typename Visit>
  void for_each_record(Visit visit) noexcept;

  // -- read by every guard, written once per batch --------------------------------------
  alignas(base::cacheline) sync::atomic<std::uint64_t> epoch_{1};  ///< F2 -> L1
  // -- rarely written -------------------------------------------------------------------
  alignas(base::cacheline) sync::atomic<chunk*> chunks_{nullptr};  ///< only grows; release -> acquire of scans
  sync::atomic<std::uint32_t> abandoned_{0};                       ///< records abandoned, for a look without the lock
  sync::mutex mutex_{base::lock_rank::epoch_registry};             ///< joining and leaving
  sync::mutex spare_mutex_{base::lock_rank::epoch_spare};          ///< held by the borrower of spare_
  record spare_;
};

/// The calling thread's record for a scope.
class [[nodiscard]] epoch_use {
 public:
  explicit epoch_use(epoch_domain& domain) noexcept : record_(domain.this_record()) {
    if (record_.is_spare) [[unlikely]]
      ++record_.uses;
  }
  ~epoch_use() {
    if (record_.is_spare) [[unlikely]]
      record_.domain->end_use_of_spare();
  }
  epoch_use(const epoch_use&) = delete;
  epoch_use& operator=(const epoch_use&) = delete;

  [[nodiscard]] epoch_record& record() const noexcept { return record_; }

 private:
  epoch_record& record_;
};

/// While it lives, what its thread finds by look-up stays allocated (E2). Guards nest; the outermost counts.
class [[nodiscard]] epoch_guard {
 public:
  explicit epoch_guard(epoch_domain& domain) noexcept : use_(domain) {
    epoch_record& mine = use_.record();
    if (mine.depth++ != 0) return;
    mine.word.store(domain.epoch_.load(sync::memory_order_acquire), sync::memory_order_release);  // L1
    os::light_barrier();                                                                          // L2
  }
  ~epoch_guard() {
    epoch_record& mine = use_.record();
    if (--mine.depth == 0) mine.word.store(0, sync::memory_order_release);  // L4
  }
  epoch_guard(const epoch_guard&) = delete;
  epoch_guard& operator=(const epoch_guard&) = delete;

 private:
  epoch_use use_;
};

}  // namespace foundation::sched
