// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <foundation/pid.hpp>

namespace foundation::inline v0 {

namespace detail {
struct reference_access;
}  // namespace detail

/// A value no other call has ever made in this program: it ties an answer to its question, and names
/// monitors, aliases and timers.
///
/// 128 bits, passed in registers, valid on any thread: the tag of the runtime that made it (32), the index of the
/// scheduler there (32), and that scheduler's counter (64). A default-constructed reference refers to nothing and is
/// false. The order is total; among references of one scheduler it is the order they were made in. Prints as
/// `#Ref<0.tag.scheduler.counter>` (foundation/fmt.hpp), 0 being this node.
class reference {
 public:
  constexpr reference() noexcept = default;

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return low_ != 0; }

  [[nodiscard]] friend constexpr bool operator==(const reference&, const reference&) noexcept = default;
  [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const reference&,
                                                                  const reference&) noexcept = default;

 private:
  friend struct detail::reference_access;
  constexpr reference(std::uint64_t high, std::uint64_t low) noexcept : high_(high), low_(low) {}

  std::uint64_t high_ = 0;  // runtime tag:32, scheduler index:32
  std::uint64_t low_ = 0;   // counter, 0 only in a reference that is none
};

static_assert(sizeof(reference) == 16 && std::is_trivially_copyable_v<reference>);

namespace detail {

/// Makes references and takes them apart; for the library itself.
struct reference_access {
  /// pre: `counter > 0`, never given before with this `tag` and `scheduler`.
  [[nodiscard]] static constexpr reference make(std::uint32_t tag, std::uint32_t scheduler,
                                                std::uint64_t counter) noexcept {
    return {std::uint64_t{tag} << 32 | scheduler, counter};
  }

  [[nodiscard]] static constexpr std::uint32_t tag(reference r) noexcept {
    return static_cast<std::uint32_t>(r.high_ >> 32);
  }
  [[nodiscard]] static constexpr std::uint32_t scheduler(reference r) noexcept {
    return static_cast<std::uint32_t>(r.high_);
  }
  [[nodiscard]] static constexpr std::uint64_t counter(reference r) noexcept { return r.low_; }
  [[nodiscard]] static constexpr std::uint64_t high(reference r) noexcept { return r.high_; }
};

}  // namespace detail
}  // namespace foundation::inline v0

template <>
struct std::hash<foundation::reference> {
  [[nodiscard]] constexpr std::size_t operator()(foundation::reference r) const noexcept {
    using access = foundation::detail::reference_access;
    return static_cast<std::size_t>(foundation::detail::mix(access::high(r), access::counter(r)));
  }
};
