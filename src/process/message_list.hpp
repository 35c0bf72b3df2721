// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <foundation/detail/envelope.hpp>

#include "base/base.hpp"

namespace foundation::proc {

using detail::envelope;
using detail::signal;

/// Messages in the order of their arrival. The owner's alone, but for its length and size, which others may read.
class message_list {
 public:
  message_list() noexcept = default;
  message_list(const message_list&) = delete;
  message_list& operator=(const message_list&) = delete;

  [[nodiscard]] envelope* first() const noexcept { return static_cast<envelope*>(head_); }
  [[nodiscard]] envelope* last() const noexcept { return static_cast<envelope*>(tail_); }
  [[nodiscard]] static envelope* after(const envelope& e) noexcept { return static_cast<envelope*>(e.next); }
  /// The message behind `before`, or the first one for null.
  [[nodiscard]] envelope* behind(const envelope* before) const noexcept {
    return before == nullptr ? first() : after(*before);
  }
  [[nodiscard]] std::uint32_t length() const noexcept {
    return static_cast<std::uint32_t>(counted_.load(sync::memory_order_relaxed));
  }
  /// What the messages take, their envelopes included, but not what they own elsewhere.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (counted_.load(sync::memory_order_relaxed) >> 32) * detail::envelope_unit;
  }

  void append(envelope& e) noexcept {
    e.next = nullptr;
    (tail_ == nullptr ? head_ : tail_->next) = &e;
    tail_ = &e;
    counted_.store(counted_.load(sync::memory_order_relaxed) + e.ops->counts, sync::memory_order_relaxed);
    FOUNDATION_INVARIANT(ends_agree());
  }

  /// Unlinks the message behind `before`, or the first one for null.
  envelope* take_after(envelope* before) noexcept {
    signal*& link = before == nullptr ? head_ : before->next;
    auto* const taken = static_cast<envelope*>(link);
    link = taken->next;
    if (tail_ == taken) tail_ = before;
    counted_.store(counted_.load(sync::memory_order_relaxed) - taken->ops->counts, sync::memory_order_relaxed);
    FOUNDATION_INVARIANT(ends_agree());
    return taken;
  }

 private:
  /// What can be said of it without walking it.
  [[nodiscard]] bool ends_agree() const noexcept {
    if (head_ == nullptr || tail_ == nullptr) return head_ == tail_ && length() == 0 && bytes() == 0;
    return tail_->next == nullptr && length() != 0 && (length() == 1) == (head_ == tail_);
  }

  signal* head_ = nullptr;
  signal* tail_ = nullptr;
  // How many, and above that what they take, in units: enough for 64 GiB. One word, since each message is added to it. The owner
  // writes.
  sync::atomic<std::uint64_t> counted_{0};
};

}  // namespace foundation::proc
