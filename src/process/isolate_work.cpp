// SPDX-License-Identifier: Apache-2.0
#include <foundation/isolate_work.hpp>

#include <algorithm>

#include <foundation/inspect.hpp>

#include "process/control_block.hpp"
#include "process/process_space.hpp"
#include "process/refusal.hpp"
#include "process/runtime_access.hpp"

namespace foundation::inline v0::detail {

namespace {

using proc::control_block;

/// Kills a process that nobody waits for any more, however the wait has ended; its `down` does not stay in the mailbox.
class watched_work {
 public:
  watched_work(process& self, const monitored& work) noexcept : self_(self), work_(work) {}
  ~watched_work() {
    if (ended_) return;
    static_cast<void>(exit(work_.id, exit_reason::kill));
    self_.demonitor(work_.monitor, demonitor_mode::flush);
  }
  watched_work(const watched_work&) = delete;
  watched_work& operator=(const watched_work&) = delete;

  result<void> wait(std::chrono::nanoseconds timeout) {
    const auto mine = [this](const down& d) { return d.monitor == work_.monitor; };
    const auto note = [this](down& d) {
      ended_ = true;
      reason_ = std::move(d.reason);
    };
    return self_.receive(since(work_.monitor), when(mine, note), after(timeout, [] {}));
  }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] const exit_reason& reason() const noexcept { return reason_; }

 private:
  process& self_;
  const monitored work_;
  exit_reason reason_;
  bool ended_ = false;
};

/// As in the wait for the answer, which it is: a drain lets the caller go on.
class awaits_answer {
 public:
  awaits_answer(process& self, const reply_wait& answer) noexcept
      : self_(control_block::of(self)), outer_(self_.awaits(answer.number())) {}
  ~awaits_answer() { self_.awaits(outer_); }
  awaits_answer(const awaits_answer&) = delete;
  awaits_answer& operator=(const awaits_answer&) = delete;

 private:
  control_block& self_;
  const std::uint64_t outer_;
};

/// Dead to others, while its code goes on: nobody knows for how long.
bool was_given_up(process& self, pid worker) noexcept { return control_block::of(self).space().is_given_up(worker); }

error out_of_time() noexcept { return error(errc::timeout, "isolated work: was not done in the time given, and is killed"); }

error ended_otherwise(const exit_reason& why) noexcept {
  try {
    return proc::refusal(errc::no_reply, "isolated work ended without a result: {}", why.description());
  } catch (const std::bad_alloc&) {
    return errc::no_reply;
  }
}

}  // namespace

isolation::isolation(runtime& rt, const isolate_options& options, const message_ops& expected, std::size_t size,
                     std::size_t alignment)
    : options_(options.process), timeout_(options.timeout) {
  proc::process_space* const space = runtime_access::space(rt);
  self_ = current_process();
  if (space == nullptr) {
    opened_ = errc::not_running;
  } else if (self_ == nullptr && sched::scheduler::current() != nullptr) {
    opened_ = error(errc::would_deadlock, "isolated work: called in a fiber that is no process; it would hold a scheduler up");
  } else if (self_ == nullptr) {
    auto made = thread_process::create(rt, "isolates work");
    if (!made) {
      opened_ = made.error();
      return;
    }
    thread_.emplace(std::move(*made));
    self_ = &**thread_;
    open(expected, size, alignment);
  } else if (&control_block::of(*self_).space() != space) {
    opened_ = error(errc::invalid_argument, "rt: another runtime than that of the process that calls");
  } else {
    open(expected, size, alignment);
  }
}

isolation::isolation(process& self, const isolate_options& options, const message_ops& expected, std::size_t size,
                     std::size_t alignment)
    : self_(&self), options_(options.process), timeout_(options.timeout) {
  if (current_process() == &self) {
    open(expected, size, alignment);
  } else {
    opened_ = error(errc::invalid_argument, "self: not the process that calls");
  }
}

void isolation::open(const message_ops& expected, std::size_t size, std::size_t alignment) {
  if (options_.label.empty()) options_.label = "isolated work";
  answer_.emplace(pid(), expected, size, alignment);
  if (!answer_->opened()) opened_ = answer_->opened().error();
}

result<void> isolation::wait(const monitored& worker) {
  using std::chrono::nanoseconds;
  const awaits_answer until_the_end(*self_, *answer_);
  const os::time_point deadline = os::deadline_after(timeout_);
  exit_reason why;
  {
    watched_work work(*self_, worker);
    if (auto waited = work.wait(timeout_); !waited) return waited;
    if (!work.ended()) return out_of_time();
    why = work.reason();
  }
  if (was_given_up(*self_, worker.id)) return ended_otherwise(why);
  // It has told of its end when all it owned was destroyed; its place is free a moment later.
  const nanoseconds left = deadline == os::time_point::max() ? infinity : std::max(deadline - os::now(), nanoseconds(std::chrono::milliseconds(100)));
  if (auto gone = wait_gone(worker.id, left); !gone) return gone.error() == errc::timeout ? out_of_time() : gone.error();
  if (!why.is_normal()) return ended_otherwise(why);
  auto answered = answer_->wait(nanoseconds::zero());
  if (answered || answered.error() != errc::noproc) return answered;
  return ended_otherwise(why);
}

}  // namespace foundation::inline v0::detail
