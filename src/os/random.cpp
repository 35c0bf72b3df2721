// SPDX-License-Identifier: Apache-2.0
#include "os/random.hpp"

#include <sys/random.h>

#include "os/clock.hpp"

namespace foundation::os {

std::uint64_t entropy() noexcept {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, GRND_NONBLOCK) == sizeof bits) return bits;
  // Only in the first moments after boot, or in a sandbox without the call: time and address layout, mixed.
  const auto ticks = static_cast<std::uint64_t>(now().time_since_epoch().count());
  return random_generator(ticks ^ reinterpret_cast<std::uintptr_t>(&bits)).next();
}

}  // namespace foundation::os
