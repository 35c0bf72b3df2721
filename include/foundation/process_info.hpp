// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <foundation/detail/clause.hpp>
#include <foundation/export.hpp>
#include <foundation/inspect.hpp>
#include <foundation/pid.hpp>
#include <foundation/process_memory.hpp>
#include <foundation/reference.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

/// What `process_info` is to tell beyond what costs nothing; may be combined with `|`.
enum class info_items : std::uint8_t {
  basic = 0,     ///< all but the lists
  links = 1,     ///< `process_details::links`
  monitors = 2,  ///< `monitors` and `monitored_by`
  waits = 4,     ///< `waits_for`
  all = 7,
};
[[nodiscard]] constexpr info_items operator|(info_items a, info_items b) noexcept {
  return static_cast<info_items>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool has(info_items all, info_items one) noexcept {
  return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0;
}

/// A monitor of a process.
struct monitor_info {
  reference monitor;
  pid watched;
  std::string name;  ///< if it was made by name
};

/// What a process says of itself: all of it true at one moment.
struct process_details {
  pid id;
  process_activity seen;              ///< as `process_counters`, but the reductions up to now
  std::uint64_t messages = 0;         ///< in its mailbox
  bool has_more = false;              ///< more has arrived that it has not looked at yet
  std::size_t block_bytes = 0;        ///< of its control block, its body and its label; not of messages, nor of what the body owns
  memory_usage memory;                ///< of its arena, scratch and mailbox; with a limit, also of its stack
  std::size_t stack_bytes = 0;        ///< of the stack it keeps while it waits, reserved; 0 for an idle handler
  std::vector<pid> links;
  std::vector<monitor_info> monitors;
  std::vector<pid> monitored_by;      ///< once for each monitor
  std::vector<std::string> waits_for; ///< the types a `receive` takes; "any message", "a reply", "a time"; empty: does not wait
};

namespace detail {
FOUNDATION_API result<process_details> ask_for_info(pid p, info_items items, std::chrono::nanoseconds timeout);
}  // namespace detail

/// Asks a process about itself, by a signal that it answers when it next looks at its signals: at once while it waits in
/// the library or is idle, whatever for; at its next wait, `checkpoint` or `consume` while it runs. Its user's code notices nothing.
/// One that does not come back from foreign code does not answer: `process_counters` tells then what can be seen from outside.
///
///     const auto info = fn::process_info(p, fn::info_items::links, 100ms);
///     if (info) std::cerr << info->messages << " messages, " << info->links.size() << " links\n";
///
/// Any thread; waits as `request` does. Asked of itself, a process answers at once. Cost: an allocation and two signals, and for
/// the process asked the making of the lists.
/// @errors errc::timeout; errc::noproc when it is gone; and as `request`
/// Semantics: `erlang:process_info/2`.
template <typename Rep, typename Period>
[[nodiscard]] result<process_details> process_info(pid p, info_items items, std::chrono::duration<Rep, Period> timeout) {
  return detail::ask_for_info(p, items, detail::saturate(timeout));
}
/// The same with every item, and five seconds.
[[nodiscard]] inline result<process_details> process_info(pid p) {
  return detail::ask_for_info(p, info_items::all, std::chrono::seconds(5));
}

}  // namespace foundation::inline v0
