// SPDX-License-Identifier: Apache-2.0
/// Work that takes much memory, in a process of its own, with which the memory goes.
#pragma once

#include <chrono>
#include <optional>
#include <type_traits>
#include <utility>

#include <foundation/detail/reply.hpp>
#include <foundation/export.hpp>
#include <foundation/message.hpp>
#include <foundation/process.hpp>
#include <foundation/request.hpp>
#include <foundation/result.hpp>
#include <foundation/runtime.hpp>
#include <foundation/spawn.hpp>
#include <foundation/spawn_options.hpp>
#include <foundation/thread_process.hpp>

namespace foundation::inline v0 {

struct isolate_options {
  /// Of the process: where its arena has its memory from, how much it may have, its stack. Labelled "isolated work" if it
  /// has no label.
  spawn_options process = {};
  /// How long it may take.
  std::chrono::nanoseconds timeout = infinity;
};

namespace detail {

// Never defined: the compiler's first error line names it, with the user's type.
template <typename F>
struct isolated_work_is_a_function_of_nothing_or_of_process_reference;

template <typename F>
inline constexpr bool is_isolated_work = std::is_invocable_v<F&, process&> || std::is_invocable_v<F&>;

template <typename F>
decltype(auto) call_isolated(F& work, process& self) {
  if constexpr (std::is_invocable_v<F&, process&>) {
    return work(self);
  } else {
    return work();
  }
}

/// What `work` returns, without a `result` around it.
template <typename T>
struct without_result : std::type_identity<T> {};
template <typename T>
struct without_result<result<T>> : std::type_identity<T> {};

template <typename F>
consteval auto isolated_type() {
  if constexpr (!is_isolated_work<F>) {
    static_cast<void>(sizeof(isolated_work_is_a_function_of_nothing_or_of_process_reference<F>));
    return std::type_identity<void>{};
  } else {
    using returned = std::decay_t<decltype(call_isolated(std::declval<F&>(), std::declval<process&>()))>;
    using value = typename without_result<returned>::type;
    if constexpr (!reply_type<value>) refuse_reply<value>();
    return std::type_identity<checked_reply<value>>{};
  }
}
template <typename F>
using isolated_value = typename decltype(isolated_type<std::decay_t<F>>())::type;

/// The body of the process: `work`, and the duty to answer with what it returns.
template <typename F>
struct isolated_body {
  using value = isolated_value<F>;

  void operator()(process& self) { static_cast<void>(answer<result<value>>(std::move(to), run(self))); }

  result<value> run(process& self) {
    if constexpr (std::is_void_v<decltype(call_isolated(work, self))>) {
      call_isolated(work, self);
      return {};
    } else if constexpr (!needs_rehoming<value>) {
      return call_isolated(work, self);
    } else {
      result<value> made = call_isolated(work, self);
      if (!made) return made.error();
      return rehome<value>(std::move(*made));
    }
  }

  reply_handle to;
  F work;
};

/// The caller's side: who waits, and for what.
class FOUNDATION_API isolation {
 public:
  isolation(runtime& rt, const isolate_options& options, const message_ops& expected, std::size_t size,
            std::size_t alignment);
  isolation(process& self, const isolate_options& options, const message_ops& expected, std::size_t size,
            std::size_t alignment);
  isolation(const isolation&) = delete;
  isolation& operator=(const isolation&) = delete;

  [[nodiscard]] const result<void>& opened() const noexcept { return opened_; }
  [[nodiscard]] process& parent() const noexcept { return *self_; }
  [[nodiscard]] const spawn_options& process_options() const noexcept { return options_; }
  [[nodiscard]] reply_handle take_handle() noexcept { return answer_->take_handle(); }

  /// Waits until the process is gone, or the time is up.
  [[nodiscard]] result<void> wait(const monitored& worker);
  /// What it has answered, after a `wait` that ended well.
  [[nodiscard]] void* value() const noexcept { return answer_->value(); }

 private:
  void open(const message_ops& expected, std::size_t size, std::size_t alignment);

  std::optional<thread_process> thread_;  // a plain thread that is no process is one meanwhile
  process* self_ = nullptr;
  std::optional<reply_wait> answer_;
  spawn_options options_;
  const std::chrono::nanoseconds timeout_;
  result<void> opened_;
};

template <typename F, typename Where>
result<isolated_value<F>> isolate(Where& where, F&& work, const isolate_options& options) {
  using body = isolated_body<std::decay_t<F>>;
  using outcome = result<isolated_value<F>>;
  isolation call(where, options, message_ops_of<outcome>, sizeof(outcome), alignof(outcome));
  if (!call.opened()) return call.opened().error();
  const auto spawned = [&]() -> result<monitored> {
    try {
      return spawn_in(call.parent(), body{call.take_handle(), std::forward<F>(work)}, call.process_options(), bond::monitor);
    } catch (...) {
      return spawn_ticket::constructor_threw();
    }
  }();
  if (!spawned) return spawned.error();
  if (auto ended = call.wait(*spawned); !ended) return ended.error();
  return std::move(*static_cast<outcome*>(call.value()));
}

}  // namespace detail

/// Runs `work` in a process of its own, waits for its end, and returns what it returned. All the memory it had goes with the
/// process: its arena whole, freed or not, its stack, its mailbox. So a rush of allocations leaves no holes in the caller's
/// memory, and a limit, `process.max_memory`, ends the work and not the caller.
///
///     const fn::result<std::size_t> words = fn::isolate_memory_intensive_work(rt, [&path](fn::process& self) {
///       std::pmr::set<std::pmr::string> seen(&self.arena());
///       read_words(path, seen);
///       return seen.size();
///     }, {.process = {.memory = fn::memory_strategy::isolated_heaps, .max_memory = 100'000'000}, .timeout = 10s});
///
/// `work` takes a `process&` or nothing, and may be movable only; it is moved into the process, and destroyed there. What it
/// returns must be sendable or void, and is made anew outside of the arena as a reply is; of a `result<R>`, its value or error
/// is returned. It ends like any process: by an exception (which is reported in the log too), an exit, a breach of its
/// limit. What it has returned does not count then, since it comes out after all is destroyed.
///
/// When this returns, the process is gone with all it had (as after `wait_gone`), unless the time was up, the caller could not go
/// on waiting, or the process was given up (`runtime_options::kill_grace`): then it has been killed, and goes when it next
/// calls the library. A caller that is told to exit meanwhile kills it too; a drain at shutdown lets the caller wait
/// on, and ends the work as any process, at its next wait.
///
/// Any thread. From a process it waits as `receive` does, and messages stay where they are: nothing of this is left in the
/// mailbox. A plain thread blocks, and is a process of the runtime meanwhile. `work` has neither the caller's links nor its name.
/// Cost: a spawn, a monitor and a request; up to some hundred microseconds for the wait until it is gone.
/// @errors errc::no_reply when it ended in another way than by returning; the message says how: with the exception's text, or the
///         figures of the limit; errc::timeout; as `spawn` when it could not begin; errc::invalid_argument for a `self` that is not
///         the caller, and for a process that gives another runtime than its own; errc::would_deadlock in a fiber of the user's own,
///         whose wait would hold up a scheduler; errc::killed and errc::system_limit as
///         `process::receive`; errc::not_running for a runtime that was moved from or shuts down
template <typename F>
[[nodiscard]] result<detail::isolated_value<F>> isolate_memory_intensive_work(runtime& rt, F&& work,
                                                                              const isolate_options& options = {}) {
  return detail::isolate(rt, std::forward<F>(work), options);
}

/// The same, from a process, in its runtime.
template <typename F>
[[nodiscard]] result<detail::isolated_value<F>> isolate_memory_intensive_work(process& self, F&& work,
                                                                              const isolate_options& options = {}) {
  return detail::isolate(self, std::forward<F>(work), options);
}

}  // namespace foundation::inline v0
