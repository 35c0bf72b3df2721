// SPDX-License-Identifier: Apache-2.0
#include <foundation/detail/receive_wait.hpp>

#include <cstddef>
#include <utility>

#include "process/control_block.hpp"
#include "process/library_scope.hpp"

namespace foundation::inline v0::detail {

using proc::control_block;
using proc::library_scope;

receive_wait::receive_wait(process& self, const std::type_info* const* types, std::size_t count,
                           std::chrono::nanoseconds timeout, reference since) noexcept
    : self_(self), types_(types), count_(count), timeout_(timeout) {
  if (since) before_ = control_block::of(self).marks().find(since).value_or(nullptr);
}

receive_wait::~receive_wait() = default;

bool receive_wait::wants(const envelope& e) const noexcept {
  const std::type_info* const type = e.ops->type;
  // By address first: only a type from another module has to be compared by name. No std::any_of, which is unrolled for long
  // ranges and takes three times the instructions for one or two.
  for (std::size_t i = 0; i != count_; ++i) {
    if (types_[i] == nullptr || types_[i] == type) return true;
  }
  for (std::size_t i = 0; i != count_; ++i) {
    if (same_type(*types_[i], *type)) return true;
  }
  return false;
}

envelope* receive_wait::next() noexcept {
  auto& p = control_block::of(self_);
  const library_scope scope(p);
  p.charge(1);
  if (candidate_ != nullptr) {  // refused by its guard: it stays
    (candidate_has_priority_ ? priority_before_ : before_) = std::exchange(candidate_, nullptr);
  }
  for (;;) {
    candidate_has_priority_ = p.mail().priority().first() != nullptr;
    if (candidate_has_priority_ && scan(p.mail().priority(), priority_before_)) return candidate_;
    candidate_has_priority_ = false;
    if (scan(p.mail().ordinary(), before_)) return candidate_;
    if (p.told_to_exit()) return nullptr;  // also with messages to take: `block` says so, or throws
    p.gather_all();
    // Also what has come in while a long queue was scanned, in front of where the scan was.
    const bool all_seen = p.mail().priority().behind(priority_before_) == nullptr &&
                          p.mail().ordinary().behind(before_) == nullptr;
    if (all_seen) return nullptr;
  }
}

/// Looks for a wanted message behind `before`, which moves on over those that are not. True: there is a candidate.
bool receive_wait::scan(proc::message_list& list, envelope*& before) noexcept {
  auto& p = control_block::of(self_);
  while (!p.told_to_exit()) {
    envelope* const e = list.behind(before);
    if (e == nullptr) return false;
    if (wants(*e)) {
      candidate_ = e;
      return true;
    }
    before = e;
    p.charge(1);  // a long queue is scanned in slices
  }
  return false;
}

owned_mail receive_wait::take() noexcept {
  auto& p = control_block::of(self_);
  const library_scope scope(p);
  envelope* const taken = candidate_has_priority_ ? p.take_after(p.mail().priority(), priority_before_)
                                                  : p.take_after(p.mail().ordinary(), before_);
  return owned_mail(self_, taken, p.handles(taken));
}

receive_wait::outcome receive_wait::block() {
  auto& p = control_block::of(self_);
  control_block::wait_result ended{};
  {
    const library_scope scope(p);
    if (!std::exchange(started_, true)) deadline_ = os::deadline_after(timeout_);
    ended = p.wait(this, deadline_);
  }
  switch (ended) {
    case control_block::wait_result::more: return outcome::more;
    case control_block::wait_result::timeout: return outcome::timeout;
    case control_block::wait_result::no_carrier: return outcome::no_carrier;
    case control_block::wait_result::exiting: break;
  }
  p.unwind();
  return outcome::killed;
}

owned_mail::~owned_mail() {
  envelope_->ops->destroy(envelope_->payload());
  auto& p = control_block::of(receiver_);
  const library_scope scope(p);
  static_cast<void>(p.handles(outer_));
  p.mail().release(envelope_);
  if (p.memory_if_any() != nullptr) p.after_message();
}

}  // namespace foundation::inline v0::detail
