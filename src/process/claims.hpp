// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/base.hpp"

namespace foundation::proc {

/// What others have tied to a process that its end has to undo under a lock of theirs: mostly nothing, and then the end takes no
/// lock at all.
///
///   claim(what)   any thread, guard   before it ties something; false: the process has ended, or ends
///   close()       the end             no claim from here on; returns what was claimed
///   are_closed()  any thread          asked again under the lock that the claim is about
///
/// One word, in which no bit is cleared before `close`, and whose changes are read-modify-writes, so one comes first: `close` sees the claim and then waits for the lock under which
/// the claimer works, or the claim fails. What was claimed may be undone long before the end, or never come to be.
class claims {
 public:
  enum what : std::uint32_t { none = 0, a_name = 1, timers = 2 };

  [[nodiscard]] bool claim(what w) noexcept {
    const std::uint32_t seen = word_.load(sync::memory_order_acquire);
    if ((seen & w) != 0 && (seen & closed) == 0) return true;
    return (word_.fetch_or(w, sync::memory_order_acq_rel) & closed) == 0;
  }
  [[nodiscard]] bool are_closed() const noexcept { return (word_.load(sync::memory_order_acquire) & closed) != 0; }
  [[nodiscard]] std::uint32_t close() noexcept { return word_.exchange(closed, sync::memory_order_acq_rel); }

 private:
  static constexpr std::uint32_t closed = 4;

  sync::atomic<std::uint32_t> word_{none};
};

}  // namespace foundation::proc
