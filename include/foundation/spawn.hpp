// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

#include <foundation/alias.hpp>
#include <foundation/detail/body.hpp>
#include <foundation/export.hpp>
#include <foundation/handler.hpp>
#include <foundation/pid.hpp>
#include <foundation/process.hpp>
#include <foundation/result.hpp>
#include <foundation/send.hpp>
#include <foundation/spawn_options.hpp>

namespace foundation::proc {
class process_memory;
class process_space;
struct relation;
}

namespace foundation::inline v0 {

class runtime;

/// A process and the monitor on it, as `spawn_monitor` makes them.
struct monitored {
  pid id;
  reference monitor;
};

namespace detail {

// Never defined: the compiler's first error line names it, with the user's type.
template <typename Function>
struct a_process_is_a_function_of_process_reference_or_a_class_that_lists_its_messages;
template <typename Function>
struct a_process_that_cannot_be_copied_must_be_moved_into_spawn;

/// What a new process and its parent are to each other from its beginning.
enum class bond : unsigned char { none, link, monitor };

/// A process being made: memory and a place in the table are there, the body is not yet constructed.
class FOUNDATION_API spawn_ticket {
 public:
  /// @errors as `spawn`
  [[nodiscard]] static result<spawn_ticket> open(runtime& rt, const spawn_options& options, std::size_t body_size,
                                                 std::size_t body_alignment) noexcept;
  [[nodiscard]] static result<spawn_ticket> open(process& parent, const spawn_options& options, std::size_t body_size,
                                                 std::size_t body_alignment, bond with_parent = bond::none) noexcept;

  spawn_ticket(spawn_ticket&& other) noexcept
      : space_(other.space_), memory_(std::exchange(other.memory_, nullptr)), plan_(other.plan_) {}
  spawn_ticket& operator=(spawn_ticket&&) = delete;
  ~spawn_ticket();

  [[nodiscard]] void* body() const noexcept { return static_cast<std::byte*>(memory_) + plan_.body_offset; }

  /// The body stands: the process exists from here on, and runs as soon as a scheduler picks it.
  [[nodiscard]] pid commit(const body_ops& ops, const spawn_options& options) && noexcept;

  /// The monitor's, with `bond::monitor`.
  [[nodiscard]] reference monitor() const noexcept { return plan_.monitor; }

  /// An exception left the body's constructor; call inside the `catch` block.
  [[nodiscard]] static error constructor_threw() noexcept;

 private:
  struct plan {
    std::size_t body_offset;
    std::size_t bytes;
    unsigned slot;
    proc::relation* parents_half;  // of the bond, or null
    proc::relation* half;
    reference monitor;
    process* parent;  // or null
    proc::process_memory* memory;  // or null
  };
  spawn_ticket(proc::process_space& space, void* memory, const plan& p) noexcept
      : space_(&space), memory_(memory), plan_(p) {}
  [[nodiscard]] static result<spawn_ticket> open_in(proc::process_space& space, const spawn_options& options,
                                                    std::size_t body_size, std::size_t body_alignment) noexcept;

  proc::process_space* space_;
  void* memory_;
  plan plan_;
};

template <typename Body>
inline const body_ops ops_of_function = {
    [](void* body, process& self) { static_cast<void>((*static_cast<Body*>(body))(self)); }, nullptr,
    [](void* body) noexcept { static_cast<Body*>(body)->~Body(); }, &typeid(Body)};

template <typename Body>
inline const body_ops ops_of_handler = {
    nullptr,
    [](void* body, process& self, envelope& message) {
      return dispatch(*static_cast<Body*>(body), self, message, typename Body::messages{});
    },
    [](void* body) noexcept { static_cast<Body*>(body)->~Body(); }, &typeid(Body)};

/// `bonds`: nothing, or the bond with the parent. @returns the pid, and the monitor's reference if there is one
template <typename Where, typename F, typename... Bond>
result<monitored> spawn_in(Where& where, F&& body, const spawn_options& options, Bond... bonds) {
  using stored = std::decay_t<F>;
  if constexpr (!handler<stored> && !std::is_invocable_v<stored&, process&>) {
    static_cast<void>(
        sizeof(a_process_is_a_function_of_process_reference_or_a_class_that_lists_its_messages<stored>));
  } else if constexpr (!std::is_constructible_v<stored, F>) {
    static_cast<void>(sizeof(a_process_that_cannot_be_copied_must_be_moved_into_spawn<stored>));
  } else {
    if constexpr (handler<stored>) static_cast<void>(check_handler<stored, typename stored::messages>{});
    result<spawn_ticket> ticket = spawn_ticket::open(where, options, sizeof(stored), alignof(stored), bonds...);
    if (!ticket) return ticket.error();
    try {
      ::new (ticket->body()) stored(std::forward<F>(body));
    } catch (...) {
      return spawn_ticket::constructor_threw();
    }
    const reference monitor = ticket->monitor();
    if constexpr (handler<stored>) {
      return monitored{std::move(*ticket).commit(ops_of_handler<stored>, options), monitor};
    } else {
      return monitored{std::move(*ticket).commit(ops_of_function<stored>, options), monitor};
    }
  }
}

inline result<pid> pid_of(const result<monitored>& made) {
  if (!made) return made.error();
  return made->id;
}

}  // namespace detail

/// Starts a process that runs `body`: a function of `process&`, or a handler object (handler.hpp).
///
///     fn::pid p = fn::spawn(rt, [](fn::process& self) { … }, {.label = "logger"}).value();
///
/// Never waits. `body` is moved or copied here, by the caller, before the process exists; what may block belongs into the
/// process. What it holds must not be in the memory of another process: nothing of it is made anew, as a message's parts are
/// (send.hpp), since captures do not show. The pid is valid at once: signals sent to it wait until it first runs. Any thread.
/// From a process it costs 25 reductions whatever comes of it, and may end the slice: hold no std::mutex across it. One
/// allocation; one more where the options say something of memory.
/// @errors errc::invalid_argument for an option out of range, which the message names; errc::system_limit when
///         `max_processes` is reached or memory refused; errc::init_failed when moving `body` threw, with its text;
///         errc::not_running when the runtime shuts down. In each case nothing is left behind. A stack is found when the
///         process first runs: where memory for it is refused, the process is there and waits for one.
template <typename F>
[[nodiscard]] result<pid> spawn(runtime& rt, F&& body, const spawn_options& options = {}) {
  return detail::pid_of(detail::spawn_in(rt, std::forward<F>(body), options));
}

/// The same, in the runtime of the calling process.
template <typename F>
[[nodiscard]] result<pid> spawn(process& self, F&& body, const spawn_options& options = {}) {
  return detail::pid_of(detail::spawn_in(self, std::forward<F>(body), options));
}

/// The same, linked to the calling process from its beginning (process::link): as if the two had been linked before it
/// ran. A link and two allocations more.
///
///     self.trap_exit(true);
///     const fn::pid worker = fn::spawn_link(self, work).value();
///
/// @errors as `spawn`. Semantics: `erlang:spawn_link/1`.
template <typename F>
[[nodiscard]] result<pid> spawn_link(process& self, F&& body, const spawn_options& options = {}) {
  return detail::pid_of(detail::spawn_in(self, std::forward<F>(body), options, detail::bond::link));
}

/// The same, monitored by the calling process from its beginning (process::monitor).
///
///     const auto [worker, ref] = fn::spawn_monitor(self, work).value();
///
/// @errors as `spawn`
template <typename F>
[[nodiscard]] result<monitored> spawn_monitor(process& self, F&& body, const spawn_options& options = {}) {
  return detail::spawn_in(self, std::forward<F>(body), options, detail::bond::monitor);
}

/// Sends the process an exit signal (Erlang's exit/2): `kill` ends it with `killed`. Any other reason comes as a message,
/// `exited`, to one that traps exits, and ends one that does not, except `normal`, which ends only the caller itself.
///
/// Does not wait for it; the process ends at its next wait or checkpoint (process.hpp). To a dead process it does nothing.
/// Any thread; from a process, one reduction, so it may end the slice.
/// Two allocations.
///
///     fn::exit(worker, fn::exit_reason::shutdown).value();
///
/// @errors errc::system_limit when memory is refused: nothing was sent; errc::not_running when the runtime is gone
/// Semantics: `erlang:exit/2`.
FOUNDATION_API result<void> exit(pid to, exit_reason reason) noexcept;
/// The same through an alias (alias.hpp): where that is not good any more, the receiver drops the signal.
FOUNDATION_API result<void> exit(alias to, exit_reason reason) noexcept;
/// The same; where the alias lets priority in and the receiver traps exits, the message overtakes others (EEP 76).
FOUNDATION_API result<void> exit(alias to, exit_reason reason, priority_message_t) noexcept;

/// Whether the process is alive at this moment: not yet ended, not abandoned. Any thread, lock-free; from a process, one
/// reduction, so it may end the slice.
[[nodiscard]] FOUNDATION_API bool is_alive(pid p) noexcept;

}  // namespace foundation::inline v0
