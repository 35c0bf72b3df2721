// SPDX-License-Identifier: Apache-2.0
#include <foundation/multi_send.hpp>

#include <utility>

#include "delivery/push.hpp"

namespace foundation::inline v0::detail {

std::size_t share_from() noexcept {
  const auto* const sender = proc::control_block::current();
  return sender == nullptr ? memory::memory_policy().share_from : sender->share_from();
}

envelopes::~envelopes() {
  while (first_ != nullptr) owned_envelope(std::exchange(first_, static_cast<envelope*>(first_->next)));
}

void envelopes::add(owned_envelope&& one) noexcept {
  envelope* const e = one.release();
  if (last_ == nullptr) {
    first_ = e;
  } else {
    last_->next = e;
  }
  last_ = e;
}

multi_sent envelopes::deliver(std::span<const pid> to) noexcept {
  multi_sent all;
  for (const pid each : to) {
    owned_envelope message(std::exchange(first_, static_cast<envelope*>(first_->next)));
    message.get()->next = nullptr;
    const proc::sending_from from;  // anew: the slice may have ended, and gone on elsewhere
    if (delivery::push(from, each, *message.get()) == delivery::pushed::taken) {
      static_cast<void>(message.release());
      ++all.delivered;
    } else {
      ++all.dead;
    }
    delivery::charge_send(from);
  }
  return all;
}

}  // namespace foundation::inline v0::detail
