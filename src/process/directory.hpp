// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <foundation/pid.hpp>

#include "base/base.hpp"
#include "process/end_waits.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

class process_space;

/// The live runtimes of this program, by the tag that their pids carry: with its epoch and those who wait for an end, all
/// the state that the library keeps for the whole program (D9). Never destroyed: threads of the host may send while the
/// program ends.
///
///   reserve()        any thread           a fresh tag, or nothing when 256 runtimes live
///   publish(space)   any thread           from now on pids of its tag lead to it
///   withdraw(space)  any thread           from now on they lead nowhere; then waits for look-ups under way
///   find(tag)        any thread, guard    the space, or null
///
/// Rule D1: an entry is emptied, and its generation counted up, before the space is destroyed; `withdraw` drains the epoch
/// in between, so what a guard found stays.
class directory {
 public:
  [[nodiscard]] static directory& instance() noexcept {
    directory* const made = only_.load(sync::memory_order_acquire);  // pairs with the release of make()
    return made != nullptr ? *made : make();
  }

  [[nodiscard]] std::optional<std::uint32_t> reserve() noexcept FOUNDATION_EXCLUDES(mutex_);
  void publish(process_space& space) noexcept;
  void withdraw(std::uint32_t tag) noexcept FOUNDATION_EXCLUDES(mutex_);

  [[nodiscard]] process_space* find(std::uint32_t tag) const noexcept;
  [[nodiscard]] sched::epoch_domain& epochs() noexcept { return epochs_; }
  [[nodiscard]] end_waits& ends() noexcept { return ends_; }

 private:
  static constexpr std::uint32_t size = detail::pid_access::max_runtime_slot + 1;

  struct entry {
    sync::atomic<process_space*> space{nullptr};
    std::uint32_t generation = 0;  // of the runtime that has or had it; under the lock
    bool taken = false;            // under the lock
  };

  [[gnu::noinline]] static directory& make() noexcept;

  static constinit sync::atomic<directory*> only_;

  sched::epoch_domain epochs_;
  end_waits ends_;
  std::array<entry, size> entries_;
  sync::mutex mutex_{base::lock_rank::runtime_directory};
  std::uint32_t next_ FOUNDATION_GUARDED_BY(mutex_) = 0;
};

}  // namespace foundation::proc
