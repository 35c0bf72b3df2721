// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/assert.hpp"
#include "base/lock_rank.hpp"
#include "base/this_thread.hpp"
#include "base/thread_annotations.hpp"

#if defined(__SANITIZE_THREAD__)
#define FOUNDATION_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FOUNDATION_TSAN 1
#endif
#endif

/// The one door to atomics, locks and threads. Everything above goes through these names, so that a model checker or
/// a simulation can replace them here (a test looks for strays).
namespace foundation::sync {

template <typename T>
using atomic = std::atomic<T>;

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

using thread = std::thread;

/// A full fence: orders every access before it with every access after it, as the StoreLoad half of a Dekker pair.
inline void fence_seq_cst() noexcept {
#if defined(FOUNDATION_TSAN)
  // TSan does not model stand-alone fences; a read-modify-write of one shared word orders the same accesses.
  static std::atomic<int> word{0};
  word.fetch_add(0, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

/// A mutex with a place in the lock order (base::lock_rank).
class FOUNDATION_CAPABILITY("mutex") mutex {
 public:
  explicit mutex(base::lock_rank rank) noexcept : rank_(rank) {}

  void lock() noexcept FOUNDATION_ACQUIRE() {
    note_acquire();
    mutex_.lock();
  }

  [[nodiscard]] bool try_lock() noexcept FOUNDATION_TRY_ACQUIRE(true) {
    if (!mutex_.try_lock()) return false;
    note_acquire();
    return true;
  }

  void unlock() noexcept FOUNDATION_RELEASE() {
    note_release();  // before: then another thread may have freed it
    mutex_.unlock();
  }

 private:
#if !defined(NDEBUG) || defined(FOUNDATION_HOSTILE)
  void note_acquire() noexcept {
    auto& held = base::this_thread().held_locks;
    const std::uint32_t bit = 1u << static_cast<unsigned>(rank_);
    FOUNDATION_CHECK(held < bit, "mutex: a lock of a later or the same rank is already held");
    held |= bit;
  }
  void note_release() noexcept { base::this_thread().held_locks &= ~(1u << static_cast<unsigned>(rank_)); }
#else
  void note_acquire() noexcept {}
  void note_release() noexcept {}
#endif

  std::mutex mutex_;
  [[maybe_unused]] base::lock_rank rank_;
};

/// Holds a mutex for a scope; works with `condition_variable` as well.
class FOUNDATION_SCOPED_CAPABILITY lock_guard {
 public:
  explicit lock_guard(mutex& m) noexcept FOUNDATION_ACQUIRE(m) : mutex_(m) { mutex_.lock(); }
  ~lock_guard() FOUNDATION_RELEASE() { mutex_.unlock(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;

 private:
  mutex& mutex_;
};

/// Waits on a `sync::mutex` that the caller holds: `cv.wait(m, predicate)`, `cv.wait_until(m, deadline, predicate)`.
using condition_variable = std::condition_variable_any;

}  // namespace foundation::sync
