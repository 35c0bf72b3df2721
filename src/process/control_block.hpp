// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <foundation/detail/body.hpp>
#include <foundation/detail/receive_wait.hpp>
#include <foundation/exit_reason.hpp>
#include <foundation/pid.hpp>
#include <foundation/monitor_options.hpp>
#include <foundation/process.hpp>
#include <foundation/process_memory.hpp>

#include "base/base.hpp"
#include "process/claims.hpp"
#include "process/own_signals.hpp"
#include "process/info_request.hpp"
#include "process/life.hpp"
#include "process/mailbox.hpp"
#include "process/message_timers.hpp"
#include "process/names.hpp"
#include "process/receive_marks.hpp"
#include "process/relation.hpp"
#include "process/reply_slots.hpp"
#include "process/tally.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

class process_memory;
class process_space;

/// A process. One allocation: this block, then the body (the user's function or handler with what it captured), then the
/// label's text.
///
/// Who may touch what: the sections below say it. *Owner* is whoever may run the process (outer_queue.hpp); *guard*
/// means inside an epoch guard, having found the block in the table.
class control_block final : public process, public sched::runnable, public sched::retired {
 public:
  /// The body's offset from the block's begin, and sizes; the label's text is there already.
  struct layout {
    std::size_t body = 0;
    std::size_t label_size = 0;  ///< of the text, which is at the end
    std::size_t bytes = 0;
  };

  control_block(process_space& space, const detail::body_ops& ops, const layout& where) noexcept;
  ~control_block() = default;

  [[nodiscard]] static control_block& of(process& p) noexcept { return static_cast<control_block&>(p); }
  /// The process that calls, or null.
  [[nodiscard]] static control_block* current() noexcept {
    sched::scheduler* s = sched::scheduler::current();
    return s == nullptr ? nullptr : static_cast<control_block*>(s->running());
  }

  // -- constant after spawn: any thread, guard ---------------------------------------------------------------------------
  [[nodiscard]] process_space& space() const noexcept { return space_; }
  [[nodiscard]] pid self_pid() const noexcept { return pid_; }
  /// None when a plain thread made it.
  [[nodiscard]] pid parent() const noexcept { return parent_; }
  void set_pid(pid p) noexcept { pid_ = p; }  // by spawn, before anybody can find it
  void set_parent(pid p) noexcept { parent_ = p; }
  [[nodiscard]] std::string_view label_text() const noexcept { 
    return {reinterpret_cast<const char*>(this) + block_bytes_ - label_size_, label_size_};
  }
  [[nodiscard]] const detail::body_ops& ops() const noexcept { return ops_; }

  /// Whether a plain thread is this process (thread_process.hpp): it never runs on a scheduler, and nothing unwinds it.
  [[nodiscard]] bool on_thread() const noexcept { return pinned_to == off_schedulers; }

  // -- process/names, process/message_timers: any thread, guard -------------------------------------------------------------------------------------
  [[nodiscard]] class claims& claims() noexcept { return claims_; }
  [[nodiscard]] name_slot& name() noexcept { return name_; }
  [[nodiscard]] timers_to& timers_to_it() noexcept { return timers_to_it_; }

  // -- any thread, guard ---------------------------------------------------------------------------------------------------
  [[nodiscard]] push_result push_remote(signal* s) noexcept { return mail_.push(s); }
  /// Asks a running process to look at its signals at its next charge.
  void call_attention() noexcept { attention_.store(true, sync::memory_order_release); }
  [[nodiscard]] const outer_queue& outer() const noexcept { return mail_.outer(); }

  /// What the monitor found out about a process that was to die by now.
  enum class verdict : std::uint8_t { wait, no_reason_to_die, abandoned };
  /// The monitor: declares a process dead that is stuck in its user's code (life.hpp) although it has been told to die, or a
  /// signal it has not seen yet will tell it. `killed`: by the time of a kill; by that of another exit it is not given up
  /// for a kill, which may have come later and has its own time.
  [[nodiscard]] verdict judge(bool killed) noexcept;
  [[nodiscard]] bool is_in_user_code() const noexcept { return life_.in_user(); }
  /// It sleeps: no exit sent before is on its mind.
  [[nodiscard]] bool has_seen_all() const noexcept { return mail_.outer().is_idle() || mail_.outer().is_waiting(); }
  /// Whether exit signals become messages. The owner's to change.
  [[nodiscard]] bool traps_exits() const noexcept { return traps_exits_.load(sync::memory_order_relaxed); }
  /// Those of slices that are over.
  [[nodiscard]] std::uint64_t accounted_reductions() const noexcept {
    return reductions_.load(sync::memory_order_relaxed);
  }

  /// What it holds, apart from its stack.
  [[nodiscard]] std::size_t block_bytes() const noexcept { return block_bytes_; }
  [[nodiscard]] std::size_t arena_bytes() const noexcept {
    return std::size_t{memory_units_.load(sync::memory_order_relaxed)} * memory_unit;
  }
  [[nodiscard]] std::uint64_t messages() const noexcept { return mail_.length(); }
  [[nodiscard]] std::size_t message_bytes() const noexcept { return mail_.bytes(); }

  // -- sched::runnable: owner ------------------------------------------------------------------------------------------------
  void run() noexcept override;
  [[nodiscard]] bool attend() noexcept override;
  [[nodiscard]] bool publish_wait() noexcept override;
  void wake_thread() noexcept override;

  // -- the process itself, in the library -------------------------------------------------------------------------------------
  enum class wait_result : std::uint8_t { more, timeout, exiting, no_carrier };

  /// Waits until a message that `wanted` wants has arrived (null: until the deadline alone), or `deadline` has come.
  [[nodiscard]] wait_result wait(detail::receive_wait* wanted, os::time_point deadline) noexcept;

  /// Takes over all that has arrived by now; may end the slice.
  void gather_all() noexcept;

  /// Counts reductions, answers signals when asked to, and ends the slice when it is used up.
  void charge(std::uint32_t reductions) noexcept;
  /// The same without the signals.
  void spend(std::uint32_t reductions) noexcept;
  void end_slice() noexcept;
  /// The same when its code has called something that charges: what has arrived counts against its limit.
  void end_slice_of_caller() noexcept;

  /// The process will end for this reason; the first one stays.
  void tell_to_exit(exit_reason reason) noexcept;
  [[nodiscard]] bool told_to_exit() const noexcept { return told_to_exit_; }
  /// Why; only when told.
  [[nodiscard]] const exit_reason& reason() const noexcept { return reason_; }
  /// Throws the process's exit if that is allowed and would reach the process's entry (D5); otherwise returns. Called by
  /// the outermost functions alone, from where a throw is expected: os::can_unwind_to does not look at this frame.
  [[gnu::noinline]] void unwind();

  /// Null where memory for it was refused.
  [[nodiscard]] process_memory* own_memory() noexcept { return memory_ != nullptr ? memory_ : make_memory(); }
  /// The same if it is there.
  [[nodiscard]] process_memory* memory_if_any() const noexcept { return memory_; }
  /// By spawn, before anybody can find it.
  void set_memory(process_memory* m) noexcept;
  /// What they hold has changed.
  void show_memory(std::size_t bytes) noexcept {
    memory_units_.store(static_cast<std::uint32_t>(bytes / memory_unit), sync::memory_order_relaxed);
  }
  /// It takes more than it may.
  void on_memory_breach(const memory_limit_exceeded& why, memory_breach what) noexcept;
  /// For `operator new`; null: it is not counted.
  [[nodiscard]] detail::heap_account* charge_heap(std::size_t bytes) noexcept;
  /// A message that it has received is handled.
  void after_message() noexcept;
  [[nodiscard]] memory_usage usage() const noexcept;
  /// Gives back all it can; the bytes.
  std::size_t hibernate() noexcept;
  /// The same, told apart; pages of its stack only with `stack_too`, and where it has one.
  given_back give_back(bool stack_too) noexcept;

  [[nodiscard]] mailbox& mail() noexcept { return mail_; }
  [[nodiscard]] receive_marks& marks() noexcept { return marks_; }
  /// Unlinks the message behind `before` in a list of `mail()`; marks on it move.
  [[nodiscard]] envelope* take_after(message_list& list, envelope* before) noexcept;
  [[nodiscard]] std::uint64_t total_reductions() const noexcept;
  /// What it is and has. @throws std::bad_alloc
  [[nodiscard]] process_details describe(info_items items);

  // -- requests: the process itself, in the library -------------------------------------------------------------------------
  /// The message that its user's code handles from here on; null: none. @returns the one before
  envelope* handles(envelope* message) noexcept {
    if (message != nullptr && message->ops->asks != nullptr) [[unlikely]] note_taken(*message);
    return std::exchange(handled_, message);
  }
  [[nodiscard]] envelope* handled() const noexcept { return handled_; }
  /// Numbers a reply that is awaited from here on; 0: memory was refused.
  [[nodiscard]] std::uint64_t expect_reply() noexcept;
  /// Until the deadline, or the reply has arrived.
  [[nodiscard]] wait_result await_reply(std::uint64_t number, os::time_point deadline) noexcept;
  /// The one whose arrival ends its waits from here on, which a drain lets go on; 0: none. @returns what it was
  std::uint64_t awaits(std::uint64_t number) noexcept { return std::exchange(replies_->awaited, number); }
  /// The reply, if it has arrived.
  [[nodiscard]] reply_cell* arrived_reply(std::uint64_t number) const noexcept;
  /// It is awaited no more. @returns it, if it had arrived: the caller's to destroy and release
  [[nodiscard]] reply_cell* forget_reply(std::uint64_t number) noexcept;

  /// The end of one that a plain thread is.
  void leave_thread() noexcept;

  // -- links, monitors, aliases: the process itself, in the library --------------------------------------------------------
  [[nodiscard]] result<void> link_to(pid other, const link_options& options) noexcept;
  [[nodiscard]] result<void> unlink_from(pid other) noexcept;
  [[nodiscard]] result<reference> watch(pid other, std::string_view name, const monitor_options& options) noexcept;
  /// False when there is no such monitor.
  bool unwatch(reference ref) noexcept;
  /// Takes the `down` of a monitor out of the mailbox, if it is there. May end the slice.
  void remove_down(reference monitor) noexcept;
  [[nodiscard]] result<alias> new_alias(const alias_options& options) noexcept;
  /// False when there is no such alias.
  bool end_alias(reference ref) noexcept;
  /// @returns what it was
  bool trap_exits(bool on) noexcept {
    const bool before = traps_exits();
    traps_exits_.store(on, sync::memory_order_relaxed);
    return before;
  }
  /// The owner's, and that of whoever makes the process.
  [[nodiscard]] class relations& relations() noexcept { return relations_; }

  void enter_shield() noexcept { ++shields_; }
  void leave_shield() noexcept { --shields_; }

  void enter_user() noexcept { life_.enter_user(); }
  void enter_library() noexcept {
    if (life_.enter_library()) [[unlikely]] note_abandoned();
  }

 private:
  static constexpr std::size_t memory_unit = 256;  // of what chunks and large blocks are: so a word has room for a tebibyte

  friend void process_entry(control_block& p, envelope* message) noexcept;

  // turn.cpp
  void run_handler() noexcept;
  void account_slice() noexcept;
  /// The same of a process that is on this scheduler.
  void account_slice(sched::scheduler& here) noexcept;
  /// Ends the program with a report if the process has run over a stack that only a canary guards. `thorough`: looks at
  /// all of it.
  void check_canary(const sched::scheduler& here, bool thorough) noexcept;
  /// Ends the program unless it runs on the process's own fiber.
  void check_fiber() const noexcept;

  // memory.cpp
  [[gnu::noinline]] process_memory* make_memory() noexcept;
  void discard_memory() noexcept;
  /// A message has left the mailbox of a process that has some memory of its own.
  [[gnu::noinline]] envelope* note_departure(envelope* message) noexcept;
  /// `all_gathered`: nothing more had arrived before it.
  void after_turn(bool all_gathered) noexcept;
  /// False: it is told to exit.
  [[nodiscard]] bool before_wait() noexcept;
  [[nodiscard]] bool is_limited() const noexcept { return memory_ != nullptr && has_limit(); }
  [[nodiscard]] bool has_limit() const noexcept;

  // replies.cpp
  /// A request has come into the hands of user code.
  static void note_taken(envelope& request) noexcept;
  void on_reply(reply_cell& reply) noexcept;

  // process_info.cpp, memory_request.cpp
  void on_info_request(info_request& question) noexcept;
  void on_library_request(library_request& request) noexcept;
  /// Whether it waits, others look at its signals for it, and this one is to be heeded on its own stack.
  [[nodiscard]] bool must_wake_for(const signal& s) const noexcept;

  // thread_process.cpp
  void sleep_on_thread(os::time_point deadline) noexcept;

  // signals.cpp
  [[nodiscard]] bool gather_some() noexcept;
  void gather_batch() noexcept;
  void on_signal(signal& s) noexcept;
  void on_message(envelope& e) noexcept;
  void on_exit(exit_signal& s) noexcept;
  /// Queues the message that a signal carries.
  void deliver(envelope& e, bool priority) noexcept;
  /// Destroys the message that a signal carries, and the signal.
  void forget_message(envelope& e) noexcept;
  void post_to_self(signal& s) noexcept;

  // links.cpp, monitors.cpp, aliases.cpp
  void on_link(relation& half) noexcept;
  void on_unlink(unlink_signal& question) noexcept;
  void on_unlink_ack(unlink_signal& answer) noexcept;
  void answer_unlink(unlink_signal& question) noexcept;
  void on_link_exit(relation& s) noexcept;
  void on_monitor(relation& his) noexcept;
  void on_demonitor(relation& request) noexcept;
  void on_down(relation& s) noexcept;
  void stop_watching(relation& mine) noexcept;
  void on_alias_message(detail::alias_envelope& e) noexcept;
  [[nodiscard]] std::optional<bool> come_through(reference alias) noexcept;
  void end_alias_of_monitor(reference ref) noexcept;
  /// Takes an entry out and frees it.
  void forget(relation& entry) noexcept;
  /// Frees a signal that carries no message.
  void forget_signal(relation& s) noexcept;
  [[nodiscard]] bool has_reason_to_run() const noexcept {
    return told_to_exit_ || satisfied_ || timed_out_ || drain_requested_ || asked_for_memory_;
  }
  [[nodiscard]] bool arm(os::time_point deadline) noexcept;
  void cancel_timer() noexcept;
  static void timer_fired(sched::timer& t) noexcept;

  // exit.cpp
  void finish() noexcept;
  void end_timers() noexcept;
  void drain() noexcept;
  void destroy_signal(signal& s) noexcept;
  /// Handles a signal that has come after the end.
  void answer_as_dead(signal& s) noexcept;
  /// Answers it with `noproc` if it is a link or a monitor, which is then sent back.
  [[nodiscard]] bool refuse(signal& s) noexcept;

  // abandon.cpp
  enum class cause : std::uint8_t { none, exit, kill };
  [[nodiscard]] cause why_to_die() noexcept;
  [[nodiscard]] bool will_heed(pid other) noexcept;
  void abandon() noexcept;
  void note_abandoned() noexcept;

  // farewell.cpp
  /// Tells one of those who are linked to it, monitor it or are monitored by it; false when there is none left.
  [[nodiscard]] bool tell_next(const exit_reason& reason) noexcept;
  void say_farewell(const exit_reason& reason) noexcept;

  [[nodiscard]] bool awaits_reply() const noexcept { return replies_ != nullptr && replies_->awaited != 0; }
  [[nodiscard]] void* body() noexcept { return reinterpret_cast<std::byte*>(this) + body_offset_; }

  // -- shared ----------------------------------------------------------------------------------------------------------------
  mailbox mail_;                          // its first word is every sender's, the rest the owner's
  name_slot name_;
  timers_to timers_to_it_;
  class claims claims_;
  sync::atomic<std::uint32_t> memory_units_{0};  // the owner writes what its arena and scratch hold; relaxed, as the next
  sync::atomic<std::uint64_t> reductions_{0};  // the owner writes; relaxed: a number that others read, no more
  sync::atomic<bool> traps_exits_{false}; // the owner's; relaxed: others read it, the monitor while the owner stands still
  sync::atomic<bool> attention_{false};   // set by senders of control signals (release), cleared by the owner (acquire)

  // -- the owner's -----------------------------------------------------------------------------------------------------------
  bool told_to_exit_ = false;      // reason_ says why it will end
  bool drain_requested_ = false;   // ends when it would next sleep (runtime::shutdown with drain)
  bool exiting_ = false;           // its frames are gone
  bool in_wait_ = false;           // parked in a wait of ours, not merely switched out
  bool satisfied_ = false;         // what the wait wants has arrived
  bool timed_out_ = false;
  detail::receive_wait* wanted_ = nullptr;
  wait_timer* timer_ = nullptr;
  envelope* handled_ = nullptr;    // what its user's code handles now
  reply_slots* replies_ = nullptr; // from its first request on
  process_memory* memory_ = nullptr;  // from when it first asks for its arena on, or from the beginning
  std::uint32_t wait_number_ = 0;
  std::uint32_t unlinks_ = 0;      // ids given to unlinks so far
  exit_reason reason_;
  class relations relations_;
  receive_marks marks_;
  life life_;
  std::uint16_t shields_ = 0;
  bool memory_gone_ = false;       // at its end: what it allocates from here on is not counted
  bool killed_ = false;            // told to exit by a kill, not by what came over a link or from itself
  bool asked_for_memory_ = false;  // by a signal that it has put back, to heed it when it runs

  // -- constant after spawn ----------------------------------------------------------------------------------------------------
  std::uint8_t label_size_;
  std::uint32_t body_offset_;
  std::uint32_t block_bytes_;
  process_space& space_;
  const detail::body_ops& ops_;
  pid pid_;
  pid parent_;
};

/// Runs the body: a function's whole life, or a handler's turn with `message`. The one place where an exception, the
/// user's or the process's exit, ends, and the frame up to which a process is unwound.
void process_entry(control_block& p, envelope* message) noexcept;

/// What a process throws to unwind itself. No std::exception, so that only `catch (...)` can catch it.
struct process_exit {};

}  // namespace foundation::proc
