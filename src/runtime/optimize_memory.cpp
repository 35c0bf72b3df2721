// SPDX-License-Identifier: Apache-2.0
#include <foundation/optimize_memory.hpp>

#include <algorithm>
#include <optional>

#include <foundation/process.hpp>
#include <foundation/spawn.hpp>

#include "runtime/runtime_core.hpp"

namespace foundation::rt {

namespace {

using proc::control_block;
using proc::process_space;
using proc::tally;

/// Questions to many, and the wait for their answers.
class round {
 public:
  round() noexcept = default;
  ~round() {
    if (answers_ != nullptr) answers_->release();
  }
  round(const round&) = delete;
  round& operator=(const round&) = delete;

  [[nodiscard]] result<void> open() noexcept {
    detail::reply_handle tell;
    if (current_process() != nullptr) {
      using detail::no_value;
      last_.emplace(pid(), detail::message_ops_of<no_value>, sizeof(no_value), alignof(no_value));
      if (!last_->opened()) return last_->opened().error();
      tell = last_->take_handle();
    }
    answers_ = tally::make(std::move(tell));
    if (answers_ == nullptr) return errc::system_limit;
    return {};
  }
  /// Where those who are asked answer to.
  [[nodiscard]] tally& answers() const noexcept { return *answers_; }

  /// From here on nobody is asked. An answer that does not come in time is no error.
  [[nodiscard]] result<void> wait(std::chrono::nanoseconds timeout) {
    answers_->all_asked();
    if (last_) {
      const auto told = last_->wait(timeout);
      if (!told && told.error() != errc::timeout) return told.error();
    } else {
      answers_->wait_until(os::deadline_after(timeout));
    }
    return {};
  }

 private:
  std::optional<detail::reply_wait> last_;  // of a process: until the last answer
  tally* answers_ = nullptr;
};

result<void> ask_processes(process_space& space, bool stacks_too, std::chrono::nanoseconds timeout, freed_memory& all) {
  round processes;
  if (auto opened = processes.open(); !opened) return opened;
  process* const self = current_process();
  std::size_t refused = 0;
  std::uint32_t work = 0;
  constexpr std::uint32_t looked_at_for_one = 32;
  constexpr std::uint32_t work_between_charges = 10 * looked_at_for_one;
  const auto ask = [&](control_block& p) {
    if (&p == self || !proc::memory_request::concerns(p, stacks_too)) return;
    work += looked_at_for_one;
    switch (proc::memory_request::send(p, processes.answers(), stacks_too)) {
      case proc::memory_request::outcome::asked: ++all.asked; break;
      case proc::memory_request::outcome::dead: break;
      case proc::memory_request::outcome::no_memory: ++refused; break;
    }
  };
  const auto charge = [&] {  // empty places are looked at too
    ++work;
    if (work < work_between_charges) return;
    proc::charge_caller(work / looked_at_for_one);
    work = 0;
  };
  space.table().for_each(process_space::epochs(), ask, charge);
  proc::charge_caller(1 + work / looked_at_for_one);
  proc::given_back own;
  if (self != nullptr && &control_block::of(*self).space() == &space) {
    const proc::library_scope scope(control_block::of(*self));
    own = control_block::of(*self).give_back(stacks_too);
    ++all.asked;
  }
  if (auto waited = processes.wait(timeout); !waited) return waited;
  all.unanswered = processes.answers().missing() + refused;
  all.asked += refused;
  const proc::given_back given = processes.answers().given();
  all.arenas = own.arenas + given.arenas;
  all.stacks = own.stacks + given.stacks;
  return {};
}

/// A process that gives back what the scheduler keeps that it is pinned to.
class sweeper {
 public:
  sweeper(tally& answers, std::size_t kept_before) noexcept : answer_(answers), kept_before_(kept_before) {}

  void operator()(process&) noexcept {
    const std::size_t cleared = sched::scheduler::current()->clear_chunks();
    memory::purge_thread();
    // What has come since then is what arenas have given back, and is counted there.
    answer_.note({.caches = std::min(cleared, kept_before_), .done = 1});
  }

 private:
  tally::duty answer_;
  std::size_t kept_before_;
};

result<void> sweep_caches(runtime& rt, process_space& space, const std::vector<std::size_t>& kept_before,
                          std::chrono::nanoseconds timeout, freed_memory& all) {
  round schedulers;
  if (auto opened = schedulers.open(); !opened) return opened;
  for (unsigned i = 0; i != space.group().size(); ++i) {
    // Of normal priority: one of a higher has every scheduler look for such from then on.
    static_cast<void>(spawn(rt, sweeper(schedulers.answers(), kept_before[i]), {.label = "optimize_memory", .scheduler = i}));
  }
  if (auto waited = schedulers.wait(timeout); !waited) return waited;
  const proc::given_back given = schedulers.answers().given();
  all.caches_unanswered = std::max(all.caches_unanswered, space.group().size() - given.done);  // late, killed, or never made
  all.caches += given.caches;
  return {};
}

std::vector<std::size_t> chunks_kept(sched::scheduler_group& group) {
  std::vector<std::size_t> bytes(group.size());
  for (unsigned i = 0; i != group.size(); ++i) bytes[i] = group.at(i).chunk_bytes();
  return bytes;
}

result<freed_memory> optimize(runtime& rt, process_space& space, memory_optimization strategy, std::chrono::nanoseconds timeout) {
  freed_memory all;
  std::vector<std::size_t> kept_before = chunks_kept(space.group());
  if (strategy != memory_optimization::shrink_caches) {
    const bool stacks_too = strategy == memory_optimization::compact;
    if (auto asked = ask_processes(space, stacks_too, timeout, all); !asked) return asked.error();
  }
  const std::size_t resident_before = os::program_resident_bytes();
  // Twice: only when all have freed what they had from others' heaps, those can give it back.
  for (int round = 0; round != 2; ++round) {
    if (auto swept = sweep_caches(rt, space, kept_before, timeout, all); !swept) return swept.error();
    std::fill(kept_before.begin(), kept_before.end(), 0);
  }
  memory::purge_program();
  const std::size_t resident_after = os::program_resident_bytes();
  if (resident_after != 0 && resident_after < resident_before) all.allocator = resident_before - resident_after;
  all.stacks += space.group().stacks().trim();
  return all;
}

}  // namespace
}  // namespace foundation::rt

namespace foundation::inline v0 {

result<freed_memory> optimize_memory(runtime& rt, memory_optimization strategy, const optimize_memory_options& options) {
  proc::charge_caller(1);
  constexpr auto last = static_cast<std::int64_t>(memory_optimization::compact);
  if (static_cast<std::int64_t>(strategy) > last) {
    return error::out_of_range("strategy", static_cast<std::int64_t>(strategy), 0, last);
  }
  proc::process_space* const space = detail::runtime_access::space(rt);
  if (space == nullptr) return errc::not_running;
  if (sched::scheduler::current() != nullptr && current_process() == nullptr) {
    return error(errc::would_deadlock, "optimize_memory: called in a fiber that is no process; it would hold a scheduler up");
  }
  try {
    return rt::optimize(rt, *space, strategy, options.timeout);
  } catch (const std::bad_alloc&) {
    return errc::system_limit;
  }
}

}  // namespace foundation::inline v0
