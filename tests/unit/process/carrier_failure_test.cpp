// SPDX-License-Identifier: Apache-2.0
//
// Address space refused: no runtime, or one that goes on with the stacks it has (D2).
#include <sys/mman.h>

#include <atomic>
#include <boost/fiber/future.hpp>
#include <cerrno>

#include "os/os.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

/// The system's memory calls, of which a test refuses the n-th mmap, or all.
class mapping_probe {
 public:
  mapping_probe() : scope_(table()) {
    countdown_ = 0;
    refuse_all_ = false;
    refused_ = 0;
  }
  void refuse_nth(long n) noexcept { countdown_ = n; }
  void refuse_all(bool yes = true) noexcept { refuse_all_ = yes; }
  [[nodiscard]] long refused() const noexcept { return refused_; }

 private:
  static void* map(void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
    if (refuse_all_ || (countdown_ > 0 && countdown_-- == 1)) {
      ++refused_;
      errno = ENOMEM;
      return MAP_FAILED;
    }
    return os::system_memory_calls().mmap(at, bytes, protection, flags, file, offset);
  }
  static const os::memory_calls& table() noexcept {
    static const os::memory_calls refusing = [] {
      os::memory_calls calls = os::system_memory_calls();
      calls.mmap = map;
      return calls;
    }();
    return refusing;
  }

  static inline std::atomic<long> countdown_{0};
  static inline std::atomic<bool> refuse_all_{false};
  static inline std::atomic<long> refused_{0};
  os::scoped_memory_calls scope_;
};

class CarrierFailure : public RuntimeTest {
 protected:
  void TearDown() override {
    mappings.refuse_all(false);
    RuntimeTest::TearDown();
  }

  /// Blocks processes in a receive until no stack is left for the others; each answers a number to `answers`.
  std::vector<fn::pid> use_up_the_stacks() {
    std::atomic<int> waiting{0};
    std::atomic<bool> refused{false};
    std::vector<fn::pid> blocked;
    while (!refused) {
      const int before = waiting;
      blocked.push_back(fn::spawn(rt(), [&, this](fn::process& self) {
                          ++waiting;
                          const auto got = self.receive([](int n) { return n; });
                          if (got) {  // the locals of this function are gone by then
                            answers += *got;
                          } else if (got.error() == fn::errc::system_limit) {
                            refused = true;
                          }
                        }).value());
      wait_until([&] { return waiting > before; });
      // It blocks, or is refused and ends.
      wait_dead(fn::spawn(rt(), [](fn::process&) {}).value());
    }
    wait_dead(blocked.back());
    blocked.pop_back();
    return blocked;
  }

  mapping_probe mappings;
  std::atomic<int> answers{0};
};

TEST_F(CarrierFailure, while_a_runtime_is_made_makes_none_or_one_that_works) {
  for (long n = 1;; ++n) {
    const long before = mappings.refused();
    mappings.refuse_nth(n);
    auto made = fn::runtime::create({.schedulers = 2});
    if (made) {
      watched_runtime works(*std::move(made));
      std::atomic<bool> ran{false};
      const auto p = fn::spawn(works, [&](fn::process& self) {
        static_cast<void>(self.sleep(1us));
        ran = true;
      });
      if (p) wait_until([&] { return ran.load(); });
    } else {
      EXPECT_EQ(made.error().code(), fn::errc::system_limit);
    }
    mappings.refuse_nth(0);
    if (mappings.refused() == before) break;
  }
}

TEST_F(CarrierFailure, is_the_error_of_the_wait_for_which_no_stack_is_left) {
  start({.schedulers = 1});
  mappings.refuse_all();
  const auto blocked = use_up_the_stacks();
  EXPECT_GT(mappings.refused(), 0);
  EXPECT_GE(blocked.size(), 2u);
  for (const fn::pid p : blocked) EXPECT_TRUE(fn::is_alive(p));

  // What blocks no turn goes on: new processes, handlers, and those that have their stacks.
  std::atomic<int> ran{0};
  for (int i = 0; i < 10; ++i) fn::spawn(rt(), [&](fn::process& self) { ++ran, self.sleep(0s), ++ran; }).value();
  wait_until([&] { return ran == 20; });
  for (const fn::pid p : blocked) fn::send(p, 1);
  wait_until([&] { return answers == static_cast<int>(blocked.size()); });
}

TEST_F(CarrierFailure, of_the_last_stack_holds_up_only_processes_without_one_until_there_is_one_again) {
  start({.schedulers = 1});
  mappings.refuse_all();
  const auto blocked = use_up_the_stacks();

  // The last stack waits for a promise of Boost's, where the library cannot refuse.
  boost::fibers::promise<void> promise;
  boost::fibers::future<void> future = promise.get_future();
  std::atomic<bool> waiting{false};
  std::atomic<bool> fulfilled{false};
  fn::spawn(rt(), [&](fn::process&) {
    waiting = true;
    future.wait();
    fulfilled = true;
  }).value();
  wait_until([&] { return waiting.load(); });
  std::atomic<bool> ran{false};
  fn::spawn(rt(), [&](fn::process&) { ran = true; }).value();

  fn::send(blocked.front(), 1);  // has its stack, goes on, and leaves it to others
  wait_until([&] { return answers == 1; });
  wait_until([&] { return ran.load(); });
  promise.set_value();
  wait_until([&] { return fulfilled.load(); });
}

TEST_F(CarrierFailure, ends_when_the_system_has_memory_again) {
  start({.schedulers = 1});
  mappings.refuse_all();
  const auto blocked = use_up_the_stacks();
  boost::fibers::promise<void> promise;
  boost::fibers::future<void> future = promise.get_future();
  std::atomic<bool> waiting{false};
  std::atomic<bool> fulfilled{false};
  fn::spawn(rt(), [&](fn::process&) {
    waiting = true;
    future.wait();
    fulfilled = true;
  }).value();
  wait_until([&] { return waiting.load(); });

  std::atomic<int> ran{0};
  for (int i = 0; i < 3; ++i) fn::spawn(rt(), [&](fn::process&) { ++ran; }).value();
  const long refused = mappings.refused();
  wait_until([&] { return mappings.refused() > refused; });  // it tries again and again
  EXPECT_EQ(ran, 0);
  mappings.refuse_all(false);
  wait_until([&] { return ran == 3; });
  promise.set_value();
  wait_until([&] { return fulfilled.load(); });
  EXPECT_TRUE(fn::is_alive(blocked.front()));
}

TEST_F(CarrierFailure, of_a_process_with_a_stack_of_its_own_size_delays_that_process_alone) {
  start({.schedulers = 1});
  mappings.refuse_all();
  std::atomic<bool> ran{false};
  fn::spawn(rt(), [&](fn::process&) { ran = true; }, {.stack_size = 1024 * 1024}).value();
  for (int i = 0; i < 100; ++i) wait_dead(fn::spawn(rt(), [](fn::process&) {}).value());
  EXPECT_FALSE(ran);
  mappings.refuse_all(false);
  wait_until([&] { return ran.load(); });
}

}  // namespace
}  // namespace foundation::testing
