// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/base.hpp"

/// What one process has from `operator new`, where foundation::count_new is linked.
///
///   operation       who                             effect
///   make()          its process                     an account of nothing, or null when memory is refused
///   charge(n)       its process                     n bytes more
///   discharge(n)    its process                     n bytes less
///   discharge_elsewhere(n)   anybody else           the same
///   retire()        its process, at its end         no more is charged
///   bytes()         its process
///
/// Each block remembers its account until it is freed, wherever that is. So an account may outlive its process by them.
///
/// Rules
///   A1. What the process charges and frees itself is in `own_`, which is its alone. What others free is taken off
///       `elsewhere_`, which begins at `alive`: more than there are bytes.
///   A2. `retire` adds `own_` to `elsewhere_`, and takes `alive` off: from then on that is what is not freed yet. Whoever
///       brings it to 0 frees the account (acquire, after all releases): nobody has a block of it.
namespace foundation::inline v0::detail {

class heap_account {
 public:
  [[nodiscard]] static heap_account* make() noexcept;
  heap_account(const heap_account&) = delete;
  heap_account& operator=(const heap_account&) = delete;

  void charge(std::size_t bytes) noexcept { own_ += static_cast<std::int64_t>(bytes); }
  void discharge(std::size_t bytes) noexcept { own_ -= static_cast<std::int64_t>(bytes); }
  void discharge_elsewhere(std::size_t bytes) noexcept { add(-static_cast<std::int64_t>(bytes)); }
  void retire() noexcept { add(own_ - alive); }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(own_ + elsewhere_.load(sync::memory_order_relaxed) - alive);
  }

 private:
  static constexpr std::int64_t alive = std::int64_t{1} << 62;

  heap_account() noexcept = default;
  void add(std::int64_t bytes) noexcept {
    if (elsewhere_.fetch_add(bytes, sync::memory_order_acq_rel) + bytes == 0) discard();
  }
  void discard() noexcept;

  std::int64_t own_ = 0;  // charged by the process, less what it has freed itself
  sync::atomic<std::int64_t> elsewhere_{alive};
};

}  // namespace foundation::inline v0::detail
