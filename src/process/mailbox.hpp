// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <foundation/detail/envelope.hpp>

#include "memory/memory.hpp"
#include "process/message_list.hpp"
#include "process/outer_queue.hpp"

namespace foundation::proc {

using detail::signal_kind;

/// The messages of one process: the outer queue that all may push to, and behind it the owner's own two lists: priority
/// messages, and all others.
///
/// Signals are taken over in batches. A batch hangs newest first on the outer word; it is reversed, and then sorted:
/// plain messages go to the end of their list, everything else to the process at once (D6). Both steps are charged and
/// can stop anywhere, since a batch may be a million long (D8): the cursor is kept here.
///
/// All but `push` is the owner's.
///
/// Rules
///   M1. `pin_` is the node the outer word equalled when it was last looked at (Q2). Its memory outlives its handling:
///       `spent` marks that only the memory is left, and it is freed when the pin moves on.
///   M2. Every other node is freed as soon as it is handled.
///   M3. Between two batches `newest_` is null; then, and only then, `try_sleep` may be called.
class mailbox {
 public:
  explicit mailbox(bool idle) noexcept : outer_(idle) {}
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  [[nodiscard]] push_result push(signal* s) noexcept { return outer_.push(s); }
  [[nodiscard]] const outer_queue& outer() const noexcept { return outer_; }

  /// Takes over what has arrived, at most `budget` nodes' worth of work (counted down); `on_signal(signal&)` gets every
  /// signal that is no message and `on_message(envelope&)` each message after it was queued. True when nothing is left.
  template <typename OnSignal, typename OnMessage>
  [[nodiscard]] bool gather(std::uint32_t& budget, OnSignal&& on_signal, OnMessage&& on_message) noexcept {
    while (in_batch() || has_newer()) {
      if (!gather_batch(budget, on_signal, on_message)) return false;
    }
    return true;
  }

  /// The same for one batch: that in progress, or else what has arrived by now. So it ends, however fast others send.
  /// True when the batch is done, or there was none; or when the one node that came was put back, and is a batch from now on.
  template <typename OnSignal, typename OnMessage>
  [[nodiscard]] bool gather_batch(std::uint32_t& budget, OnSignal&& on_signal, OnMessage&& on_message) noexcept {
    if (!in_batch()) {
      signal* const newest = outer_.newest();
      if (newest == pin_ || newest == nullptr) return true;  // null: closed, and the pin stays where `rest_` ends
      if (newest->next == pin_ && budget != 0) [[likely]] {  // one alone, as in most turns: nothing to turn round
        --budget;
        move_pin(newest);
        sort(*newest, on_signal, on_message);
        return true;
      }
      newest_ = unread_ = newest;
    }
    if (!reverse(budget)) return false;
    while (sorted_ != nullptr) {
      if (budget == 0) return false;
      --budget;
      signal* const s = sorted_;
      sorted_ = s->next;
      sort(*s, on_signal, on_message);
    }
    newest_ = nullptr;
    return true;
  }

  /// The one message that has arrived, when there is nothing else here: it is not even queued. Null: `gather`.
  [[nodiscard]] envelope* take_alone() noexcept {
    if (in_batch() || has_messages()) return nullptr;
    signal* const newest = outer_.newest();
    if (newest == pin_ || newest == nullptr || newest->next != pin_ || newest->kind != signal_kind::message) return nullptr;
    move_pin(newest);
    return static_cast<envelope*>(newest);
  }

  [[nodiscard]] bool in_batch() const noexcept { return newest_ != nullptr; }

  /// Goes to sleep: false when something has arrived since the last `gather`. After true nothing here is touched.
  [[nodiscard]] bool try_sleep(outer_queue::sleep how) noexcept {
    FOUNDATION_ASSERT(newest_ == nullptr);
    signal* const pinned = pin_;
    const bool spent = pinned != nullptr && pinned->spent;
    pin_ = nullptr;  // before the exchange: after it the mailbox may already be another scheduler's (Q3)
    if (!outer_.try_sleep(pinned, how)) {
      pin_ = pinned;
      return false;
    }
    if (spent) memory::deallocate(pinned);
    return true;
  }

  /// Ends a sleep that nobody has ended; only of a process that a plain thread is, which wakes when its time is up.
  void wake() noexcept { outer_.try_wake(); }

  // -- the inner lists ---------------------------------------------------------------------------------------------------

  [[nodiscard]] message_list& ordinary() noexcept { return ordinary_; }
  [[nodiscard]] message_list& priority() noexcept { return priority_; }
  [[nodiscard]] const message_list& ordinary() const noexcept { return ordinary_; }
  [[nodiscard]] const message_list& priority() const noexcept { return priority_; }
  [[nodiscard]] bool has_messages() const noexcept { return ordinary_.first() != nullptr || priority_.first() != nullptr; }
  /// Any thread.
  [[nodiscard]] std::uint64_t length() const noexcept { return std::uint64_t{ordinary_.length()} + priority_.length(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return ordinary_.bytes() + priority_.bytes(); }
  /// The one whose first message is next, if there is any.
  [[nodiscard]] message_list& next_list() noexcept { return priority_.first() != nullptr ? priority_ : ordinary_; }

  /// Whether something has arrived that is not sorted yet.
  [[nodiscard]] bool has_unsorted() const noexcept {
    if (sorted_ != nullptr || (newest_ != nullptr && unread_ != pin_)) return true;
    const signal* const newest = outer_.newest();
    return newest != nullptr && newest != (newest_ != nullptr ? newest_ : pin_);
  }

  /// In `on_signal`, which does nothing else with it and sets the budget to 0: the batch stops before it, and goes on there.
  void put_back(signal& s) noexcept {
    if (newest_ == nullptr) newest_ = unread_ = pin_;  // it came alone, and is the pin
    s.next = sorted_;
    sorted_ = &s;
  }

  /// Gives a handled node's memory back, at once or when the pin moves on (M1).
  void release(signal* s) noexcept {
    if (s == pin_) {
      s->spent = true;
    } else {
      memory::deallocate(s);
    }
  }

  /// Dead: no signal is accepted any more; what was still outside can be gathered one last time, then `forget_pin`.
  void close() noexcept {
    // A batch in progress is finished first by the caller; what came after it hangs on the word in front of the pin.
    FOUNDATION_ASSERT(newest_ == nullptr);
    signal* const newest = outer_.close();
    if (newest != nullptr && newest != pin_) rest_ = newest;
  }

  /// `close` by the monitor, while the owner stands still in its user's code. That may be in the middle of a batch, which
  /// the owner will finish: its newest node is the pin by the time of the drain.
  void abandon() noexcept {
    signal* const newest = outer_.close();
    signal* const known = newest_ != nullptr ? newest_ : pin_;
    if (newest != nullptr && newest != known) rest_ = newest;  // null: closed by the owner already
  }

  /// After `close`: the next signal that had not been taken over, newest first, or null.
  [[nodiscard]] signal* next_rest() noexcept {
    signal* const s = rest_;
    if (s != nullptr) rest_ = s->next == pin_ ? nullptr : s->next;
    return s;
  }

  /// After `close` or `abandon`: `s` becomes a signal to somebody else. The pin is then an address to compare with, no
  /// more; nothing that could be mistaken for it arrives any longer.
  void give_away(const signal* s) noexcept {
    if (s == pin_) {
      pin_given_away_ = true;
    } else if (s == newest_) {
      newest_given_away_ = true;
    }
  }

  /// After the drain: frees the last node.
  void forget_pin() noexcept {
    if (pin_ != nullptr && !pin_given_away_ && pin_->spent) memory::deallocate(pin_);
    pin_ = nullptr;
  }

  /// While the owner stands still: visits what has arrived and is not sorted yet, in no particular order, until `visit`
  /// says true. @returns whether it did
  template <typename Visit>
  [[nodiscard]] bool any_unsorted(Visit&& visit) const noexcept {
    for (const signal* s = sorted_; s != nullptr; s = s->next) {
      if (visit(*s)) return true;
    }
    if (newest_ != nullptr) {
      for (const signal* s = unread_; s != nullptr && s != pin_; s = s->next) {
        if (visit(*s)) return true;
      }
    }
    const signal* const known = newest_ != nullptr ? newest_ : pin_;
    for (const signal* s = outer_.newest(); s != nullptr && s != known; s = s->next) {
      if (visit(*s)) return true;
    }
    return false;
  }

  /// The same after `abandon`: takes out those that `take` says true of, for good (`give_away`); they are then `take`'s.
  template <typename Take>
  void take_unsorted(Take&& take) noexcept {
    take_from(sorted_, nullptr, take);
    if (newest_ != nullptr) take_from(unread_, pin_, take);
    const signal* const known = newest_ != nullptr ? newest_ : pin_;
    take_from(rest_, known, take);
    if (rest_ == known) rest_ = nullptr;
  }

 private:
  template <typename Take>
  static void take_from(signal*& list, const signal* end, Take&& take) noexcept {
    for (signal** at = &list; *at != nullptr && *at != end;) {
      signal* const s = *at;
      signal* const next = s->next;
      if (take(*s)) {
        *at = next;
      } else {
        at = &s->next;
      }
    }
  }

  /// Whether something has arrived behind the last batch.
  [[nodiscard]] bool has_newer() const noexcept {
    const signal* const newest = outer_.newest();
    return newest != pin_ && newest != nullptr;
  }

  template <typename OnSignal, typename OnMessage>
  void sort(signal& s, OnSignal& on_signal, OnMessage& on_message) noexcept {
    if (s.kind == signal_kind::message) [[likely]] {
      ordinary_.append(static_cast<envelope&>(s));
      on_message(static_cast<envelope&>(s));
    } else {
      on_signal(s);
    }
  }

  /// The outer word was seen to equal `newest` (M1).
  void move_pin(signal* newest) noexcept {
    if (pin_ != nullptr && !pin_given_away_ && pin_->spent) memory::deallocate(pin_);
    pin_ = newest;
    pin_given_away_ = newest_given_away_;
  }

  [[nodiscard]] bool reverse(std::uint32_t& budget) noexcept {
    while (unread_ != nullptr && unread_ != pin_) {
      if (budget == 0) return false;
      --budget;
      signal* const older = unread_->next;
      unread_->next = sorted_;
      sorted_ = unread_;
      unread_ = older;
    }
    if (pin_ != newest_) {  // reversed for the first time: the pin moves to the new batch
      move_pin(newest_);
      unread_ = newest_;
    }
    return true;
  }

  outer_queue outer_;
  signal* pin_ = nullptr;
  signal* newest_ = nullptr;  // of the batch in progress, or null (M3)
  signal* unread_ = nullptr;  // reversing: the next node to turn round; == pin_ when done
  signal* sorted_ = nullptr;  // oldest first: turned round, not yet sorted
  signal* rest_ = nullptr;
  message_list ordinary_;
  message_list priority_;
  bool pin_given_away_ = false;  // see give_away
  bool newest_given_away_ = false;
};

}  // namespace foundation::proc
