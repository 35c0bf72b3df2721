// SPDX-License-Identifier: Apache-2.0
//
// Processes of every kind are killed from everywhere, at any moment: each is unwound or never begins, nothing is left.
#include <atomic>
#include <boost/fiber/mutex.hpp>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "support/guard_modes.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class KillStorm : public RuntimeTest {
 protected:
  struct frame {
    std::atomic<long>& open;
    explicit frame(std::atomic<long>& o) : open(o) { ++open; }
    ~frame() { --open; }
  };

  /// What a victim does until it is told to exit; never returns otherwise.
  void live(fn::process& self, unsigned kind) {
    const frame f(open);
    ++begun;
    switch (kind % 12) {
      case 0:
        for (;;) static_cast<void>(self.checkpoint());
      case 1:
        for (;;) static_cast<void>(self.sleep(fn::infinity));
      case 2:
        for (;;) static_cast<void>(self.sleep(50us));
      case 3:
        for (;;) self.receive([](int) {});
      case 4:
        for (;;) self.receive([](int) {}, fn::after(100us, [] {}));
      case 5:
        for (;;) {
          fn::send(self.id(), 1);
          self.receive([](int) {});
        }
      case 6: {
        const auto below = [&]() noexcept { while (self.sleep(1ms)) {} };
        below();
        break;
      }
      case 7: {
        const fn::shield shield(self);
        while (self.receive([](int) {})) {
        }
        break;
      }
      case 8:
        for (int swallowed = 0; swallowed != 3;) {
          try {
            static_cast<void>(self.sleep(100us));
          } catch (...) {
            ++swallowed;
          }
        }
        break;
      case 9:
        for (;;) {
          const std::lock_guard lock(mutex);
          ++locked;
          static_cast<void>(self.sleep(0ms));
        }
      case 10:
        for (;;) {
          try {
            const frame inner(open);
            throw std::runtime_error("often");
          } catch (const std::runtime_error&) {
            static_cast<void>(self.sleep(10us));
          }
        }
      default:
        for (;;) {
          auto child = fn::spawn(self, [](fn::process& c) { static_cast<void>(c.sleep(20us)); });
          if (child) static_cast<void>(fn::exit(*child, fn::exit_kind::kill));
          static_cast<void>(self.sleep(100us));
        }
    }
    static_cast<void>(self.checkpoint());
    ADD_FAILURE() << "kind " << kind % 12 << " was not unwound";
  }

  template <typename Where>
  fn::pid spawn_victim(Where& where, std::mt19937_64& random) {
    const auto kind = static_cast<unsigned>(random());
    return fn::spawn(where, [this, kind](fn::process& self) { live(self, kind); }).value();
  }

  /// From outside, some killed while the others are still being made.
  std::vector<fn::pid> make_from_outside(std::size_t count, std::mt19937_64& random) {
    std::vector<fn::pid> victims;
    for (std::size_t i = 0; i != count; ++i) {
      victims.push_back(spawn_victim(rt(), random));
      if (random() % 2 == 0) fn::send(victims.back(), 1);
      if (random() % 4 != 0) continue;
      EXPECT_TRUE(fn::exit(victims[random() % victims.size()], fn::exit_kind::kill));
    }
    return victims;
  }

  /// By a process, and left alone until each has begun.
  std::vector<fn::pid> make_from_inside(std::size_t count, std::mt19937_64& random) {
    const long before = begun;
    std::vector<fn::pid> victims;
    std::atomic<bool> made{false};
    fn::spawn(rt(), [&](fn::process& self) {
      for (std::size_t i = 0; i != count; ++i) victims.push_back(spawn_victim(self, random));
      made = true;
    }).value();
    wait_until([&] { return made && begun == before + static_cast<long>(count); });
    return victims;
  }

  /// Victims, killed by a plain thread and by a process at once, round after round.
  void storm(fn::runtime_options options) {
    start(std::move(options));
    constexpr std::size_t count = 60;
    std::mt19937_64 random(42);
    for (std::size_t round = 0; round != scaled(100, 4); ++round) {
      const auto victims = round % 2 == 0 ? make_from_outside(count, random) : make_from_inside(count, random);
      const auto all = [victims] {
        for (const fn::pid p : victims) EXPECT_TRUE(fn::exit(p, fn::exit_kind::kill));
      };
      std::thread outside(all);
      fn::spawn(rt(), [all](fn::process&) { all(); }).value();
      for (const fn::pid p : victims) fn::send(p, 1);
      outside.join();
      wait_until([&] { return rt().process_count() == 0; });
      ASSERT_EQ(open, 0) << "a frame was not left, round " << round;
    }
    EXPECT_EQ(rt().abandoned_count(), 0u);
  }

  std::atomic<long> open{0};
  std::atomic<long> begun{0};
  boost::fibers::mutex mutex;
  std::atomic<long> locked{0};
};

class KillStormOnSchedulers : public KillStorm, public ::testing::WithParamInterface<unsigned> {};
class KillStormUnderGuards : public KillStorm, public ::testing::WithParamInterface<fn::guard_mode> {};

TEST_P(KillStormOnSchedulers, everybody_dies) { storm({.schedulers = GetParam()}); }

TEST_P(KillStormUnderGuards, everybody_dies) { storm({.schedulers = 2, .guard = GetParam()}); }

struct counter {
  using messages = fn::messages<int, std::string>;
  std::atomic<long>* handled;
  void handle(fn::process&, int) { ++*handled; }
  void handle(fn::process& self, const std::string&) { static_cast<void>(self.sleep(10us)); }
};

// Handlers are killed while messages come in from all sides.
TEST_P(KillStormOnSchedulers, handlers_die_under_fire) {
  start({.schedulers = GetParam()});
  std::atomic<long> handled{0};
  for (std::size_t round = 0; round != scaled(100, 10); ++round) {
    std::vector<fn::pid> victims;
    for (int i = 0; i != 20; ++i) victims.push_back(fn::spawn(rt(), counter{&handled}).value());
    std::vector<std::thread> senders;
    for (int s = 0; s != 2; ++s) {
      senders.emplace_back([&] {
        for (int i = 0; i != 50; ++i) {
          for (const fn::pid p : victims) {
            fn::send(p, i);
            if (i % 10 == 0) fn::send(p, std::string("wait"));
          }
        }
      });
    }
    for (const fn::pid p : victims) EXPECT_TRUE(fn::exit(p, fn::exit_kind::kill));
    for (auto& s : senders) s.join();
    wait_until([&] { return rt().process_count() == 0; });
  }
}

// Processes that do not come back are given up, come back, and end: the count returns to zero.
TEST_P(KillStormOnSchedulers, the_abandoned_come_back_and_are_gone) {
  start({.schedulers = GetParam() + 3, .kill_grace = 0ms});  // three are held by those that do not come back
  for (std::size_t round = 0; round != scaled(100, 10); ++round) {
    std::atomic<bool> come_back{false};
    std::atomic<int> inside{0};
    const auto life = std::make_shared<int>(0);
    std::vector<fn::pid> stuck;
    for (int i = 0; i != 3; ++i) {
      stuck.push_back(fn::spawn(rt(), [&](fn::process& self) {
                        const frame f(open);
                        ++inside;
                        while (!come_back) std::this_thread::yield();
                        for (;;) static_cast<void>(self.checkpoint());
                      }).value());
    }
    for (const fn::pid p : stuck) fn::send(p, life);
    wait_until([&] { return inside == 3; });
    for (const fn::pid p : stuck) EXPECT_TRUE(fn::exit(p, fn::exit_kind::kill));
    if (round % 2 == 0) wait_until([&] { return rt().abandoned_count() == 3; });
    come_back = true;  // every other round while the monitor decides
    wait_until([&] { return rt().process_count() == 0 && rt().abandoned_count() == 0; });
    ASSERT_EQ(open, 0);
    ASSERT_EQ(life.use_count(), 1);
  }
}

// The last has more schedulers than there are processors.
INSTANTIATE_TEST_SUITE_P(schedulers, KillStormOnSchedulers, ::testing::Values(1u, 2u, 5u));
INSTANTIATE_TEST_SUITE_P(nightly, KillStormOnSchedulers, ::testing::Values(1u, 2u, 5u));

INSTANTIATE_TEST_SUITE_P(guards, KillStormUnderGuards, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });
INSTANTIATE_TEST_SUITE_P(nightly_guards, KillStormUnderGuards, ::testing::ValuesIn(guard_modes_here()),
                         [](const auto& each) { return name_of(each.param); });

}  // namespace
}  // namespace foundation::testing
