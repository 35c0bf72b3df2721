// SPDX-License-Identifier: Apache-2.0
#include "os/signal_stack.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/base.hpp"
#include "os/virtual_memory.hpp"

namespace foundation::os {

namespace {

constexpr int watched[] = {SIGSEGV, SIGBUS};
constexpr std::size_t watched_count = 2;

/// What is below ours in the chain.
///
/// The handler reads `previous` without a lock: it is written before ours is installed, and the kernel orders
/// sigaction() before the signals that follow. It stays readable after ours is removed, for a handler that began
/// before.
struct chain_link {
  struct sigaction previous = {};
  bool in_chain = false;  // under the lock: ours has been installed and not yet removed, on top or buried
};

/// The program's one set of handlers: everything in it outlives every thread, since a handler may run at any time.
struct handler_state {
  sync::mutex mutex{base::lock_rank::signal_handlers};
  unsigned users FOUNDATION_GUARDED_BY(mutex) = 0;
};

chain_link links[watched_count];
constinit sync::atomic<overflow_reporter> asked{nullptr};
constinit sync::atomic<bool> in_use{false};  // mirrors `users != 0` for the handler

handler_state& state() noexcept {
  static handler_state instance;
  return instance;
}

/// Does what the system would have done without us: the default action, for a fault by faulting once more.
void die_by(int signal, const siginfo_t* info) noexcept {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  // A fault repeats itself when we return, with its true address; what kill() sent has to be sent again. It is blocked
  // until we return.
  if (info->si_code <= 0) ::raise(signal);
}

void pass_on(int signal, siginfo_t* info, void* context, const struct sigaction& to) noexcept {
  if ((to.sa_flags & SA_SIGINFO) != 0) {
    to.sa_sigaction(signal, info, context);
  } else if (to.sa_handler == SIG_DFL) {
    die_by(signal, info);
  } else if (to.sa_handler == SIG_IGN) {
    if (info->si_code > 0) die_by(signal, info);  // the kernel does not let a real fault be ignored
  } else {
    to.sa_handler(signal);
  }
}

void on_fault(int signal, siginfo_t* info, void* context) noexcept {
  const int errno_kept = errno;
  if (in_use.load(sync::memory_order_acquire)) {
    const overflow_reporter reporter = asked.load(sync::memory_order_acquire);
    if (reporter != nullptr) static_cast<void>(reporter(info->si_addr));
  }
  for (std::size_t i = 0; i < watched_count; ++i) {
    if (watched[i] != signal) continue;
    errno = errno_kept;
    pass_on(signal, info, context, links[i].previous);
  }
  errno = errno_kept;
}

bool is_ours(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_fault;
}

/// Puts ours on top, unless it already is somewhere in the chain (H3).
bool install(int signal, chain_link& link) noexcept {
  struct sigaction current = {};
  if (::sigaction(signal, nullptr, &current) != 0) return false;
  if (is_ours(current)) return true;
  // Buried, unless somebody has reset the signal to its default.
  const bool is_default = (current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == SIG_DFL;
  if (link.in_chain && !is_default) return true;
  link.previous = current;  // H4

  // The handler below shall run under the conditions it asked for.
  struct sigaction ours = {};
  ours.sa_sigaction = on_fault;
  ours.sa_mask = current.sa_mask;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (current.sa_flags & (SA_RESTART | SA_NODEFER));
  link.in_chain = ::sigaction(signal, &ours, nullptr) == 0;
  return link.in_chain;
}

void uninstall(int signal, chain_link& link) noexcept {
  struct sigaction current = {};
  if (!link.in_chain) return;
  if (::sigaction(signal, nullptr, &current) != 0 || !is_ours(current)) return;  // H2
  link.in_chain = ::sigaction(signal, &link.previous, nullptr) != 0;
}

}  // namespace

overflow_reporter set_overflow_reporter(overflow_reporter reporter) noexcept {
  return asked.exchange(reporter, sync::memory_order_acq_rel);
}

bool acquire_overflow_handler() noexcept {
  handler_state& s = state();
  const sync::lock_guard lock(s.mutex);
  if (s.users == 0) {
    for (std::size_t i = 0; i < watched_count; ++i) {
      if (install(watched[i], links[i])) continue;
      for (std::size_t done = 0; done < i; ++done) uninstall(watched[done], links[done]);
      return false;
    }
    in_use.store(true, sync::memory_order_release);
  }
  ++s.users;
  return true;
}

void release_overflow_handler() noexcept {
  handler_state& s = state();
  const sync::lock_guard lock(s.mutex);
  FOUNDATION_CHECK(s.users > 0, "release_overflow_handler: released more often than acquired");
  if (--s.users > 0) return;
  in_use.store(false, sync::memory_order_release);
  for (std::size_t i = 0; i < watched_count; ++i) uninstall(watched[i], links[i]);
}

thread_signal_stack::thread_signal_stack() noexcept {
  stack_t present = {};
  if (::sigaltstack(nullptr, &present) != 0) return;
  if ((present.ss_flags & SS_DISABLE) == 0) {
    active_ = true;
    return;
  }
  constexpr std::size_t enough_to_report = 64 * 1024;  // wide vector registers alone take 3 to 11 KiB of a signal frame
  const auto minimum = static_cast<std::size_t>(std::max(::sysconf(_SC_SIGSTKSZ), 0L));
  const std::size_t page = page_size();
  size_ = (std::max(enough_to_report, minimum) + page - 1) / page * page;
  memory_ = reserve(size_);
  if (memory_ == nullptr) return;
  stack_t ours = {};
  ours.ss_sp = memory_;
  ours.ss_size = size_;
  active_ = ::sigaltstack(&ours, nullptr) == 0;
}

thread_signal_stack::~thread_signal_stack() {
  if (memory_ == nullptr) return;
  stack_t present = {};
  if (::sigaltstack(nullptr, &present) == 0 && present.ss_sp == memory_) {
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  os::release(memory_, size_);
}

}  // namespace foundation::os
