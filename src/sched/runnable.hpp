// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <foundation/priority.hpp>

#include <cstdint>

namespace foundation::sched {

class carrier;
class scheduler;

/// The stack a runnable asks for. Carriers of the runtime's default kind are shared; any other kind is made on demand.
struct stack_request {
  std::uint32_t pages = 0;     ///< usable pages, or 0: the runtime's default
  std::uint8_t guard = 0;      ///< memory::guard_mode as a number; 0: the runtime's default
  friend bool operator==(const stack_request&, const stack_request&) = default;
};

/// What a scheduler runs: the only view that this layer has of a process.
///
/// A runnable is, at any time, in exactly one place: on one run queue, on one carrier, or with nobody (idle or waiting,
/// until some thread owes it an `enqueue`). Whoever holds it there may read and write the fields below; nobody else.
class runnable {
 public:
  static constexpr std::uint16_t unpinned = 0xffff;
  static constexpr std::uint16_t off_schedulers = 0xfffe;

  /// Runs on the calling carrier: a turn, or a whole life. It may switch away and come back on another thread; when it
  /// returns, the runnable is idle, queued again, or gone, and must not be touched by the caller.
  virtual void run() noexcept = 0;

  /// Picked while it owns a parked carrier: handles its signals in place, on the caller's carrier. True when the
  /// carrier must be resumed; false when it went back to waiting, and then it must not be touched any more.
  /// Never runs user code and never switches.
  [[nodiscard]] virtual bool attend() noexcept = 0;

  /// Its carrier has just been switched away from in `scheduler::park`: publishes that it waits. False when a signal
  /// came in the meantime: it is ready. After true it must not be touched any more. Never runs user code.
  [[nodiscard]] virtual bool publish_wait() noexcept = 0;

  /// `off_schedulers`, made ready: wakes the thread it belongs to. May be called when it is awake already.
  virtual void wake_thread() noexcept = 0;

  runnable* queue_next = nullptr;           ///< link of the run queue that holds it
  carrier* own_carrier = nullptr;           ///< the carrier kept while blocked inside a turn, or null
  stack_request stack;
  std::uint16_t pinned_to = unpinned;       ///< index of the only scheduler that may run it; or `off_schedulers`: none may
  foundation::priority priority = foundation::priority::normal;
  std::uint8_t skipped = 0;                 ///< low priority: how often it came to the head and was passed over

 protected:
  ~runnable() = default;
};

}  // namespace foundation::sched
