// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <tuple>
#include <utility>

#include <foundation/detail/receive_wait.hpp>
#include <foundation/alias.hpp>
#include <foundation/exit_reason.hpp>
#include <foundation/export.hpp>
#include <foundation/link_options.hpp>
#include <foundation/monitor_options.hpp>
#include <foundation/pid.hpp>
#include <foundation/priority.hpp>
#include <foundation/process_memory.hpp>
#include <foundation/receive.hpp>
#include <foundation/reference.hpp>
#include <foundation/reply_to.hpp>
#include <foundation/result.hpp>
#include <foundation/signals.hpp>

namespace foundation::inline v0 {

/// The running process, as it sees itself: given to its function, and valid only there.
///
/// Every member is for the process's own code; holding a `process&` is the evidence. Others use its pid.
///
/// *How it ends.* A process that is told to exit (`exit(pid, …)`, `shutdown`) learns of it in a wait (`receive`,
/// `sleep`), in `checkpoint`, in `consume` or in `exit`: its frames are unwound from there, destructors run, and the
/// process is gone. A `catch (...)` on the way must rethrow; if it does not, the next such call throws again. Where
/// throwing would end the program (in a destructor while another exception is in flight, below a `noexcept` function)
/// and inside a `shield`, these calls return `errc::killed` at once instead.
class FOUNDATION_API process {
 public:
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Its own pid: what to give to others, who must not have the `process&`.
  [[nodiscard]] pid id() const noexcept;
  /// As given to `spawn`; lives as long as the process.
  [[nodiscard]] std::string_view label() const noexcept;
  /// As given to `spawn`.
  [[nodiscard]] foundation::priority priority() const noexcept;

  /// Takes the oldest message that one of the clauses matches, and returns what its handler returns.
  ///
  ///     self.receive([](const ping& p) { … },                       // any callable that names its message's type
  ///                  [&](job j) { queue.push_back(std::move(j)); },  // by value: moved out of the mailbox
  ///                  fn::after(1s, [] { … }));                       // Erlang's `after`
  ///
  /// Messages that match no clause stay, in order, for later receives. For each message, oldest first, the clauses are
  /// tried in order; `when`, `after` and `since` are described in receive.hpp. Handlers run here, on this process, and
  /// may do anything. All of them return the same type R.
  ///
  /// @returns R's value, or nothing for void handlers; an error only where this says so:
  /// @errors errc::killed when the process is exiting and cannot be unwound from here (above);
  ///         errc::system_limit when there is no stack to run others on while this one waits
  /// @throws what a handler or guard throws; the message is gone when a handler threw, and stays when a guard did
  /// Cost: one reduction for each message looked at. Semantics: Erlang reference manual, "Receive".
  template <typename... Clauses>
    requires(sizeof...(Clauses) > 0)
  auto receive(Clauses&&... clauses) {
    auto made = std::tuple(detail::make_clause(std::forward<Clauses>(clauses))...);
    return detail::receive_with(*this, made);
  }

  /// Waits for at least `duration`; zero or less gives the others a turn. `fn::infinity`: until told to exit.
  ///
  ///     self.sleep(10ms);
  ///
  /// @errors as `receive`
  template <typename Rep, typename Period>
  result<void> sleep(std::chrono::duration<Rep, Period> duration) {
    return sleep_for(detail::saturate(duration));
  }

  /// Ends this process with `reason`: unwinds from here. Returns only where unwinding is impossible (above); the next wait
  /// outside then ends it. The first reason stays.
  ///
  ///     self.exit(fn::exit_reason::shutdown);
  ///     self.exit(fn::exit_reason::user(disk_full{"/var"}));  // any value says why
  void exit(exit_reason reason);

  /// Ends this process with `reason` when the turn that calls it has returned: how a handler says that it is done. A function
  /// ends when it returns. Nothing is unwound here, but by the next wait, `checkpoint` or `consume` before that; the first
  /// reason stays. From here on it is as one that was told to exit: call it last.
  ///
  ///     void handle(fn::process& self, const goodbye&) { self.stop(); }
  ///
  /// Messages that it has not taken are dropped. Never waits; may end the slice. One reduction: some nanoseconds, where
  /// `exit` in a turn costs two microseconds, for the exception.
  /// Semantics: `{stop, Reason, State}` of `gen_server`.
  void stop(exit_reason reason = exit_reason::normal) noexcept;

  /// A new reference, and a mark in the mailbox for `since`, behind all that has arrived. May end the slice. Where
  /// there is no memory for the mark, the reference is as good, but `since` looks at every message.
  [[nodiscard]] reference make_reference() noexcept;

  /// Charges `reductions` to this slice, for work the library does not see; gives the scheduler to others when the slice
  /// is used up. About a nanosecond otherwise.
  /// @errors errc::killed as above
  result<void> consume(std::uint32_t reductions);

  /// The same for one reduction: put it into long loops.
  result<void> checkpoint() { return consume(1); }

  // Links (Erlang reference manual, "Processes", "Links"). Each of these costs one reduction and, for every signal that it sends, one locked operation; none ever waits.

  /// Links this process and `other`: when one ends, the other gets an exit signal with its reason. Any reason but
  /// `normal` ends it too, unless it traps exits. There is one link between two processes, however often it is made;
  /// linking to oneself does nothing. Where `other` is gone, this process gets an exit signal with the reason `noproc`.
  ///
  ///     const fn::pid worker = fn::spawn(self, work).value();
  ///     self.link(worker).value();                       // or fn::spawn_link(self, work)
  ///
  /// Never waits; may end the slice. Cost: two allocations, one signal.
  /// @errors errc::system_limit when memory is refused: nothing was changed
  /// Semantics: `erlang:link/1`, `link/2`.
  result<void> link(pid other, const link_options& options = {}) noexcept;

  /// Removes the link, if there is one. After this call it has no effect on this process; where exits are trapped, an
  /// `exited` may be in the mailbox from before. Never waits; may end the slice. Cost: two allocations, two signals.
  ///
  ///     self.unlink(worker).value();
  ///     self.receive([&](const fn::exited& e) { … }, fn::after(0s));  // if it may have come before
  ///
  /// @errors errc::system_limit when memory is refused: nothing was changed
  /// Semantics: `erlang:unlink/1`.
  result<void> unlink(pid other) noexcept;

  /// Whether exit signals come as messages, `exited`, instead of ending this process; `kill` ends it all the same. Off at
  /// first. One reduction, no signal. @returns what it was
  ///
  ///     self.trap_exit(true);
  ///     self.receive([&](const fn::exited& e) { restart(e.from); });
  ///
  /// Semantics: `process_flag(trap_exit, Boolean)`.
  bool trap_exit(bool on) noexcept;
  [[nodiscard]] bool traps_exits() const noexcept;

  // Monitors (Erlang reference manual, "Processes", "Monitors").

  /// A `down` comes when `other` ends; at once, with the reason `noproc`, where it is gone. Each call makes one more
  /// monitor; monitoring oneself makes a reference, and no monitor. The reference is good for `since`, as that of
  /// `make_reference` is. May end the slice.
  ///
  ///     const fn::reference ref = self.monitor(worker).value();
  ///     self.receive(fn::when([&](const fn::down& d) { return d.monitor == ref; }, [](fn::down d) { report(d.reason); }));
  ///
  /// Cost: two allocations, one signal. @errors errc::invalid_argument for `options.alias == alias_mode::reply`;
  /// errc::system_limit when memory is refused: nothing was changed
  /// Semantics: `erlang:monitor/2,3`.
  result<reference> monitor(pid other, const monitor_options& options = {}) noexcept;

  /// The same for the process that has a name now; its `down` carries the name. Where nobody has it, the `down` comes at once
  /// with the reason `noproc`. @errors also errc::invalid_argument for a name that is empty or longer than 255 bytes
  ///
  ///     const fn::reference ref = self.monitor("logger").value();
  result<reference> monitor(std::string_view name, const monitor_options& options = {}) noexcept;

  /// Removes a monitor of this process: its `down` does not come any more, unless it is in the mailbox already and
  /// `keep`. May end the slice; one signal, no allocation. @returns whether the monitor was there; false also when its `down`
  /// had come
  ///
  ///     self.demonitor(ref, fn::demonitor_mode::flush);  // from here on nothing of it is in the mailbox, nor will be
  ///
  /// Semantics: `erlang:demonitor/2` with `info`, and with `flush` or not.
  bool demonitor(reference monitor, demonitor_mode mode = demonitor_mode::keep) noexcept;

  // Aliases (alias.hpp).

  /// A second address of this process, which it can take back. One allocation.
  ///
  ///     const fn::alias me = self.make_alias({.mode = fn::alias_mode::reply}).value();
  ///
  /// @errors errc::invalid_argument for a mode that belongs to monitors; errc::system_limit when memory is refused
  /// Semantics: `erlang:alias/1`.
  result<foundation::alias> make_alias(const alias_options& options = {}) noexcept;

  /// Ends an alias of this process: messages sent to it from now on, and those sent before that have not arrived, are
  /// dropped. One reduction. @returns whether it was good
  ///
  ///     self.unalias(me);
  ///
  /// Semantics: `erlang:unalias/1`.
  bool unalias(foundation::alias a) noexcept;

  // Requests (request.hpp).

  /// Answers the request that is being handled: the message of this turn, or of the `receive` whose handler runs. The
  /// value's type, as decayed, is the reply's; nothing is the reply of a `request<void>`. A request that is not answered by
  /// the end of its handler is dropped, and the asker told so. One reduction, one locked operation.
  ///
  ///     void handle(fn::process& self, const query& q) { self.reply(find(q)); }
  ///
  /// @errors errc::invalid_argument when the message is no request, or has its reply; errc::unexpected_reply_type when the
  ///         asker waits for another type, of which it is told too; errc::system_limit when parts of the value have to
  ///         be made anew (message_resource.hpp) and memory is refused, of which it is told too
  template <typename R>
  result<void> reply(R&& value) {
    using stored = std::decay_t<R>;
    if constexpr (!detail::self_contained<stored>) {
      detail::say_what_is_wrong<stored>();
    } else {
      auto to = detail::take_question(*this, typeid(stored));
      if (!to) return to.error();
      return detail::answer<stored>(std::move(*to), std::forward<R>(value));
    }
  }
  result<void> reply() { return reply(detail::no_value{}); }

  /// Takes the duty to answer over from the message that is being handled, to answer later, from anywhere (reply_to.hpp).
  /// One reduction.
  ///
  ///     void handle(fn::process& self, const query&) { waiting_.push_back(self.reply_later<rows>().value()); }
  ///
  /// @errors as `reply`
  template <typename R>
  [[nodiscard]] result<reply_to<R>> reply_later() {
    auto to = detail::take_question(*this, typeid(detail::reply_value<R>));
    if (!to) return to.error();
    return foundation::reply_to<R>(std::move(*to));
  }

  // Memory (guide: memory).

  /// Its own memory: allocation takes no lock, freeing keeps blocks for this process, and all of it goes at its end, whether
  /// freed or not. For containers of `std::pmr`; for this process alone: no other may allocate or free there, and nothing that
  /// is in it may leave the process, which `send` sees to as far as it can (`sendable`, message.hpp).
  ///
  ///     std::pmr::unordered_map<int, std::pmr::string> sessions(&self.arena());
  ///
  /// Throws std::bad_alloc where memory is refused, never for `max_memory`. Some nanoseconds; the first call makes it.
  /// Where there is no memory for the arena itself, a resource that refuses everything.
  [[nodiscard]] std::pmr::memory_resource& arena() noexcept;

  /// Memory until the end of this turn: freeing does nothing, and when the handler has returned all of it is free at once.
  /// A function's stays until `reset_scratch`. What is in it must be gone by then: it may be written over, and is, in debug
  /// builds and under the address sanitizer.
  ///
  ///     std::pmr::vector<row> rows(&self.scratch());
  [[nodiscard]] std::pmr::memory_resource& scratch() noexcept;
  void reset_scratch() noexcept;

  /// Gives back what it can of what it holds and does not use: chunks of its arena, its scratch if that is empty, pages of its
  /// stack below the caller. It goes on as before, and gets them again when it needs them. For one that will have nothing to do for
  /// long; what `low_latency` had touched before is not touched again. Microseconds, and a walk over what is free in the arena. @returns bytes
  ///
  ///     self.hibernate();
  ///     self.receive(…);
  ///
  /// Semantics: `erlang:hibernate/3`, but that it returns.
  std::size_t hibernate() noexcept;

  /// What it holds, as far as it is counted.
  [[nodiscard]] memory_usage memory() const noexcept;

  /// Reductions spent so far.
  [[nodiscard]] std::uint64_t reductions() const noexcept;

 protected:
  process() noexcept = default;
  ~process() = default;

 private:
  result<void> sleep_for(std::chrono::nanoseconds duration);
};

/// The process that calls; on a plain thread that is one (thread_process.hpp), that; else null, as in a fiber that is none.
/// Any thread.
[[nodiscard]] FOUNDATION_API process* current_process() noexcept;

/// Inside this scope the process's own waits never throw its exit: they return `errc::killed` at once when it has been
/// told to exit. For a few lines that must not be cut in two. Scopes nest. On the process itself only.
///
///     const fn::shield here(self);
///     fn::send(log, begin{});
///     if (!self.sleep(10ms)) { … }  // told to exit meanwhile: finish quickly
///     fn::send(log, end{});
class FOUNDATION_API shield {
 public:
  explicit shield(process& self) noexcept;
  ~shield();
  shield(const shield&) = delete;
  shield& operator=(const shield&) = delete;

 private:
  process& self_;
};

}  // namespace foundation::inline v0
