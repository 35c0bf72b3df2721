// SPDX-License-Identifier: Apache-2.0
/// Looking at a runtime and its processes from outside, and waiting until one is gone.
///
/// What is said of a process was true a moment ago: it may have ended before the caller reads it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <foundation/detail/clause.hpp>
#include <foundation/export.hpp>
#include <foundation/pid.hpp>
#include <foundation/priority.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime.hpp>

namespace foundation::inline v0 {

/// Every process there is: also one that has begun to end and has told nobody yet; none that was given up.
///
///     for (const fn::pid p : fn::processes(rt)) fn::exit(p, fn::exit_reason::shutdown);
///
/// One that lives during the whole call is among them; one that begins or ends meanwhile may be. Any thread, lock-free.
/// Linear in the most processes there ever were at once; from a process one reduction for every 32, so it may end the
/// slice.
/// @throws std::bad_alloc
/// Semantics: `erlang:processes/0`, which does not miss what begins or ends meanwhile.
[[nodiscard]] FOUNDATION_API std::vector<pid> processes(const runtime& rt);

/// A process in the tree of who has spawned whom.
struct process_node {
  pid id;
  pid parent;                   ///< who has spawned it, alive or not; none for a plain thread
  std::string label;
  std::size_t depth = 0;        ///< 0 for one whose parent is a plain thread or gone
  std::size_t descendants = 0;  ///< so many of the nodes behind this one are its children, their children, and so on
};

/// Every process, each behind its parent and before its parent's next child: a forest in one vector. The children of one
/// parent, and the roots, in no order.
///
///     const auto tree = fn::process_tree(rt);
///     for (std::size_t i = 0; i != tree.size(); i += 1 + tree[i].descendants) { … }                   // the roots
///     for (auto i = at + 1; i <= at + tree[at].descendants; i += 1 + tree[i].descendants) { … }       // the children of at
///
/// Which processes, who may call it, and cost: as `processes`, plus the labels. @throws std::bad_alloc
[[nodiscard]] FOUNDATION_API std::vector<process_node> process_tree(const runtime& rt);

/// Writes one line for each: pid and label, set in by two blanks a level, up to 32 levels.
///
///     fn::print_tree(std::cerr, fn::process_tree(rt));  // <0.0.1> "server"
///                                                       //   <0.1.1> "connection"
///
/// Looks at nothing but the vector: any thread. Linear in its length, and one write of the stream's for each line.
/// @throws what the stream throws
FOUNDATION_API void print_tree(std::ostream& out, const std::vector<process_node>& tree);

/// What a process does at a moment.
enum class process_status : std::uint8_t {
  idle,     ///< a handler between two turns
  waiting,  ///< in a `receive`, `sleep` or another wait of the library's
  ready,    ///< waits for a scheduler, or in a wait of Boost.Fiber's
  running,  ///< on a scheduler; or a plain thread (thread_process.hpp), which does what it likes
  exiting,  ///< its frames are gone; it destroys what it owned, and tells the others
};

/// What can be seen of a process without asking it.
struct process_activity {
  process_status status = process_status::ready;
  std::optional<unsigned> scheduler = {};  ///< the index of the one that runs it; `runtime::schedulers()`: a lent thread
  std::string label;
  std::string name;                        ///< registered, or empty
  pid parent;                              ///< none when a plain thread has spawned it
  foundation::priority priority = foundation::priority::normal;
  bool traps_exits = false;
  std::uint64_t reductions = 0;            ///< spent by the end of its last slice
};

/// Looks at a process: sends nothing, waits for nothing, and works while the process hangs.
///
///     if (const auto seen = fn::process_counters(p)) std::cerr << seen->label << ' ' << seen->reductions << '\n';
///
/// Each field was true at some moment of the call, not all at the same one. Any thread, lock-free; from a process one
/// reduction, so it may end the slice. Cost: a look at each scheduler, and two strings.
/// @errors errc::noproc when the process is gone or was given up; errc::not_running when its runtime is gone, and for a
///         default-constructed pid; errc::system_limit when memory for the strings is refused
[[nodiscard]] FOUNDATION_API result<process_activity> process_counters(pid p) noexcept;

/// A runtime in numbers.
struct system_details {
  std::string name;                      ///< as given in the options
  std::string version;                   ///< of the library, as "0.1.0"
  std::chrono::nanoseconds uptime{};     ///< since the runtime was made
  unsigned schedulers = 0;               ///< online
  std::size_t processes = 0;             ///< there now, those that end included
  std::size_t max_processes = 0;         ///< the limit
  std::uint64_t spawned = 0;             ///< processes since the runtime was made, those just being made included
  std::uint64_t abandoned = 0;           ///< given up, and not ended since
  std::uint64_t dead_letters = 0;        ///< messages sent to processes that were not there (any more)
  std::uint64_t dropped_log_lines = 0;   ///< because they came faster than they were taken
  std::size_t stacks_in_use = 0;         ///< by processes that run or wait in a turn, and a few kept for the next ones
  std::size_t stacks_free = 0;           ///< mapped, and lent to nobody
  std::size_t stack_bytes_reserved = 0;  ///< address space of all stacks with their guards; used memory is a part of it
  std::string allocator;                 ///< what the runtime's own memory comes from: "mimalloc" or "malloc"
};

/// Each number was true at some moment of the call, not all at the same one. Any thread, also while processes hang. A
/// few short locks; from a process one reduction. For a runtime that was moved from, all is zero and empty.
///
///     const fn::system_details now = fn::system_info(rt);
///     if (now.processes > now.max_processes / 10 * 9) warn("nearly full");
///
/// @throws std::bad_alloc
/// Semantics: as `erlang:system_info/1` with `process_count`, `process_limit`, `schedulers_online` and the like.
[[nodiscard]] FOUNDATION_API system_details system_info(const runtime& rt);

namespace detail {
FOUNDATION_API result<void> wait_gone_for(pid p, std::chrono::nanoseconds timeout);
}  // namespace detail

/// Waits until a process is gone with all it owned: its body and its messages are destroyed, those who are linked to it
/// or monitor it have been told, and another one may have its place below `max_processes`. It does not end the process.
///
///     fn::exit(p, fn::exit_reason::shutdown);
///     if (!fn::wait_gone(p, 5s)) std::cerr << "it still uses the plugin\n";
///
/// One that was given up (`runtime_options::kill_grace`) is gone when it has come back and ended after all, since until
/// then its frames and its body are there. What they did happens before this returns.
///
/// Any thread. A plain thread sleeps, and an end costs nothing for it unless somebody waits. A process waits as in
/// `receive`, so others run meanwhile, and it is unwound from here when it is told to exit. Zero or less looks once;
/// with `fn::infinity`, or without a time, it waits for ever.
/// @errors errc::timeout, whose message says what the process was doing; errc::would_deadlock for the caller's own pid,
///         and in a fiber of the user's own, whose wait would hold up a scheduler; errc::not_running for a
///         default-constructed pid, and when its runtime was gone at the call; in a process also errc::killed and
///         errc::system_limit, as `process::receive`
/// Cost for a process: a monitor, then short sleeps of at most 10 ms from the `down` on until the place is free.
template <typename Rep, typename Period>
result<void> wait_gone(pid p, std::chrono::duration<Rep, Period> timeout) {
  return detail::wait_gone_for(p, detail::saturate(timeout));
}
inline result<void> wait_gone(pid p) { return detail::wait_gone_for(p, std::chrono::nanoseconds::max()); }

}  // namespace foundation::inline v0
