// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <foundation/fiber.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "process/process.hpp"
#include "process/runtime_access.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct go {};

unsigned scheduler_index() { return sched::scheduler::current()->index(); }

/// Moves the calling process to another scheduler: it waits, and who wakes it keeps this scheduler until it has gone on
/// elsewhere, or for a while: all schedulers may be kept by such.
void migrate(fn::process& self) {
  const unsigned here = scheduler_index();
  do {
    const auto arrived = std::make_shared<std::atomic<bool>>(false);
    static_cast<void>(fn::spawn(self, [to = self.id(), arrived](fn::process&) {
      fn::send(to, go{});
      for (int i = 0; i < 5'000 && !*arrived; ++i) std::this_thread::yield();
    }, {.scheduler = here}));
    self.receive([](go) {});
    *arrived = true;
  } while (scheduler_index() == here);
}

class Carrier : public RuntimeTest {
 protected:
  sched::scheduler_group& group() { return fn::detail::runtime_access::space(rt())->group(); }
  std::uint32_t carriers() {
    std::uint32_t sum = 0;
    for (unsigned i = 0; i < group().size(); ++i) sum += group().at(i).live_carriers();
    return sum;
  }

  /// Nothing runs and nobody looks for work.
  bool everyone_sleeps() {
    for (unsigned i = 0; i < group().size(); ++i) {
      if (!group().at(i).is_asleep()) return false;
    }
    return true;
  }

  /// Runs `body` in `count` processes at once and waits for them.
  template <typename Body>
  void run(int count, Body body) {
    std::atomic<int> done{0};
    for (int i = 0; i < count; ++i) {
      fn::spawn(rt(), [&](fn::process& self) {
        body(self);
        ++done;
      }).value();
    }
    wait_until([&] { return done == count; });
  }
};

// -- exceptions --------------------------------------------------------------------------------------------------------------

TEST_F(Carrier, an_exception_is_caught_and_rethrown_on_another_thread) {
  start();
  run(3, [](fn::process& self) {
    for (int round = 0; round < 5; ++round) {
      const auto thrower = [&] {
        try {
          throw std::runtime_error("one " + std::to_string(round));
        } catch (const std::runtime_error& e) {
          const std::exception_ptr held = std::current_exception();
          migrate(self);
          EXPECT_EQ(std::current_exception(), held);
          EXPECT_EQ(std::uncaught_exceptions(), 0);
          EXPECT_EQ(e.what(), "one " + std::to_string(round));
          throw;
        }
      };
      try {
        thrower();
        ADD_FAILURE() << "nothing came";
      } catch (const std::exception& e) {
        EXPECT_EQ(e.what(), "one " + std::to_string(round));
        self.sleep(1us);
      }
      EXPECT_EQ(std::current_exception(), nullptr);
    }
  });
}

TEST_F(Carrier, waits_inside_nested_catch_blocks_keep_the_exceptions_of_each_process) {
  start();
  run(6, [](fn::process& self) {
    for (int round = 0; round < 10; ++round) {
      try {
        throw round;
      } catch (int outer) {
        self.sleep(0s);
        try {
          throw std::string(std::to_string(round));
        } catch (const std::string& inner) {
          self.sleep(1us);
          if (round % 5 == 0) migrate(self);
          EXPECT_EQ(inner, std::to_string(round));
          EXPECT_THROW(throw, std::string);
          self.consume(5000);
        }
        EXPECT_EQ(outer, round);
        EXPECT_THROW(throw, int);
      }
      EXPECT_EQ(std::current_exception(), nullptr);
    }
  });
}

TEST_F(Carrier, a_wait_in_a_destructor_during_unwinding_keeps_the_count_of_uncaught_exceptions) {
  start();
  run(4, [](fn::process& self) {
    struct waits_when_destroyed {
      fn::process& self;
      ~waits_when_destroyed() {
        EXPECT_EQ(std::uncaught_exceptions(), 1);
        self.sleep(1us);
        EXPECT_EQ(std::uncaught_exceptions(), 1);
        migrate(self);
        EXPECT_EQ(std::uncaught_exceptions(), 1);
        try {
          throw 2;
        } catch (int) {
          self.sleep(0s);
        }
        EXPECT_EQ(std::uncaught_exceptions(), 1);
      }
    };
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    try {
      const waits_when_destroyed object{self};
      throw 1;
    } catch (int) {
      self.sleep(0s);
      EXPECT_EQ(std::uncaught_exceptions(), 0);
    }
  });
}

TEST_F(Carrier, an_exception_travels_from_process_to_process) {
  start();
  std::atomic<int> seen{0};
  const fn::pid receiver = fn::spawn(rt(), [&](fn::process& self) {
                             const auto got = self.receive([](std::exception_ptr e) { return e; });
                             migrate(self);
                             try {
                               std::rethrow_exception(*got);
                             } catch (int n) {
                               seen = n;
                             }
                           }).value();
  fn::spawn(rt(), [&](fn::process& self) {
    try {
      throw 7;
    } catch (...) {
      fn::send(receiver, std::current_exception());
      self.sleep(1us);
    }
  }).value();
  wait_until([&] { return seen == 7; });
}

TEST_F(Carrier, a_catch_block_survives_a_boost_wait_and_what_others_throw_meanwhile) {
  start();
  run(4, [](fn::process&) {
    try {
      throw std::string("kept");
    } catch (const std::string&) {
      for (int i = 0; i < 20; ++i) {
        boost::this_fiber::yield();
        try {
          throw i;
        } catch (int) {
          boost::this_fiber::sleep_for(10us);
        }
      }
      EXPECT_THROW(throw, std::string);
    }
  });
}

// -- lending ------------------------------------------------------------------------------------------------------------------

struct counter {
  using messages = fn::messages<int>;
  std::atomic<int>* turns;
  void handle(fn::process&, int) { ++*turns; }
};

TEST_F(Carrier, handlers_between_two_turns_have_none) {
  start();
  std::atomic<int> turns{0};
  std::vector<fn::pid> all;
  for (int i = 0; i < 500; ++i) all.push_back(fn::spawn(rt(), counter{&turns}).value());
  for (const fn::pid p : all) fn::send(p, 1);
  wait_until([&] { return turns == 500; });
  EXPECT_LE(carriers(), 10u);
}

TEST_F(Carrier, blocked_processes_keep_theirs_and_give_them_back_at_their_end) {
  start();
  const std::size_t count = 400;
  std::vector<fn::pid> all;
  std::atomic<std::size_t> waiting{0};
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(fn::spawn(rt(), [&](fn::process& self) {
                    ++waiting;
                    self.receive([](go) {});
                    --waiting;
                  }).value());
  }
  wait_until([&] { return waiting == count; });
  for (const fn::pid p : all) fn::send(p, go{});
  wait_until([&] { return rt().process_count() == 0; });
  EXPECT_EQ(waiting, 0u);
  wait_until([&] { return carriers() <= 2 * 70; });  // kept for reuse, up to a bound
}

// -- running out ---------------------------------------------------------------------------------------------------------------

sync::atomic<bool> refuse{false};

constexpr os::memory_calls refusing{
    .mmap = [](void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept -> void* {
      if (refuse.load()) {
        errno = ENOMEM;
        return MAP_FAILED;
      }
      return os::system_memory_calls().mmap(at, bytes, protection, flags, file, offset);
    },
    .munmap = [](void* at, std::size_t bytes) noexcept { return os::system_memory_calls().munmap(at, bytes); },
    .madvise = [](void* at, std::size_t bytes,
                  int advice) noexcept { return os::system_memory_calls().madvise(at, bytes, advice); },
    .mprotect = [](void* at, std::size_t bytes,
                   int protection) noexcept { return os::system_memory_calls().mprotect(at, bytes, protection); },
};

/// The system refuses stacks while `refuse` is set.
class CarrierRefused : public Carrier {
 protected:
  ~CarrierRefused() override { refuse = false; }

  /// A runtime whose threads, and this one, have had from the system all that they need beside stacks.
  void start_warm(unsigned schedulers) {
    start({.schedulers = schedulers});
    for (unsigned i = 0; i < schedulers; ++i) {
      wait_dead(fn::spawn(rt(), [](fn::process& self) { fn::send(self.id(), 1); }, {.scheduler = i}).value());
    }
  }

  os::scoped_memory_calls calls{refusing};
};

TEST_F(CarrierRefused, a_wait_says_so_and_everything_goes_on_when_there_is_memory_again) {
  start_warm(1);
  refuse = true;
  std::vector<fn::pid> all;
  std::atomic<int> waiting{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 200; ++i) {  // more than the slab of stacks that was mapped at the start has
    all.push_back(fn::spawn(rt(), [&](fn::process& self) {
                    ++waiting;
                    for (;;) {
                      const auto got = self.receive([](go) {});
                      if (got) break;
                      EXPECT_EQ(got.error().code(), fn::errc::system_limit);
                      ++refused;
                      self.sleep(0s);
                      if (refused > 20) refuse = false;
                    }
                    --waiting;
                  }).value());
  }
  wait_until([&] { return waiting == 200; });
  EXPECT_GT(refused, 20);
  for (const fn::pid p : all) fn::send(p, go{});
  wait_until([&] { return rt().process_count() == 0; });
}

TEST_F(CarrierRefused, one_that_owns_its_carrier_is_resumed_though_boost_waits_hold_all_others) {
  for (const unsigned schedulers : {1u, 2u}) {
    start_warm(schedulers);
    std::atomic<bool> owner_waits{false};
    std::atomic<bool> owner_done{false};
    boost::fibers::promise<void> gate;
    auto open = gate.get_future().share();
    const fn::pid owner = fn::spawn(rt(), [&](fn::process& self) {
                            owner_waits = true;
                            self.receive([](go) {});
                            owner_done = true;
                            gate.set_value();
                          }).value();
    wait_until([&] { return owner_waits.load(); });
    refuse = true;
    std::atomic<int> ended{0};
    constexpr int more_than_there_are = 150;
    for (int i = 0; i < more_than_there_are; ++i) {
      fn::spawn(rt(), [&, open](fn::process&) {
        open.wait();
        ++ended;
      }).value();
    }
    wait_until([&] { return everyone_sleeps(); });
    EXPECT_EQ(ended, 0);
    fn::send(owner, go{});
    wait_until([&] { return owner_done.load(); });
    wait_until([&] { return ended == more_than_there_are; });  // their carriers serve the others
    refuse = false;
    stop();
  }
}

TEST_F(CarrierRefused, a_stack_of_its_own_size_is_waited_for_without_holding_others_up) {
  start_warm(1);
  refuse = true;
  std::atomic<bool> big_ran{false};
  fn::spawn(rt(), [&](fn::process&) { big_ran = true; }, {.stack_size = 1 << 20}).value();
  std::atomic<int> small_ran{0};
  for (int i = 0; i < 20; ++i) fn::spawn(rt(), [&](fn::process&) { ++small_ran; }).value();
  wait_until([&] { return small_ran == 20; });
  EXPECT_FALSE(big_ran);
  refuse = false;
  wait_until([&] { return big_ran.load(); });
}

}  // namespace
}  // namespace foundation::testing
