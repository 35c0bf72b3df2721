// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::os {

/// 64 bits nobody can foresee, from the kernel. @any_thread a system call: for seeds and creation numbers
[[nodiscard]] std::uint64_t entropy() noexcept;

/// The library's only other source of randomness: a small fast generator (splitmix64), not for secrets.
///
/// Everything random in a scheduler comes from one of these, so a run is repeated by repeating its seed.
/// Not thread-safe: each scheduler has its own.
class random_generator {
 public:
  explicit random_generator(std::uint64_t seed) noexcept : state_(seed) {}

  [[nodiscard]] std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;  // 2^64 / golden ratio: every state is visited once
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// A number in `[0, n)`; `n` is not 0. (Multiply and shift: the bias of n / 2^32 does not matter to a scheduler.)
  [[nodiscard]] std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace foundation::os
