// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <foundation/export.hpp>

namespace foundation::inline v0 {

/// What happens to a process that takes more than its `max_memory`.
enum class memory_breach : std::uint8_t {
  exit,  ///< it is told to exit, with a `memory_limit_exceeded` as its reason, and the log has a warning
  log,   ///< a warning, once until it has come down to nine tenths of the limit
};

/// Where the bytes of a process are, as far as they are counted against its limit.
struct memory_usage {
  std::size_t arena = 0;     ///< that its arena holds, lent or not
  std::size_t scratch = 0;   ///< that its scratch holds
  std::size_t stack = 0;     ///< in use at its last wait in this turn, where a limit is set
  std::size_t messages = 0;  ///< in its mailbox: with their envelopes and, where a limit is set, what they own elsewhere (owned_bytes.hpp)
  std::size_t binaries = 0;  ///< where a limit is set: the buffers that its binaries keep alive, each once
  std::size_t heap = 0;      ///< where foundation::count_new is linked: what it has from `operator new`, wherever it is now

  [[nodiscard]] std::size_t total() const noexcept { return arena + scratch + stack + messages + binaries + heap; }
  friend bool operator==(const memory_usage&, const memory_usage&) = default;
};

/// The reason of a process that took more than it may: `reason.get_if<fn::memory_limit_exceeded>()`.
struct memory_limit_exceeded {
  std::size_t limit = 0;
  memory_usage usage;

  /// As "1200000 bytes of at most 1000000: arena 1100000, scratch 0, stack 0, messages 100000,
  /// binaries 0, heap 0".
  [[nodiscard]] FOUNDATION_API std::string description() const;
  friend bool operator==(const memory_limit_exceeded&, const memory_limit_exceeded&) = default;
};

}  // namespace foundation::inline v0
