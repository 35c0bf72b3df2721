// SPDX-License-Identifier: Apache-2.0
//
// A runtime whose start is refused something, at each step at which it can be: it is not made, and nothing of it is
// left.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <foundation/fiber.hpp>
#include <new>
#include <stop_token>
#include <utility>

#include "os/os.hpp"
#include "support/runtime_fixture.hpp"
#include "unit/runtime/left_behind.hpp"

namespace {

/// Refuses the n-th request from `arm` on, and only that one.
class refusal {
 public:
  void arm(long n) { countdown_ = n; }
  /// True when the refusal has happened, or was never asked for.
  bool disarm() { return countdown_.exchange(0) <= 0; }
  bool due() { return countdown_.load() > 0 && countdown_.fetch_sub(1) == 1; }

 private:
  std::atomic<long> countdown_{0};
};

refusal of_new;
refusal of_threads;
refusal of_mappings;
thread_local bool refuses_new = false;

}  // namespace

// What the thread that makes the runtime gets from `new`. Not that of the scheduler threads: Boost.Fiber allocates a
// thread's main context in a noexcept function (context::active), so a refusal there ends the program.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (refuses_new && of_new.due()) throw std::bad_alloc();
  if (void* block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return refuses_new && of_new.due() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

// The sanitizers have a pthread_create of their own, which this one would hide.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define THREADS_CAN_BE_REFUSED 1
extern "C" int pthread_create(pthread_t* made, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  static const auto real = reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  return of_threads.due() ? EAGAIN : real(made, attributes, run, argument);
}
#else
#define THREADS_CAN_BE_REFUSED 0
#endif

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class RefusedStart : public RuntimeTest {
 protected:
  void SetUp() override {
    use(fn::runtime(options()));  // what the program makes once
    threads_ = thread_count();
    mappings_ = mapping_count();
  }

  static fn::runtime_options options() {
    return {.schedulers = 3, .name = "a name that is too long to be stored inside"};
  }

  static void use(watched_runtime rt) {
    std::atomic<bool> ran{false};
    ASSERT_TRUE(fn::spawn(rt, [&](fn::process& self) {
      self.sleep(0ms);
      ran = true;
    }));
    wait_until([&] { return ran.load() && rt.process_count() == 0; });
  }

  /// Refuses the first request of a kind, then the second, and so on until there are no more in a start.
  template <typename Arm, typename Disarm>
  void refuse_each(Arm&& arm, Disarm&& disarm, long at_least) {
    long n = 1;
    for (;; ++n) {
      fn::runtime_options wanted = options();  // the test's own allocations are not the start's
      arm(n);
      auto made = fn::runtime::create(std::move(wanted));
      const bool happened = disarm();
      if (made) {
        use(*std::move(made));  // something it can do without was refused, or nothing at all
      } else {
        ASSERT_TRUE(happened);
        EXPECT_EQ(made.error(), fn::errc::system_limit) << made.error().message();
      }
      if (!happened) break;
      wait_until([&] { return thread_count() <= threads_; });
    }
    EXPECT_GT(n, at_least);
    for (int i = 0; i < 300; ++i) {  // more than there are places for runtimes
      fn::runtime_options wanted = options();
      arm(1 + i % n);
      static_cast<void>(fn::runtime::create(std::move(wanted)));
      static_cast<void>(disarm());
    }
    EXPECT_EQ(probe.live(), 0);
    EXPECT_LE(mapping_count(), mappings_ + 64);
    use(fn::runtime(options()));
  }

 private:
  std::size_t threads_ = 0;
  std::size_t mappings_ = 0;
};

TEST_F(RefusedStart, for_want_of_memory_leaves_nothing) {
  refuses_new = true;
  refuse_each([](long n) { of_new.arm(n); }, [] { return of_new.disarm(); }, 5);
  refuses_new = false;
}

TEST_F(RefusedStart, for_want_of_the_runtimes_own_memory_leaves_nothing) {
  long before = 0;
  refuse_each(
      [&](long n) {
        before = probe.refused();
        probe.refuse_nth(n);
      },
      [&] {
        probe.refuse_nth(0);
        return probe.refused() != before;
      },
      1);
}

TEST_F(RefusedStart, for_want_of_a_thread_leaves_nothing) {
  if (!THREADS_CAN_BE_REFUSED) GTEST_SKIP() << "a sanitizer's pthread_create is in the way";
  refuse_each([](long n) { of_threads.arm(n); }, [] { return of_threads.disarm(); }, 4);
}

TEST_F(RefusedStart, for_want_of_address_space_leaves_nothing) {
  os::memory_calls calls = os::system_memory_calls();
  calls.mmap = [](void* at, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept -> void* {
    if (of_mappings.due()) {
      errno = ENOMEM;
      return reinterpret_cast<void*>(-1);
    }
    return os::system_memory_calls().mmap(at, bytes, protection, flags, file, offset);
  };
  const os::scoped_memory_calls refusing(calls);
  refuse_each([](long n) { of_mappings.arm(n); }, [] { return of_mappings.disarm(); }, 1);
}

TEST_F(RefusedStart, of_a_lent_thread_leaves_it_as_it_was) {
  watched_runtime rt(options());
  static_cast<void>(boost::fibers::context::active());  // what it allocates cannot be refused, see above
  std::stop_source stop;
  stop.request_stop();  // what is not refused ends at once
  refuses_new = true;
  long n = 0;
  for (bool refused = true; refused;) {
    of_new.arm(++n);
    const auto lent = rt.run_here(stop.get_token());
    refused = of_new.disarm();
    EXPECT_TRUE(lent || (refused && lent.error() == fn::errc::system_limit));
    bool ran = false;
    boost::fibers::fiber([&] { ran = true; }).join();
    EXPECT_TRUE(ran);
  }
  refuses_new = false;
  EXPECT_GT(n, 2);
}

/// Here, because `new` is refused here.
class RefusedAnswer : public RuntimeTest {};

TEST_F(RefusedAnswer, to_process_info_is_an_error_of_its_own) {
  start({.schedulers = 1});
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    refuses_new = true;  // the scheduler's thread
    of_new.arm(1);
    self.receive([](int) {});
    refuses_new = false;
  }, {.label = "a label that is too long to be stored inside"}).value();
  wait_until([&] { return fn::process_counters(p)->status == fn::process_status::waiting; });
  EXPECT_EQ(fn::process_info(p).error(), fn::errc::system_limit);
  EXPECT_EQ(fn::process_info(p)->seen.label, "a label that is too long to be stored inside");
  fn::send(p, 1);
  wait_dead(p);
}

TEST_F(RefusedAnswer, to_process_info_of_oneself_is_the_same_error) {
  start({.schedulers = 1});
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    refuses_new = true;
    of_new.arm(1);
    EXPECT_EQ(fn::process_info(self.id()).error(), fn::errc::system_limit);
    refuses_new = false;
  }, {.label = "a label that is too long to be stored inside"}).value();
  wait_dead(p);
}

}  // namespace
}  // namespace foundation::testing
