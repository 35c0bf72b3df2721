// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "os/os.hpp"
#include "process/process.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

struct token {
  int steps;
};

/// Processes that wait in every way there is, with exceptions in flight, on schedulers that take them from one another.
class Migration : public RuntimeTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  /// A wait of one kind or another.
  static void wait_somehow(fn::process& self, os::random_generator& random) {
    switch (random.below(5)) {
      case 0: self.sleep(0s); break;
      case 1: self.sleep(std::chrono::microseconds(random.below(100))); break;
      case 2: self.consume(static_cast<std::uint32_t>(random.below(5000))); break;
      case 3:
        static_cast<void>(fn::spawn(self, [to = self.id()](fn::process&) { fn::send(to, token{0}); }));
        self.receive([](token) {});
        break;
      default: self.receive([](long) {}, fn::after(10us)); break;
    }
  }
};

/// Throws at some depth, waits in the handlers on the way back, and counts that each saw its own.
void throw_through(fn::process& self, os::random_generator& random, int depth, void (*wait)(fn::process&, os::random_generator&)) {
  struct on_the_way {
    fn::process& self;
    os::random_generator& random;
    int uncaught = std::uncaught_exceptions();
    void (*wait)(fn::process&, os::random_generator&);
    ~on_the_way() {
      EXPECT_EQ(std::uncaught_exceptions(), uncaught + 1);
      wait(self, random);
      EXPECT_EQ(std::uncaught_exceptions(), uncaught + 1);
    }
  };
  if (depth == 0) throw std::runtime_error(std::to_string(self.id() < fn::pid{} ? 0 : 1));
  const on_the_way unwound{self, random, std::uncaught_exceptions(), wait};
  try {
    throw_through(self, random, depth - 1, wait);
  } catch (const std::exception&) {
    const auto mine = std::current_exception();
    wait(self, random);
    EXPECT_EQ(std::current_exception(), mine);
    throw;
  }
}

TEST_P(Migration, exceptions_stay_with_their_processes) {
  start({.schedulers = GetParam()});
  constexpr int count = 40;
  const int rounds = static_cast<int>(scaled(100, 3));
  std::atomic<int> ended{0};
  for (int i = 0; i < count; ++i) {
    fn::spawn(rt(), [&, i](fn::process& self) {
      os::random_generator random(static_cast<std::uint64_t>(i));
      for (int round = 0; round < rounds; ++round) {
        try {
          throw_through(self, random, 1 + static_cast<int>(random.below(4)), &wait_somehow);
        } catch (const std::exception&) {
          wait_somehow(self, random);
        }
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        EXPECT_EQ(std::current_exception(), nullptr);
      }
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == count; });
}

TEST_P(Migration, frames_are_whole_wherever_they_are_resumed) {
  start({.schedulers = GetParam()});
  constexpr int count = 60;
  const int rounds = static_cast<int>(scaled(1'000, 20));
  std::atomic<int> ended{0};
  std::atomic<long> moves{0};
  for (int i = 0; i < count; ++i) {
    fn::spawn(rt(), [&, i](fn::process& self) {
      os::random_generator random(static_cast<std::uint64_t>(i));
      std::vector<int> numbers;
      auto owned = std::make_unique<int>(0);
      unsigned last = sched::scheduler::current()->index();
      for (int round = 0; round < rounds; ++round) {
        wait_somehow(self, random);
        const unsigned here = sched::scheduler::current()->index();
        if (std::exchange(last, here) != here) moves.fetch_add(1, std::memory_order_relaxed);
        numbers.push_back(round);
        ASSERT_EQ((*owned)++, round);
        ASSERT_EQ(fn::current_process(), &self);
      }
      EXPECT_EQ(numbers.back(), rounds - 1);
      ++ended;
    }).value();
  }
  wait_until([&] { return ended == count; });
  EXPECT_GT(moves, 0);
}

TEST_P(Migration, killed_at_any_moment_every_frame_is_unwound) {
  start({.schedulers = GetParam()});
  struct counted {
    std::atomic<int>* live;
    explicit counted(std::atomic<int>& count) : live(&count) { ++*live; }
    counted(const counted&) = delete;
    ~counted() { --*live; }
  };
  std::atomic<int> live{0};
  os::random_generator random(7);
  const std::size_t rounds = scaled(3'000, 100);
  for (std::size_t i = 0; i < rounds; ++i) {
    const fn::pid p = fn::spawn(rt(), [&live, i](fn::process& self) {
                        os::random_generator mine(i);
                        const counted outer(live);
                        for (;;) {
                          const counted inner(live);
                          try {
                            throw 1;
                          } catch (int) {
                            const counted handler(live);
                            wait_somehow(self, mine);
                          }
                        }
                      }).value();
    for (auto spin = random.below(2'000); spin > 0; --spin) os::relax();
    fn::exit(p, fn::exit_kind::kill);
  }
  wait_until([&] { return rt().process_count() == 0; });
  EXPECT_EQ(live, 0);
}

INSTANTIATE_TEST_SUITE_P(schedulers, Migration, ::testing::Values(4u));
INSTANTIATE_TEST_SUITE_P(nightly, Migration, ::testing::Values(2u, 3u, 8u));

}  // namespace
}  // namespace foundation::testing
