// SPDX-License-Identifier: Apache-2.0
#include <foundation/send.hpp>

#include "delivery/push.hpp"

namespace foundation::inline v0::detail {

using delivery::pushed;

result<void> deliver(pid to, owned_envelope message) noexcept {
  const proc::sending_from from;
  result<void> outcome;
  if (!message) [[unlikely]] {
    outcome = errc::system_limit;
  } else {
    switch (delivery::push(from, to, *message.get())) {
      case pushed::taken: static_cast<void>(message.release()); break;
      case pushed::dead: break;
      case pushed::no_runtime: outcome = errc::not_running; break;
    }
  }
  delivery::charge_send(from);
  return outcome;
}

}  // namespace foundation::inline v0::detail
