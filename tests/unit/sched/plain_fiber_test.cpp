// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <foundation/fiber.hpp>

#include "os/os.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
namespace bf = boost::fibers;

/// Fibers that are no processes, started inside of them.
class PlainFiber : public RuntimeTest {
 protected:
  /// Runs `count` processes that each run `body(self, index)`, spread over the schedulers, and waits for them.
  template <typename Body>
  void run_on_all(unsigned count, Body body) {
    std::atomic<unsigned> done{0};
    for (unsigned i = 0; i < count; ++i) {
      fn::spawn(rt(), [&, i](fn::process& self) {
        body(self, i);
        done.fetch_add(1);
      }, {.scheduler = i % rt().schedulers()}).value();
    }
    wait_until([&] { return done == count; });
  }

  std::atomic<int> stacks_live{0};
};

TEST_F(PlainFiber, a_fiber_started_in_a_process_runs_beside_it_and_is_joined) {
  start();
  for (const auto launch : {bf::launch::post, bf::launch::dispatch}) {
    run_on_all(4, [&](fn::process& self, unsigned) {
      int steps = 0;
      bf::fiber fiber(launch, [&] {
        EXPECT_EQ(fn::current_process(), nullptr);
        for (; steps < 5; ++steps) boost::this_fiber::yield();
        boost::this_fiber::sleep_for(100us);
      });
      EXPECT_EQ(fn::current_process(), &self);
      fiber.join();
      EXPECT_EQ(fn::current_process(), &self);
      EXPECT_EQ(steps, 5);
      self.sleep(1us);
    });
  }
}

TEST_F(PlainFiber, a_fiber_may_send_and_spawn_and_dispatch_others) {
  start();
  run_on_all(2, [&](fn::process& self, unsigned) {
    bf::fiber fiber(bf::launch::dispatch, [&, me = self.id()] {
      bf::fiber inner(bf::launch::dispatch, [&] {
        boost::this_fiber::yield();
        fn::send(me, 1);
      });
      boost::this_fiber::yield();
      bf::fiber last(bf::launch::dispatch, [&] { fn::send(me, 2); });
      inner.join();
      last.join();
      static_cast<void>(fn::spawn(rt(), [me](fn::process&) { fn::send(me, 3); }));
    });
    int sum = 0;
    for (int i = 0; i < 3; ++i) self.receive([&](int n) { sum += n; });
    EXPECT_EQ(sum, 6);
    fiber.join();
  });
}

TEST_F(PlainFiber, exceptions_of_a_fiber_and_of_its_process_keep_apart) {
  start();
  run_on_all(2, [&](fn::process& self, unsigned) {
    for (const auto launch : {bf::launch::post, bf::launch::dispatch}) {
      try {
        throw 1;
      } catch (int) {
        bf::fiber fiber(launch, [&] {
          EXPECT_EQ(std::current_exception(), nullptr);
          try {
            throw 2L;
          } catch (long) {
            bf::fiber inner(launch, [] { EXPECT_EQ(std::current_exception(), nullptr); });
            boost::this_fiber::yield();
            EXPECT_THROW(throw, long);
            inner.join();
            EXPECT_THROW(throw, long);
          }
        });
        self.sleep(0s);
        EXPECT_THROW(throw, int);
        fiber.join();
        EXPECT_THROW(throw, int);
      }
    }
  });
}

TEST_F(PlainFiber, a_yielding_fiber_does_not_starve_the_processes_of_its_scheduler) {
  start({.schedulers = 1});
  std::atomic<bool> stop{false};
  run_on_all(2, [&](fn::process& self, unsigned me) {
    if (me == 0) {
      bf::fiber([&] {
        while (!stop) boost::this_fiber::yield();
      }).join();
    } else {
      self.sleep(1us);
      for (int i = 0; i < 100; ++i) self.sleep(0s);
      stop = true;
    }
  });
}

TEST_F(PlainFiber, processes_that_compute_do_not_starve_a_sleeping_fiber) {
  start({.schedulers = 1});
  std::atomic<bool> slept{false};
  run_on_all(1, [&](fn::process& self, unsigned) {
    bf::fiber fiber([&] {
      boost::this_fiber::sleep_for(1ms);
      slept = true;
    });
    while (!slept) self.consume(100);
    fiber.join();
  });
}

/// Counts the stacks of fibers.
struct counted_stack {
  std::atomic<int>* live;
  boost::context::fixedsize_stack inner{};
  boost::context::stack_context allocate() {
    ++*live;
    return inner.allocate();
  }
  void deallocate(boost::context::stack_context& stack) noexcept {
    --*live;
    inner.deallocate(stack);
  }
};

TEST_F(PlainFiber, fibers_that_ended_are_given_back_on_a_scheduler_that_never_rests) {
  start({.schedulers = 1});
  auto& live = stacks_live;
  int most = 0;
  run_on_all(1, [&](fn::process&, unsigned) {
    for (int i = 0; i < 500; ++i) {
      bf::fiber(bf::launch::post, std::allocator_arg, counted_stack{&live}, [] {}).join();
      most = std::max(most, live.load());
    }
  });
  stop();
  if (!os::building_with_tsan) {  // with it they are kept to the last, see scheduler::bury_plain
    EXPECT_LT(most, 200);
  }
  EXPECT_EQ(live, 0);
}

TEST_F(PlainFiber, a_runtime_waits_for_a_fiber_that_was_detached) {
  start({.schedulers = 1});
  std::atomic<bool> ended{false};
  run_on_all(1, [&](fn::process&, unsigned) {
    bf::fiber([&] {
      boost::this_fiber::sleep_for(20ms);
      ended = true;
    }).detach();
  });
  stop();
  EXPECT_TRUE(ended);
}

using PlainFiberDeathTest = PlainFiber;

TEST_F(PlainFiberDeathTest, a_wait_of_a_process_called_from_another_fiber_ends_the_program) {
  EXPECT_DEATH(
      {
        start();
        run_on_all(1, [&](fn::process& self, unsigned) {
          bf::fiber([&] { self.receive([](int) {}); }).join();
        });
      },
      "not the process's own");
}

}  // namespace
}  // namespace foundation::testing
