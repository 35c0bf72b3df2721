// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <foundation/detail/reply.hpp>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

/// Bytes that were given back, by where they were.
struct given_back {
  std::size_t arenas = 0;
  std::size_t stacks = 0;
  std::size_t caches = 0;
  std::size_t done = 0;  ///< who did what was asked; an answer alone says that nobody will
};

/// The answers of many to one who asked: how many are still to come, and what those that came add up to. It lives until the
/// asker and all who have a duty to answer have let go of it.
///
///   operation      who           effect
///   make           asker         one answer is missing: its own, which `all_asked` gives
///   duty           asker         one more is; destroyed, by whoever has it then, it is given
///   wait_until     asker         a plain thread: until all were given, or the time is up
///
/// An asker that is a process is told of the last answer by the reply to a request that nobody has sent.
class tally {
 public:
  /// Null when memory is refused. `asker`: how to tell a process; empty for a plain thread.
  [[nodiscard]] static tally* make(detail::reply_handle asker) noexcept;
  tally(const tally&) = delete;
  tally& operator=(const tally&) = delete;

  /// The duty to answer once.
  class duty {
   public:
    explicit duty(tally& to) noexcept;
    duty(duty&& other) noexcept : tally_(std::exchange(other.tally_, nullptr)) {}
    duty& operator=(duty&&) = delete;
    ~duty() { answer(); }

    /// Before the answer. Any number of times.
    void note(const given_back& bytes) noexcept;
    /// Now, and not when it is destroyed.
    void answer() noexcept;

   private:
    tally* tally_;
  };

  // -- the asker -----------------------------------------------------------------------------------------------------------
  void all_asked() noexcept { answer(); }
  void wait_until(os::time_point deadline) noexcept;
  [[nodiscard]] given_back given() const noexcept;
  /// After `all_asked`: how many have not answered.
  [[nodiscard]] std::size_t missing() const noexcept { return missing_.load(sync::memory_order_acquire); }
  void release() noexcept;

 private:
  explicit tally(detail::reply_handle&& asker) noexcept : asker_(std::move(asker)) {}
  ~tally() = default;
  void answer() noexcept;

  sync::atomic<std::size_t> references_{1};  // the asker's, and one for each duty
  sync::atomic<std::size_t> missing_{1};     // each answer releases what it noted; the last one, and the asker, acquire it
  sync::atomic<std::size_t> arenas_{0};      // relaxed, as the next three: published by `missing_`
  sync::atomic<std::size_t> stacks_{0};
  sync::atomic<std::size_t> caches_{0};
  sync::atomic<std::size_t> done_{0};
  sync::atomic<std::uint32_t> complete_{0};  // 1 with the last answer; the futex of an asker that is a plain thread
  detail::reply_handle asker_;               // whose answer is the last one's alone
};

}  // namespace foundation::proc
