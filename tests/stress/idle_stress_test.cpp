// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sched/idle.hpp"
#include "sched/inject_queue.hpp"
#include "sched/parker.hpp"
#include "sched/run_queue.hpp"
#include "support/scale.hpp"

namespace foundation::sched {
namespace {

struct job {
  job* queue_next = nullptr;
  int children = 0;                           // jobs to push when it runs
  bool waits = false;                         // then stays where it is until the children are done
  sync::atomic<int>* parent_waits = nullptr;  // counts the parent's children that are left
};

/// The smallest pool that goes by the protocol: queues, thieves, parking without a time limit. Whatever wake-up is
/// lost, somebody waits for ever.
class pool {
 public:
  explicit pool(std::uint32_t size) : idle_(size), workers_(size) {
    for (std::uint32_t index = 0; index != size; ++index)
      workers_[index].thread = sync::thread([this, index] { work(index); });
  }
  ~pool() {
    stop_.store(true);
    for (std::uint32_t index = 0; index != workers_.size(); ++index)
      if (idle_.unpark_specific(index)) workers_[index].place.unpark();
    for (auto& each : workers_) each.thread.join();
    EXPECT_EQ(idle_.counts().word(), 0u);
    EXPECT_TRUE(idle_.check_invariants());
  }

  void push(job* each) {
    injected_.push(each);
    wake_one();
  }
  void push_pinned(std::uint32_t index, job* each) {
    workers_[index].pinned.push(each);
    if (idle_.unpark_specific(index)) workers_[index].place.unpark();
  }
  void wait_for(std::size_t done) {
    while (done_.load() < done) caller_.park();
  }
  void wait_until_all_sleep() {
    while (idle_.counts().parked() != workers_.size()) os::relax();
  }

 private:
  struct alignas(base::cacheline) worker {
    run_queue<job, 8> queue;
    inject_queue<job> pinned{base::lock_rank::pinned_queue};
    parker place;
    sync::thread thread;
    bool searching = false;
  };

  void wake_one() {
    if (const auto index = idle_.notify_one()) workers_[*index].place.unpark();
  }

  void work(std::uint32_t index) {
    worker& self = workers_[index];
    for (;;) {
      if (job* each = own(self)) {
        stop_searching(self);
        run(self, each);
        continue;
      }
      if (!self.searching) self.searching = idle_.transition_to_searching(index);
      if (self.searching) {
        if (job* each = steal(index)) {
          stop_searching(self);
          run(self, each);
          continue;
        }
      }
      const bool look_again = idle_.transition_to_parked(index, self.searching);
      self.searching = false;
      if (look_again && something_queued()) wake_one();
      const bool own_work = stop_.load() || !self.pinned.empty_hint();
      if (!own_work) self.place.park();
      self.searching = idle_.transition_from_parked(index) == woken::to_search;
      if (stop_.load()) break;
    }
    stop_searching(self);
  }

  job* own(worker& self) {
    if (job* each = self.pinned.pop()) return each;
    if (job* each = self.queue.pop()) return each;
    return injected_.pop();
  }

  job* steal(std::uint32_t index) {
    for (std::uint32_t step = 1; step < workers_.size(); ++step) {
      job* first = nullptr;
      if (workers_[(index + step) % workers_.size()].queue.take_half_into(workers_[index].queue, &first) != 0)
        return first;
    }
    return nullptr;
  }

  bool something_queued() {
    for (auto& each : workers_)
      if (!each.queue.empty_hint()) return true;
    return !injected_.empty_hint();
  }

  void stop_searching(worker& self) {
    if (!self.searching) return;
    self.searching = false;
    if (idle_.transition_from_searching()) wake_one();
  }

  void run(worker& self, job* each) {
    sync::atomic<int> left{each->children};
    for (int i = 0; i != each->children; ++i) {
      auto* const child = new job{nullptr, 0, false, each->waits ? &left : nullptr};
      if (!self.queue.push(child)) injected_.push(child);
      wake_one();
    }
    while (each->waits && left.load() != 0) os::relax();
    if (each->parent_waits != nullptr) each->parent_waits->fetch_sub(1);
    delete each;
    done_.fetch_add(1);
    caller_.unpark();
  }

  idle idle_;
  std::vector<worker> workers_;
  inject_queue<job> injected_{base::lock_rank::inject_queue};
  sync::atomic<bool> stop_{false};
  sync::atomic<std::size_t> done_{0};
  parker caller_;
};

class idle_stress : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(idle_stress, a_single_push_always_wakes_somebody) {
  pool workers(GetParam());
  const std::size_t rounds = testing::scaled(20'000);
  for (std::size_t round = 1; round <= rounds; ++round) {
    workers.push(new job);
    workers.wait_for(round);
  }
}

TEST_P(idle_stress, a_push_to_a_sleeping_pool_wakes_somebody) {
  pool workers(GetParam());
  const std::size_t rounds = testing::scaled(5'000);
  for (std::size_t round = 1; round <= rounds; ++round) {
    workers.wait_until_all_sleep();
    workers.push(new job);
    workers.wait_for(round);
  }
}

TEST_P(idle_stress, work_that_makes_work_is_all_done) {
  pool workers(GetParam());
  const std::size_t rounds = testing::scaled(2'000);
  std::size_t expected = 0;
  for (std::size_t round = 0; round != rounds; ++round) {
    const int children = static_cast<int>(round % 20);
    expected += 1 + static_cast<std::size_t>(children);
    workers.push(new job{nullptr, children});
    if (round % 3 == 0) workers.wait_for(expected);
  }
  workers.wait_for(expected);
}

// Whoever pushes does not run it here, so that somebody else has to come.
TEST_P(idle_stress, work_pushed_to_a_queue_of_a_busy_scheduler_is_stolen) {
  if (GetParam() == 1) GTEST_SKIP() << "nobody else";
  pool workers(GetParam());
  const std::size_t rounds = testing::scaled(10'000);
  for (std::size_t round = 1; round <= rounds; ++round) {
    workers.push(new job);  // keeps another one awake, about to fall asleep
    workers.push(new job{nullptr, 1, true});
    workers.wait_for(3 * round);
  }
}

TEST_P(idle_stress, pinned_work_always_wakes_its_scheduler) {
  pool workers(GetParam());
  const std::size_t rounds = testing::scaled(20'000);
  for (std::size_t round = 1; round <= rounds; ++round) {
    workers.push_pinned(static_cast<std::uint32_t>(round % GetParam()), new job);
    if (round % 4 == 0) workers.wait_for(round);
  }
  workers.wait_for(rounds);
}

TEST_P(idle_stress, several_producers_at_once_lose_nothing) {
  pool workers(GetParam());
  const std::size_t each = testing::scaled(20'000);
  std::vector<sync::thread> producers;
  for (std::uint32_t producer = 0; producer != 2; ++producer) {
    producers.emplace_back([&, producer] {
      for (std::size_t i = 0; i != each; ++i) {
        if (i % 5 == producer)
          workers.push_pinned(static_cast<std::uint32_t>(i % GetParam()), new job);
        else
          workers.push(new job);
      }
    });
  }
  for (auto& producer : producers) producer.join();
  workers.wait_for(2 * each);
}

INSTANTIATE_TEST_SUITE_P(schedulers, idle_stress, ::testing::Values(1u, 2u, 3u, 5u));

}  // namespace
}  // namespace foundation::sched
