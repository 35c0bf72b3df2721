// SPDX-License-Identifier: Apache-2.0
#include "process/process_space.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>

#include <foundation/fmt.hpp>

#include "process/control_block.hpp"
#include "process/directory.hpp"

namespace foundation::proc {

process_space::process_space(sched::scheduler_group& group, std::uint32_t tag, std::size_t max_processes,
                             std::chrono::milliseconds kill_grace, log_hook log)
    : group_(group), tag_(tag), table_(tag, max_processes, group.places()), log_(log), watch_list_(kill_grace) {
  for (unsigned i = 0; i < group.places(); ++i) timers_.emplace_back(*this, i);
}

sched::epoch_domain& process_space::epochs() noexcept { return directory::instance().epochs(); }

/// A line of log, if it is wanted; without memory for it, none.
template <typename Compose>
void process_space::report(log_level level, Compose&& compose) noexcept {
  if (log_.write == nullptr || !log_.wanted(log_.context, level)) return;
  try {
    const std::string line = compose();
    log_.write(log_.context, level, line);
  } catch (...) {
    log_.write(log_.context, level, "a report could not be made: no memory");
  }
}

void process_space::note_exit(control_block& p, const exit_reason& reason, bool abandoned) noexcept {
  if (reason.kind() == exit_kind::exception) {
    report(log_level::error, [&] {
      return fmt::format("process {} \"{}\" crashed: {} ({} reductions)", p.self_pid(), p.label_text(),
                         reason.description(), p.total_reductions());
    });
  }
  if (abandoned) {
    note_return(p);
  } else {
    leave_table(p);
  }
  directory::instance().ends().notify(p.self_pid());
}

void process_space::leave_table(const control_block& p) noexcept {
  if (p.on_thread()) {
    table_.release_thread(p.self_pid());
  } else {
    table_.release(p.self_pid(), where());
  }
}

unsigned process_space::where() const noexcept {
  const sched::scheduler* const s = sched::scheduler::current();
  return s != nullptr && &s->group() == &group_ ? s->index() : process_table::elsewhere;
}

bool process_space::exit(pid to, pid from, exit_reason reason, reference through, bool priority) noexcept {
  const sched::epoch_guard guard(epochs());
  control_block* p = table_.find(to);
  if (p == nullptr) return true;
  watched* watch = watch_list::make();
  const bool kills = reason.kind() == exit_kind::kill;
  exit_signal* signal = watch == nullptr ? nullptr : exit_signal::make(from, std::move(reason));
  if (signal == nullptr) {
    watch_list::discard(watch);
    return false;
  }
  signal->through = through;
  signal->priority = priority;
  const push_result pushed = p->push_remote(signal);
  if (pushed == push_result::closed) {
    exit_signal::discard(signal);
    watch_list::discard(watch);
    return true;
  }
  p->call_attention();
  if (pushed == push_result::enqueue_receiver) group_.enqueue(*p);
  watch->killed = kills;
  watch_list_.add(watch, to);
  group_.monitor().note_activity();
  return true;
}

void process_space::watch(pid target) noexcept {
  const sched::epoch_guard guard(epochs());
  process_space* const space = directory::instance().find(detail::pid_access::tag(target));
  watched* const entry = space == nullptr ? nullptr : watch_list::make();
  if (entry == nullptr) return;
  space->watch_list_.add(entry, target);
  space->group_.monitor().note_activity();
}

reference process_space::make_reference() noexcept {
  sched::scheduler* s = sched::scheduler::current();
  if (s != nullptr && &s->group() == &group_) {
    return detail::reference_access::make(tag_, s->index(), s->next_reference());
  }
  const std::uint64_t number = references_.fetch_add(1, sync::memory_order_relaxed);
  return detail::reference_access::make(tag_, 0xffff'ffff, number);  // the index of no scheduler
}

error process_space::limit_error() const noexcept {
  if (table_.size() < table_.capacity()) return errc::system_limit;  // memory for the table was refused
  char text[64];
  const auto end = fmt::format_to_n(text, sizeof text, "max_processes: {} processes alive", table_.capacity());
  return error(errc::system_limit, std::string_view(text, end.size));
}

bool process_space::request_shutdown(control_block& p) noexcept {
  void* memory = memory::allocate(sizeof(signal));
  if (memory == nullptr) return false;
  auto* request = ::new (memory) signal;
  request->kind = signal_kind::shutdown_request;
  const push_result pushed = p.push_remote(request);
  if (pushed == push_result::closed) memory::deallocate(request);
  if (pushed == push_result::enqueue_receiver) group_.enqueue(p);
  return true;
}

/// Counted last here too: who reads that none is left finds none in the list.
void process_space::note_return(control_block& p) noexcept {
  {
    const sync::lock_guard lock(mutex_);
    sched::retired** at = &given_up_;
    while (*at != &p) at = &(*at)->next;
    *at = std::exchange(p.next, nullptr);
  }
  abandoned_.fetch_sub(1, sync::memory_order_release);
}

std::vector<process_space::abandoned_process> process_space::abandoned_processes() const {
  std::vector<abandoned_process> all;
  const sync::lock_guard lock(mutex_);
  for (const sched::retired* each = given_up_; each != nullptr; each = each->next) {
    const auto& p = static_cast<const control_block&>(*each);
    all.push_back({p.self_pid(), std::string(p.label_text())});
  }
  return all;
}

bool process_space::is_given_up(pid wanted) const noexcept {
  const sync::lock_guard lock(mutex_);
  const sched::retired* p = given_up_;
  while (p != nullptr && static_cast<const control_block&>(*p).self_pid() != wanted) p = p->next;
  return p != nullptr;
}

void process_space::report_unhandled(const control_block& p, const std::type_info& message) noexcept {
  report(log_level::warn, [&] {
    return fmt::format("process {} \"{}\" has no handler for a message of type {}", p.self_pid(), p.label_text(),
                       base::demangled(message));
  });
}

void process_space::report_memory(const control_block& p, const memory_limit_exceeded& why) noexcept {
  report(log_level::warn, [&] {
    return fmt::format("process {} \"{}\" is over its limit of memory: {}", p.self_pid(), p.label_text(), why.description());
  });
}

bool process_space::check_watched(os::time_point now) noexcept {
  return watch_list_.sweep(now, [this](watched& w, bool overdue) {
    const pid target = w.target;
    std::string label;  // as far as there is memory for it
    {
      const sched::epoch_guard guard(epochs());
      control_block* p = table_.find(target);
      if (p == nullptr) return true;
      if (!overdue) return p->has_seen_all();
      if (!p->is_in_user_code()) return p->has_seen_all();
      if (!watch_list_.note_in_user(w)) return false;
      const auto verdict = p->judge(w.killed);
      if (verdict != control_block::verdict::abandoned) return verdict == control_block::verdict::no_reason_to_die;
      try {
        label = p->label_text();
      } catch (const std::bad_alloc&) {
      }
    }
    report(log_level::error, [&] {
      return fmt::format("process {} \"{}\" did not end in time and is abandoned", target, label);
    });
    return true;
  });
}

void process_space::note_stuck(control_block& p) noexcept {
  giving_up_.store(true, sync::memory_order_relaxed);
  const sync::lock_guard lock(mutex_);
  sched::retired** at = &given_up_;
  while (*at != nullptr) at = &(*at)->next;
  *at = &p;
}

/// Release, each: pairs with `has_processes`, which looks at the table first.
void process_space::note_abandoned(const control_block& p) noexcept {
  leave_table(p);
  abandoned_.fetch_add(1, sync::memory_order_release);
  giving_up_.store(false, sync::memory_order_release);
}

}  // namespace foundation::proc
