// SPDX-License-Identifier: Apache-2.0
//
// Killed while it waits: our own waits end at once; one of Boost's ends as it always would, and the kill applies then.
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <foundation/fmt.hpp>
#include <mutex>
#include <sstream>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class DeathInWaits : public DeathTest {
 protected:
  [[nodiscard]] bool shows(fn::pid p, const char* state) {
    std::ostringstream out;
    rt().dump(out);
    const std::string all = out.str();
    const auto line = all.find(fmt::format("{} ", p));
    return line != std::string::npos && all.substr(line, all.find('\n', line) - line).find(state) != std::string::npos;
  }

  /// Kills a process that waits in `wait(self)`, from a plain thread and from a process on each scheduler.
  template <typename Wait>
  void kill_in(Wait&& wait) {
    start();
    for (const unsigned victim_on : {0u, 1u}) {
      for (const int killer_on : {-1, 0, 1}) {
        SCOPED_TRACE(::testing::Message() << "victim on " << victim_on << ", killer on " << killer_on);
        std::atomic<int> left{0};
        std::atomic<bool> went_on{false};
        const auto body = [&](fn::process& self) {
          const frame f(left);
          wait(self);
          went_on = true;
        };
        const fn::pid p = fn::spawn(rt(), body, {.scheduler = victim_on}).value();
        fn::send(p, std::string("nobody wants this"));
        wait_until([&] { return shows(p, "waiting"); });
        if (killer_on < 0) {
          kill(p);
        } else {
          const auto killer = [p](fn::process&) { EXPECT_TRUE(fn::exit(p, fn::exit_kind::kill)); };
          fn::spawn(rt(), killer, {.scheduler = static_cast<unsigned>(killer_on)}).value();
        }
        wait_gone();
        EXPECT_EQ(left, 1);
        EXPECT_FALSE(went_on);
      }
    }
  }
};

TEST_F(DeathInWaits, a_kill_ends_a_receive) {
  kill_in([](fn::process& self) { self.receive([](int) {}); });
}

TEST_F(DeathInWaits, a_kill_ends_a_receive_with_a_time_limit_long_before_it) {
  kill_in([](fn::process& self) { self.receive([](int) {}, fn::after(24h, [] {})); });
}

TEST_F(DeathInWaits, a_kill_ends_a_sleep) {
  kill_in([](fn::process& self) { static_cast<void>(self.sleep(24h)); });
}

TEST_F(DeathInWaits, a_kill_ends_a_sleep_without_end) {
  kill_in([](fn::process& self) { static_cast<void>(self.sleep(fn::infinity)); });
}

TEST_F(DeathInWaits, any_reason_but_normal_ends_a_wait) {
  start();
  for (const auto& reason : {fn::exit_reason(fn::exit_reason::shutdown), fn::exit_reason(fn::exit_reason::noproc),
                             fn::exit_reason::user(std::string("enough")), fn::exit_reason::exception("t", "w")}) {
    std::atomic<int> left{0};
    const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                        const frame f(left);
                        self.receive([](int) {});
                      }).value();
    wait_until([&] { return shows(p, "waiting"); });
    ASSERT_TRUE(fn::exit(p, fn::exit_reason::normal));
    ASSERT_TRUE(fn::exit(p, reason));
    wait_gone();
    EXPECT_EQ(left, 1);
  }
}

TEST_F(DeathInWaits, a_kill_while_a_time_limit_runs_out_ends_the_process_all_the_same) {
  start();
  for (int i = 0; i != 200; ++i) {
    std::atomic<int> left{0};
    std::atomic<bool> ready{false};
    const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                        const frame f(left);
                        ready = true;
                        for (;;) self.receive([](int) {}, fn::after(100us, [] {}));
                      }).value();
    wait_until([&] { return ready.load(); });
    kill(p);
    wait_gone();
    ASSERT_EQ(left, 1);
  }
}

// -- waits of Boost.Fiber's -------------------------------------------------------------------------------------------

/// A process that is killed inside a wait of Boost's goes on behind it, and ends at its next wait of ours.
struct boost_wait {
  std::atomic<bool> inside{false};
  std::atomic<bool> behind{false};
  std::atomic<bool> too_far{false};
  std::atomic<int> left{0};

  template <typename Wait>
  void operator()(fn::process& self, Wait&& wait) {
    const frame f(left);
    wait([&] { inside = true; });
    behind = true;
    static_cast<void>(self.checkpoint());
    too_far = true;
  }
};

TEST_F(DeathInWaits, a_kill_during_a_wait_for_a_fiber_mutex_applies_when_it_has_the_lock) {
  start();
  boost::fibers::mutex mutex;
  boost_wait victim;
  std::atomic<bool> holds{false};
  const fn::pid holder = fn::spawn(rt(), [&](fn::process& self) {
                           const std::lock_guard lock(mutex);
                           holds = true;
                           self.receive([](int) {});
                         }).value();
  wait_until([&] { return holds.load(); });
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      victim(self, [&](auto enter) {
                        enter();
                        const std::lock_guard lock(mutex);
                      });
                    }).value();
  wait_until([&] { return victim.inside && shows(p, "Boost"); });
  kill(p);
  EXPECT_TRUE(fn::is_alive(p));
  EXPECT_FALSE(victim.behind);
  fn::send(holder, 1);
  wait_gone();
  EXPECT_TRUE(victim.behind);
  EXPECT_FALSE(victim.too_far);
  EXPECT_EQ(victim.left, 1);
  EXPECT_TRUE(mutex.try_lock()) << "a process that died keeps the lock";
  mutex.unlock();
}

TEST_F(DeathInWaits, a_kill_during_a_wait_for_a_fiber_condition_applies_when_it_is_notified) {
  start();
  boost::fibers::mutex mutex;
  boost::fibers::condition_variable condition;
  std::atomic<bool> open{false};  // atomic for the thread sanitizer alone, which does not see into Boost.Fiber
  boost_wait victim;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      victim(self, [&](auto enter) {
                        std::unique_lock lock(mutex);
                        enter();
                        condition.wait(lock, [&] { return open.load(); });
                      });
                    }).value();
  wait_until([&] { return victim.inside && shows(p, "Boost"); });
  kill(p);
  EXPECT_TRUE(fn::is_alive(p));
  fn::spawn(rt(), [&](fn::process&) {
    const std::lock_guard lock(mutex);
    open = true;
    condition.notify_one();
  }).value();
  wait_gone();
  EXPECT_TRUE(victim.behind);
  EXPECT_FALSE(victim.too_far);
  EXPECT_EQ(victim.left, 1);
}

TEST_F(DeathInWaits, a_kill_during_a_timed_wait_of_boosts_applies_when_its_time_is_over) {
  start();
  boost::fibers::mutex mutex;
  boost::fibers::condition_variable condition;
  boost_wait victim;
  std::atomic<bool> timed_out{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      victim(self, [&](auto enter) {
                        std::unique_lock lock(mutex);
                        enter();
                        timed_out = !condition.wait_for(lock, 50ms, [] { return false; });
                      });
                    }).value();
  wait_until([&] { return victim.inside.load(); });
  kill(p);
  wait_gone();
  EXPECT_TRUE(timed_out);
  EXPECT_TRUE(victim.behind);
  EXPECT_FALSE(victim.too_far);
  EXPECT_EQ(victim.left, 1);
}

TEST_F(DeathInWaits, a_lock_held_by_a_killed_process_is_given_to_the_next) {
  start();
  boost::fibers::mutex mutex;
  std::atomic<bool> holds{false};
  std::atomic<bool> got_it{false};
  const fn::pid holder = fn::spawn(rt(), [&](fn::process& self) {
                           const std::lock_guard lock(mutex);
                           holds = true;
                           static_cast<void>(self.sleep(fn::infinity));
                         }).value();
  wait_until([&] { return holds.load(); });
  std::atomic<bool> inside{false};
  const fn::pid next = fn::spawn(rt(), [&](fn::process&) {
                         inside = true;
                         const std::lock_guard lock(mutex);
                         got_it = true;
                       }).value();
  wait_until([&] { return inside && shows(next, "Boost"); });
  kill(holder);
  wait_gone();
  EXPECT_TRUE(got_it);
}

}  // namespace
}  // namespace foundation::testing
