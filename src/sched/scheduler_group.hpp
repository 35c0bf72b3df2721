// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/base.hpp"
#include "memory/memory.hpp"
#include "os/os.hpp"
#include "sched/idle.hpp"
#include "sched/inject_queue.hpp"
#include "sched/monitor.hpp"
#include "sched/runnable.hpp"
#include "sched/scheduler.hpp"

namespace foundation::sched {

struct group_options {
  unsigned schedulers = 1;
  const char* name = "";                   ///< copied; the head of the threads' names
  std::size_t stack_size = memory::default_stack_size;
  memory::guard_mode guard = memory::guard_mode::automatic;
  std::uint64_t seed = 0;                  ///< of stealing order, and of all that the hostile build randomises
};

/// How a thread's time as a scheduler went.
enum class lending : std::uint8_t {
  ended,    ///< it ran, and has left
  taken,    ///< another thread is lent
  refused,  ///< memory was refused
  in_a_fiber,  ///< called by a fiber of Boost.Fiber's, not by the thread's own
};

/// The schedulers of one runtime, and what they share: the injected work, the idle protocol, the stacks, the monitor.
///
/// Life: made, `start()`ed, used, `stop()`ped, destroyed. `start` either has every thread running or none.
class scheduler_group {
 public:
  explicit scheduler_group(const group_options& options);
  ~scheduler_group();
  scheduler_group(const scheduler_group&) = delete;
  scheduler_group& operator=(const scheduler_group&) = delete;

  /// Starts its own threads. False when one could not be made: then none runs.
  [[nodiscard]] bool start(monitor_hooks hooks) noexcept;

  /// Lends the calling thread, one of the host's, as one more scheduler until it is asked to stop, or the group ends.
  [[nodiscard]] lending run_lent(const std::stop_token& until) noexcept;

  /// Ends every thread, and waits until one that is lent has left; pre: no process is left. Called from a thread of the host's.
  void stop() noexcept;

  /// Ends what can be ended when a survivor keeps a thread or a carrier: the rest is left behind for ever. The group must
  /// then never be destroyed.
  void detach() noexcept;

  // -- any thread ------------------------------------------------------------------------------------------------------

  /// Makes `r` ready: on the calling scheduler when it is one of this group's, else through the shared queue.
  void enqueue(runnable& r) noexcept;

  /// Those with a thread of their own.
  [[nodiscard]] unsigned size() const noexcept { return places() - 1; }
  /// And the place, the last one, for a thread of the host's that is lent. It is there also when no thread is; then it sleeps
  /// and has no work, and the first scheduler looks after its timers.
  [[nodiscard]] unsigned places() const noexcept { return static_cast<unsigned>(schedulers_.size()); }
  [[nodiscard]] scheduler& lent_place() const noexcept { return *schedulers_.back(); }
  [[nodiscard]] scheduler& at(unsigned index) noexcept { return *schedulers_[index]; }
  [[nodiscard]] memory::stack_pool& stacks() noexcept { return stacks_; }
  [[nodiscard]] class monitor& monitor() noexcept { return monitor_; }
  [[nodiscard]] const char* name() const noexcept { return name_; }

  // -- schedulers ------------------------------------------------------------------------------------------------------

  void inject(runnable& r) noexcept;
  [[nodiscard]] runnable* pop_injected() noexcept;
  /// Of that priority alone (normal: and low).
  [[nodiscard]] runnable* pop_injected(foundation::priority p) noexcept { return queue_of(p).pop(); }
  /// Whether anything of more than normal priority was ever made ready: until then nobody looks for it. Set before it is
  /// queued; who reads too early a value misses what it would find in the queue a moment later.
  [[nodiscard]] bool has_urgent() const noexcept { return urgent_.load(sync::memory_order_relaxed); }
  /// Before `r` is queued.
  void note_priority(const runnable& r) noexcept {
    if (r.priority > foundation::priority::normal && !has_urgent()) urgent_.store(true, sync::memory_order_relaxed);
  }
  [[nodiscard]] bool has_shared_work() const noexcept;
  [[nodiscard]] std::size_t shared_work() const noexcept;
  /// Of one that is pinned, or off the schedulers.
  void enqueue_pinned(runnable& r) noexcept;

  /// After work was made stealable: wakes one scheduler, if one sleeps and none is looking already.
  void notify_one() noexcept;
  /// The same if anything stealable is there.
  void notify_if_there_is_work() noexcept;
  void unpark(scheduler& s) noexcept;
  /// After arming a timer there: whoever sleeps until its timers are due goes on.
  void wake_for_timer(scheduler& s) noexcept;
  [[nodiscard]] class idle& idle() noexcept { return idle_; }
  void note_activity() noexcept { monitor_.note_activity(); }

  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(sync::memory_order_acquire); }
  [[nodiscard]] std::optional<memory::stack> acquire_stack(stack_request kind) noexcept;

  // -- policy: what the hostile build turns around ------------------------------------------------------------------------

  [[nodiscard]] static std::uint32_t slice_budget(os::random_generator& random) noexcept {
    return base::hostile ? 1 + random.below(64) : sched::slice_budget;
  }
  [[nodiscard]] static bool use_run_next(os::random_generator& random) noexcept {
    return !base::hostile || random.below(2) == 0;
  }
  /// What a scheduler makes ready goes to the shared queue and not to its own; what is on its own can be stolen.
  [[nodiscard]] bool hand_over(os::random_generator& random) const noexcept { return at_random(random, 2); }
  /// After it has handed something over a scheduler looks past the shared queue so often: others shall have it. Not for the
  /// last look before it sleeps.
  static constexpr unsigned looks_past_shared = 100;
  /// A process whose slice is over leaves its scheduler though nobody waits for it.
  [[nodiscard]] bool leave_though_alone(os::random_generator& random) const noexcept { return at_random(random, 2); }
  /// A scheduler takes work from others though it has some.
  [[nodiscard]] bool steal_first(os::random_generator& random) const noexcept { return at_random(random, 8); }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  /// Looks for work this often before a scheduler sleeps: a few microseconds; none where there is nobody to steal from.
  [[nodiscard]] unsigned spins() const noexcept { return size() > 1 ? 64 : 0; }

 private:
  static void thread_started(void* self, bool ok) noexcept;
  /// Once in `n` times in the hostile build, where there is another scheduler; else never.
  [[nodiscard]] bool at_random(os::random_generator& random, std::uint32_t n) const noexcept {
    return base::hostile && size() > 1 && random.below(n) == 0;
  }
  [[nodiscard]] inject_queue<runnable>& queue_of(foundation::priority p) noexcept {
    return p == foundation::priority::max ? max_ : p == foundation::priority::high ? high_ : normal_;
  }

  memory::stack_pool stacks_;
  const std::size_t stack_size_;
  const memory::guard_mode guard_;
  const std::uint64_t seed_;
  char name_[16];
  sync::atomic<bool> stopping_{false};
  sync::atomic<bool> urgent_{false};        // never cleared
  sync::atomic<std::uint32_t> started_{0};  // threads that have come up; start() waits on it
  sync::atomic<bool> failed_{false};
  inject_queue<runnable> max_{base::lock_rank::inject_queue};
  inject_queue<runnable> high_{base::lock_rank::inject_queue};
  inject_queue<runnable> normal_{base::lock_rank::inject_queue};
  class idle idle_;
  std::vector<std::unique_ptr<scheduler>> schedulers_;
  std::vector<sync::thread> threads_;
  sync::atomic<std::uint32_t> lent_{0};     // 1: a thread is, or is about to be; also the futex that stop() waits on
  class monitor monitor_;
};

}  // namespace foundation::sched
