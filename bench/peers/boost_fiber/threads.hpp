// SPDX-License-Identifier: Apache-2.0
//
// The threads that run fibers, and how a fiber is started on them.
#pragma once

#include <boost/fiber/all.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "program.hpp"

namespace peer_fiber {

using bench::number;

/// The general queue between fibers of the library's examples (examples/ping_pong.cpp, performance/fiber/).
using channel = boost::fibers::buffered_channel<number>;

/// What a thread of work_stealing does when it finds no fiber: it goes on looking (the library's default), or sleeps
/// until one of its own fibers is ready, and until then steals none. The rows with work for two threads let them look;
/// where only one thing happens at a time, as with a ball or a token, looking makes the library slower by far.
enum class idle { spins, sleeps };

/// This thread and its helpers share their fibers while it lives: round_robin if there are no helpers, otherwise
/// work_stealing, set up as in the library's examples/work_stealing.cpp. One at a time and one in a program's life:
/// work_stealing keeps its threads in static variables.
class crew {
 public:
  crew(unsigned threads, idle when_idle) {
    for (unsigned i = 1; i < threads; ++i) {
      helpers_.emplace_back([=, this] {
        boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(threads, when_idle == idle::sleeps);
        std::unique_lock lock(mutex_);
        end_.wait(lock, [this] { return ended_; });
      });
    }
    if (threads == 1) {
      boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>();
    } else {
      boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(threads, when_idle == idle::sleeps);
    }
  }
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;
  ~crew() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    end_.notify_all();
    for (auto& h : helpers_) h.join();
  }

 private:
  std::mutex mutex_;
  boost::fibers::condition_variable_any end_;
  bool ended_ = false;
  std::vector<std::thread> helpers_;
};

/// The allocator of the library's performance/fiber/skynet_stealing_detach.cpp. It takes two pages a stack, which run
/// over here: a spinlock that is contended for makes a std::random_device, of 5,000 bytes in libstdc++.
inline boost::fibers::fixedsize_stack small_stacks() {
  using stack = boost::fibers::fixedsize_stack;
  return stack{4 * stack::traits_type::page_size()};
}

template <class F>
boost::fibers::fiber start(boost::fibers::launch how, F&& body) {
  return boost::fibers::fiber(how, std::allocator_arg, small_stacks(), std::forward<F>(body));
}

/// Starts a fiber whose result is the future's.
template <class F>
auto async(F&& body) {
  return boost::fibers::async(boost::fibers::launch::post, std::allocator_arg, small_stacks(), std::forward<F>(body));
}

/// Runs the body in a fiber of its own, because a thread's main fiber cannot be stolen. It has the default stack.
template <class F>
auto run(unsigned threads, idle when_idle, F&& body) {
  const crew all(threads, when_idle);
  return boost::fibers::async(boost::fibers::launch::post, std::forward<F>(body)).get();
}

}  // namespace peer_fiber
