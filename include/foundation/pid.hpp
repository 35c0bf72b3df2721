// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <typeindex>  // declares std::hash, and little else

namespace foundation::inline v0 {

namespace detail {
struct pid_access;

/// 64 well-mixed bits of two words: the finaliser of MurmurHash3 over both. Every input bit reaches every output bit,
/// so that tables of a power-of-two size may use the low bits.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t high, std::uint64_t low) noexcept {
  std::uint64_t h = low ^ (high * 0x9e3779b97f4a7c15u);
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
  return h ^ (h >> 33);
}

}  // namespace detail

/// The name of a process, for ever: a pid of a process that is gone never names another one.
///
/// A value of 128 bits, passed in registers, valid on any thread and in any runtime of the program:
///
/// | bits     | field       | meaning                                                               |
/// |----------|-------------|-----------------------------------------------------------------------|
/// | 127..96  | node        | reserved for node and creation; 0 is this node                        |
/// | 95..64   | runtime tag | generation (24) and slot (8) in the directory of live runtimes        |
/// | 63..40   | slot        | place in the runtime's process table                                  |
/// | 39..0    | generation  | counts the processes this slot has had; 0 only in a pid that is none  |
///
/// A default-constructed pid names no process and is false. The order is total and arbitrary (by the fields from left
/// to right), as Erlang's is. Prints as `<node.slot.generation>`, `<0.12.3>` (foundation/fmt.hpp).
class pid {
 public:
  constexpr pid() noexcept = default;

  /// Whether this pid names a process, dead or alive.
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return low_ != 0; }

  [[nodiscard]] friend constexpr bool operator==(const pid&, const pid&) noexcept = default;
  [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const pid&, const pid&) noexcept = default;

 private:
  friend struct detail::pid_access;
  constexpr pid(std::uint64_t high, std::uint64_t low) noexcept : high_(high), low_(low) {}

  std::uint64_t high_ = 0;  // node:32, runtime tag:32
  std::uint64_t low_ = 0;   // slot:24, generation:40
};

static_assert(sizeof(pid) == 16 && std::is_trivially_copyable_v<pid>);

namespace detail {

/// Makes pids and takes them apart; for the library itself.
struct pid_access {
  static constexpr unsigned slot_bits = 24;
  static constexpr unsigned generation_bits = 40;
  static constexpr unsigned runtime_slot_bits = 8;
  static constexpr unsigned runtime_generation_bits = 24;

  /// Largest values of each field, and so the limits of the tables behind them.
  static constexpr std::uint32_t max_slot = (std::uint32_t{1} << slot_bits) - 1;
  static constexpr std::uint64_t max_generation = (std::uint64_t{1} << generation_bits) - 1;
  static constexpr std::uint32_t max_runtime_slot = (std::uint32_t{1} << runtime_slot_bits) - 1;
  static constexpr std::uint32_t max_runtime_generation = (std::uint32_t{1} << runtime_generation_bits) - 1;

  [[nodiscard]] static constexpr std::uint32_t make_tag(std::uint32_t slot, std::uint32_t generation) noexcept {
    return (generation << runtime_slot_bits) | (slot & max_runtime_slot);
  }
  [[nodiscard]] static constexpr std::uint32_t tag_slot(std::uint32_t tag) noexcept { return tag & max_runtime_slot; }
  [[nodiscard]] static constexpr std::uint32_t tag_generation(std::uint32_t tag) noexcept {
    return tag >> runtime_slot_bits;
  }

  /// pre: `slot <= max_slot`, `0 < generation <= max_generation`.
  [[nodiscard]] static constexpr pid make(std::uint32_t node, std::uint32_t tag, std::uint32_t slot,
                                          std::uint64_t generation) noexcept {
    return {std::uint64_t{node} << 32 | tag, std::uint64_t{slot} << generation_bits | (generation & max_generation)};
  }

  [[nodiscard]] static constexpr std::uint32_t node(pid p) noexcept {
    return static_cast<std::uint32_t>(p.high_ >> 32);
  }
  [[nodiscard]] static constexpr std::uint32_t tag(pid p) noexcept { return static_cast<std::uint32_t>(p.high_); }
  [[nodiscard]] static constexpr std::uint32_t slot(pid p) noexcept {
    return static_cast<std::uint32_t>(p.low_ >> generation_bits);
  }
  [[nodiscard]] static constexpr std::uint64_t generation(pid p) noexcept { return p.low_ & max_generation; }
  [[nodiscard]] static constexpr std::uint64_t high(pid p) noexcept { return p.high_; }
  [[nodiscard]] static constexpr std::uint64_t low(pid p) noexcept { return p.low_; }
};

}  // namespace detail
}  // namespace foundation::inline v0

template <>
struct std::hash<foundation::pid> {
  [[nodiscard]] constexpr std::size_t operator()(foundation::pid p) const noexcept {
    using access = foundation::detail::pid_access;
    return static_cast<std::size_t>(foundation::detail::mix(access::high(p), access::low(p)));
  }
};
