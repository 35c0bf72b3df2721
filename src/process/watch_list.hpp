// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <foundation/pid.hpp>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

/// A process that was told to die, and until when it may take.
struct watched {
  watched* next = nullptr;
  pid target;
  bool killed = false;  // the exit was a kill, which ends whoever gets it
  os::time_point deadline;
  std::uint32_t looks_in_user = 0;  // after the deadline: how often it was found in its user's code
};

/// Processes told to die, in the order of their deadlines: the grace is one for the whole runtime, so the newest comes
/// last. An entry is made before the exit is sent, so that a refused allocation refuses the exit (nothing is half
/// done).
///
///   make()            any thread   an entry, or null when the allocation is refused
///   add(w, target)    any thread   takes the entry over
///   sweep(now, visit) monitor      visit(w, overdue) -> true: the entry goes away; looks at some each time
class watch_list {
 public:
  explicit watch_list(std::chrono::milliseconds grace) noexcept : grace_(grace) {}

  /// So long in all, beyond its grace, a process has to be in its user's code to be stuck there, as seen once a millisecond:
  /// where thousands are told to die at once one may just be getting its turn, and run its destructors.
  [[nodiscard]] static constexpr std::chrono::milliseconds stuck_after(std::chrono::milliseconds grace) noexcept {
    return std::max(std::chrono::milliseconds(10), grace / 10);
  }
  /// Another look has found it there. True: it is stuck.
  [[nodiscard]] bool note_in_user(watched& w) const noexcept {
    return ++w.looks_in_user >= stuck_after(grace_) / sched::monitor::period;
  }

  ~watch_list();
  watch_list(const watch_list&) = delete;
  watch_list& operator=(const watch_list&) = delete;

  [[nodiscard]] static watched* make() noexcept;
  static void discard(watched* w) noexcept;
  void add(watched* w, pid target) noexcept FOUNDATION_EXCLUDES(mutex_);

  /// Looks at up to `at_once` entries from the oldest on, and at all that are overdue. True while any is left.
  template <typename Visit>
  [[nodiscard]] bool sweep(os::time_point now, Visit&& visit) noexcept FOUNDATION_EXCLUDES(mutex_) {
    chain list = take_all();
    watched* before = nullptr;
    for (std::size_t looked = 0;; ++looked) {
      watched* const w = before == nullptr ? list.first : before->next;
      if (w == nullptr || (looked >= at_once && w->deadline > now)) break;
      if (!visit(*w, w->deadline <= now)) {
        before = w;
        continue;
      }
      (before == nullptr ? list.first : before->next) = w->next;
      if (list.last == w) list.last = before;
      discard(w);
    }
    return put_back(list);
  }

 private:
  static constexpr std::size_t at_once = 1024;

  struct chain {
    watched* first = nullptr;
    watched* last = nullptr;
  };
  [[nodiscard]] chain take_all() noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] bool put_back(chain list) noexcept FOUNDATION_EXCLUDES(mutex_);

  const std::chrono::milliseconds grace_;
  sync::mutex mutex_{base::lock_rank::leaf};
  chain list_ FOUNDATION_GUARDED_BY(mutex_);
};

}  // namespace foundation::proc
