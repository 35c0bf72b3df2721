// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <foundation/detail/envelope.hpp>
#include <foundation/pid.hpp>
#include <foundation/reference.hpp>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

class control_block;
class message_timers;
class process_space;

/// A message that is sent when its time has come.
struct message_timer : sched::timer {
  explicit message_timer(void (*callback)(sched::timer&) noexcept) noexcept : sched::timer(callback) {}

  sync::atomic<std::uint64_t> ticket{0};  ///< generation and state: see message_timers
  message_timers* home_of = nullptr;      ///< whose place it is
  std::uint32_t index = 0;                ///< its own
  sync::atomic<std::uint32_t> next_free{0};
  detail::envelope* message = nullptr;    ///< from start on: the one's who ends it
  pid to;
  // -- under the lock of the receiver's stripe -----------------------------------------------------------------------
  message_timer* previous = nullptr;
  message_timer* next = nullptr;
  control_block* aimed_at = nullptr;      ///< on whose list it is

  /// It has ended: its callback, should it run all the same, finds that it has lost.
  void cancel_in_wheel() noexcept { static_cast<void>(cancel()); }
};

/// The timers that aim at a process; under its stripe's lock. None is added once its claims are closed.
struct timers_to {
  message_timer* first = nullptr;
};

/// Messages that nobody gets: destroyed with this, where their destructors may do what they like.
class message_garbage {
 public:
  message_garbage() noexcept = default;
  ~message_garbage();
  message_garbage(const message_garbage&) = delete;
  message_garbage& operator=(const message_garbage&) = delete;

  void add(detail::signal* list) noexcept;

 private:
  detail::signal* list_ = nullptr;
};

/// The message timers of one scheduler: places for them, made when needed, reused and kept until the runtime ends.
///
/// A timer is named by a reference: its place, and the place's generation. The state of a place is one word with its
/// generation, and changes by compare-exchange; who takes a timer out of `running` owns its message:
///
///   state      meaning                                   may leave to    by whom
///   idle       no timer                                  starting        start, which counts the generation up
///   starting   being armed                               running         start
///                                                        due             the wheel: its time came meanwhile; start sends
///                                                        dead            the receiver, at its end; start destroys
///   running    armed                                     idle            the wheel (sends), cancel (destroys), the receiver
///                                                                        at its end (destroys)
///   due, dead                                            idle            start
///
/// Rules
///   M1. Who has ended a timer takes it off its receiver's list, then gives the place back.
///   M2. A timer is on its receiver's list only while the receiver lives: its end closes its claims, so that none is added any more, and
///       empties the list under the stripe's lock. So `aimed_at`, read under that lock, is a process that is there.
///   M3. A place that was given back may still be linked in the wheel, cancelled, and is armed again under the wheel's own rules
///       (timer_wheel.hpp). Or its callback runs and is about to find that it has lost: `start` waits for that.
///   M4. No message is destroyed under a lock or in an epoch guard: callers pass in where to leave it. The callback runs under
///       the wheel's lock and leaves it in `orphans_`, which the next `start` or `cancel` takes along.
class message_timers {
 public:
  message_timers(process_space& space, unsigned scheduler) noexcept : space_(space), scheduler_(scheduler) {}
  ~message_timers();
  message_timers(const message_timers&) = delete;
  message_timers& operator=(const message_timers&) = delete;

  /// A place for a timer that does not run yet, and the reference that will name it; null when memory is refused.
  [[nodiscard]] message_timer* reserve(reference& ref) noexcept;
  /// Gives a reserved place back.
  void give_back(message_timer& t) noexcept;
  /// Starts a reserved one. Where the receiver is dead, the timer has ended.
  void start(message_timer& t, pid to, detail::envelope* message, os::time_point deadline,
             message_garbage& garbage) noexcept;

  /// Ends it; the time that was left, or nothing if it had ended or never was.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> cancel(reference ref, message_garbage& garbage) noexcept;
  /// The time that is left.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> read(reference ref) noexcept;

  /// The end of a receiver: the timers that aim at it end, some in each call, and none is added any more. Their messages go
  /// in front of `messages`. @returns whether there are more
  [[nodiscard]] static bool end_some(control_block& receiver, detail::signal*& messages) noexcept;
  /// Keeps messages for the next call that may destroy them.
  void leave(detail::signal* messages) noexcept;

  /// Any thread: what its places take, and how many there are.
  [[nodiscard]] std::size_t bytes() const noexcept { return places() * sizeof(message_timer); }
  [[nodiscard]] std::size_t places() const noexcept { return used_.load(sync::memory_order_relaxed); }

  /// Whether a reference names a timer, and of which scheduler.
  [[nodiscard]] static std::optional<unsigned> scheduler_of(reference ref) noexcept;

 private:
  static constexpr unsigned chunk_bits = 8;
  static constexpr std::uint32_t chunk_size = 1u << chunk_bits;
  static constexpr unsigned index_bits = 24;
  static constexpr std::size_t most_chunks = std::size_t{1} << (index_bits - chunk_bits);
  static constexpr int ended_at_once = 128;
  static constexpr std::uint32_t scheduler_flag = 0x8000'0000;  // in a reference: it is a timer's

  [[nodiscard]] message_timer* find(reference ref) noexcept;
  [[nodiscard]] message_timer* make_places() noexcept FOUNDATION_EXCLUDES(mutex_);
  void take_orphans(message_garbage& garbage) noexcept;
  [[nodiscard]] message_timer* take_free() noexcept;
  [[nodiscard]] bool join_list(message_timer& t, pid to) noexcept;
  enum class then : std::uint8_t { nothing, send };
  /// Takes it off its receiver's list. True: and the message has been sent.
  [[nodiscard]] bool leave_list(message_timer& t, then what) noexcept;
  static void fired(sched::timer& t) noexcept;

  struct chunk;
  process_space& space_;
  const unsigned scheduler_;
  sync::atomic<std::uint64_t> free_{0};  // the first free place's index + 1; above it a count, so that no pop mistakes it
  sync::atomic<detail::signal*> orphans_{nullptr};
  sync::mutex mutex_{base::lock_rank::process_timers};
  sync::atomic<std::uint32_t> used_{0};  // places made
  sync::atomic<chunk**> chunks_{nullptr};
};

}  // namespace foundation::proc
