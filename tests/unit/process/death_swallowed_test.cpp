// SPDX-License-Identifier: Apache-2.0
//
// Where the exit cannot or must not be thrown, and where it is thrown and does not arrive.
#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

/// Runs a body, kills it as soon as it says that it is ready, and waits until it has ended.
class DeathSwallowed : public DeathTest {
 protected:
  template <typename F>
  void kill_when_ready(F&& body) {
    start();
    const fn::pid p = fn::spawn(rt(), std::forward<F>(body)).value();
    wait_until([&] { return ready.load(); });
    kill(p);
    wait_gone();
    EXPECT_FALSE(too_far) << "it went on where it should have been unwound";
  }

  /// Until the exit has been heard of here; throws it where that is possible.
  void await_exit(fn::process& self) {
    ready = true;
    while (self.checkpoint()) {
    }
  }

  std::atomic<bool> ready{false};
  std::atomic<bool> too_far{false};
  std::atomic<int> thrown{0};
  std::atomic<int> refused{0};
  std::atomic<int> left{0};
};

// -- catch (...) ------------------------------------------------------------------------------------------------------

TEST_F(DeathSwallowed, a_swallowed_exit_is_thrown_again_by_the_next_wait) {
  kill_when_ready([&](fn::process& self) {
    try {
      await_exit(self);
      too_far = true;
    } catch (...) {
      ++thrown;
    }
    static_cast<void>(self.sleep(24h));
    too_far = true;
  });
  EXPECT_EQ(thrown, 1);
}

TEST_F(DeathSwallowed, an_exit_swallowed_again_and_again_is_thrown_by_whatever_comes_next) {
  kill_when_ready([&](fn::process& self) {
    const auto swallow = [&](auto&& call) {
      try {
        call();
        too_far = true;
      } catch (...) {
        ++thrown;
      }
    };
    swallow([&] { await_exit(self); });
    swallow([&] { static_cast<void>(self.sleep(24h)); });
    swallow([&] { static_cast<void>(self.sleep(0ms)); });
    swallow([&] { self.receive([](int) {}); });
    swallow([&] { self.receive([](int) {}, fn::after(0ms)); });
    swallow([&] { static_cast<void>(self.consume(1)); });
    swallow([&] { static_cast<void>(self.checkpoint()); });
    swallow([&] { self.exit(fn::exit_reason::normal); });
  });
  EXPECT_EQ(thrown, 8);
}

TEST_F(DeathSwallowed, a_message_is_still_sent_after_the_exit_was_swallowed) {
  start();
  std::atomic<int> got{0};
  const fn::pid other = fn::spawn(rt(), [&](fn::process& self) {
                          self.receive([&](int n) { got = n; });
                        }).value();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      try {
                        await_exit(self);
                      } catch (...) {
                        ++thrown;
                      }
                      EXPECT_TRUE(fn::send(other, 7));
                    }).value();
  wait_until([&] { return ready.load(); });
  kill(p);
  wait_gone();
  EXPECT_EQ(thrown, 1);
  EXPECT_EQ(got, 7);
}

TEST_F(DeathSwallowed, a_process_that_swallowed_its_exit_may_return) {
  kill_when_ready([&](fn::process& self) {
    try {
      await_exit(self);
    } catch (...) {
      ++thrown;
    }
  });
  EXPECT_EQ(thrown, 1);
}

TEST_F(DeathSwallowed, the_exit_is_no_standard_exception_and_passes_through_a_rethrow) {
  kill_when_ready([&](fn::process& self) {
    try {
      try {
        await_exit(self);
      } catch (const std::exception&) {
        too_far = true;
      }
    } catch (...) {
      ++thrown;
      throw;
    }
    too_far = true;
  });
  EXPECT_EQ(thrown, 1);
  EXPECT_THAT(log_at_the_end(), ::testing::IsEmpty()) << "an exit is no crash";
}

TEST_F(DeathSwallowed, an_exception_thrown_instead_of_the_exit_is_no_new_reason) {
  kill_when_ready([&](fn::process& self) {
    try {
      await_exit(self);
    } catch (...) {
      throw std::runtime_error("translated");
    }
  });
  EXPECT_THAT(log_at_the_end(), ::testing::IsEmpty()) << "the first reason stays";
}

TEST_F(DeathSwallowed, a_wait_inside_a_handler_of_another_exception_is_unwound) {
  kill_when_ready([&](fn::process& self) {
    const frame f(left);
    try {
      throw std::runtime_error("first");
    } catch (const std::exception&) {
      const frame g(left);
      ready = true;
      static_cast<void>(self.sleep(24h));
      too_far = true;
    }
    too_far = true;
  });
  EXPECT_EQ(left, 2);
}

TEST_F(DeathSwallowed, a_wait_inside_a_handler_of_the_exit_itself_throws_it_again) {
  kill_when_ready([&](fn::process& self) {
    try {
      await_exit(self);
    } catch (...) {
      ++thrown;
      static_cast<void>(self.sleep(24h));
      too_far = true;
    }
  });
  EXPECT_EQ(thrown, 1);
}

// -- spawn ------------------------------------------------------------------------------------------------------------

/// A body whose copying takes until it is told to come back.
struct copied_slowly {
  std::atomic<bool>& copying;
  std::atomic<bool>& come_back;
  std::atomic<int>& ran;
  copied_slowly(std::atomic<bool>& c, std::atomic<bool>& b, std::atomic<int>& r) : copying(c), come_back(b), ran(r) {}
  copied_slowly(const copied_slowly& other) : copying(other.copying), come_back(other.come_back), ran(other.ran) {
    copying = true;
    DeathTest::foreign_code(come_back);
  }
  void operator()(fn::process&) const { ++ran; }
};

TEST_F(DeathSwallowed, a_spawn_is_finished_by_one_that_is_killed_in_it_and_ends_at_its_next_checkpoint) {
  start();
  std::atomic<bool> come_back{false};
  std::atomic<int> ran{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      const copied_slowly body(ready, come_back, ran);
                      try {
                        EXPECT_TRUE(fn::spawn(self, body));
                      } catch (...) {
                        ++thrown;
                        throw;
                      }
                      static_cast<void>(self.checkpoint());
                      too_far = true;
                    }).value();
  wait_until([&] { return ready.load(); });
  kill(p);
  come_back = true;
  wait_gone();
  EXPECT_EQ(thrown, 0);
  EXPECT_EQ(ran, 1) << "the child's life is its own";
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
}

// -- noexcept ---------------------------------------------------------------------------------------------------------

TEST_F(DeathSwallowed, every_wait_below_a_noexcept_function_answers_killed_and_the_program_lives) {
  kill_when_ready([&](fn::process& self) {
    const frame f(left);
    const auto below = [&]() noexcept {
      ready = true;
      if (self.sleep(24h).error() == fn::errc::killed) ++refused;
      if (self.sleep(0ms).error() == fn::errc::killed) ++refused;
      if (self.receive([](int) {}).error() == fn::errc::killed) ++refused;
      if (self.receive([](int) {}, fn::after(24h, [] {})).error() == fn::errc::killed) ++refused;
      if (self.consume(1).error() == fn::errc::killed) ++refused;
      if (self.checkpoint().error() == fn::errc::killed) ++refused;
      self.exit(fn::exit_reason::normal);
      ++refused;
    };
    below();
    static_cast<void>(self.checkpoint());
    too_far = true;
  });
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(left, 1);
}

[[gnu::noinline]] void three_frames_down(fn::process& self, int depth) {
  if (depth > 0) {
    const auto guard = std::make_unique<int>(depth);
    three_frames_down(self, depth - 1);
    return;
  }
  static_cast<void>(self.sleep(24h));
}

TEST_F(DeathSwallowed, frames_between_the_wait_and_the_noexcept_function_are_left_by_returning) {
  kill_when_ready([&](fn::process& self) {
    const auto below = [&]() noexcept {
      ready = true;
      three_frames_down(self, 3);
      ++refused;
    };
    below();
    static_cast<void>(self.checkpoint());
    too_far = true;
  });
  EXPECT_EQ(refused, 1);
}

TEST_F(DeathSwallowed, self_exit_below_a_noexcept_function_ends_the_process_at_the_next_wait_outside) {
  start();
  fn::spawn(rt(), [&](fn::process& self) {
    const frame f(left);
    [&]() noexcept {
      self.exit(fn::exit_reason::user(1));
      ++refused;
    }();
    static_cast<void>(self.sleep(24h));
    too_far = true;
  }).value();
  wait_gone();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
}

// -- destructors ------------------------------------------------------------------------------------------------------

struct waits_at_its_end {
  fn::process& self;
  std::atomic<bool>& ready;
  std::atomic<int>& refused;
  ~waits_at_its_end() {
    ready = true;
    if (self.sleep(24h).error() == fn::errc::killed) ++refused;
    if (self.receive([](int) {}).error() == fn::errc::killed) ++refused;
  }
};

TEST_F(DeathSwallowed, a_wait_in_a_destructor_answers_killed) {
  kill_when_ready([&](fn::process& self) {
    const frame f(left);
    { const waits_at_its_end w{self, ready, refused}; }
    static_cast<void>(self.checkpoint());
    too_far = true;
  });
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(left, 1);
}

TEST_F(DeathSwallowed, a_wait_in_a_destructor_that_an_exception_runs_answers_killed) {
  kill_when_ready([&](fn::process& self) {
    const frame f(left);
    try {
      const waits_at_its_end w{self, ready, refused};
      throw std::runtime_error("the user's own");
    } catch (const std::runtime_error&) {
      ++thrown;
    }
    static_cast<void>(self.checkpoint());
    too_far = true;
  });
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(thrown, 1);
  EXPECT_EQ(left, 1);
}

TEST_F(DeathSwallowed, a_wait_in_a_destructor_that_the_exit_itself_runs_answers_killed) {
  kill_when_ready([&](fn::process& self) {
    const frame f(left);
    const waits_at_its_end w{self, ready, refused};
    await_exit(self);
    too_far = true;
  });
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(left, 1);
}

// A destructor may wait for real while nobody has told the process to exit, also while an exception passes.
TEST_F(DeathSwallowed, a_wait_in_a_destructor_that_an_exception_runs_waits_when_nobody_is_killed) {
  start();
  std::atomic<int> got{0};
  struct takes_one {
    fn::process& self;
    std::atomic<int>& got;
    ~takes_one() {
      static_cast<void>(self.sleep(1ms));
      self.receive([this](int n) { got = n; });
    }
  };
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const takes_one t{self, got};
                      throw 1;
                    }).value();
  fn::send(p, 5);
  wait_gone();
  EXPECT_EQ(got, 5);
}

// -- shield -----------------------------------------------------------------------------------------------------------

TEST_F(DeathSwallowed, inside_a_shield_waits_answer_killed_and_behind_it_they_throw) {
  kill_when_ready([&](fn::process& self) {
    const frame f(left);
    {
      const fn::shield shield(self);
      await_exit(self);
      if (self.sleep(24h).error() == fn::errc::killed) ++refused;
      if (self.receive([](int) {}).error() == fn::errc::killed) ++refused;
      self.exit(fn::exit_reason::normal);
      ++refused;
    }
    static_cast<void>(self.checkpoint());
    too_far = true;
  });
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(left, 1);
}

TEST_F(DeathSwallowed, shields_nest_and_the_outermost_counts) {
  kill_when_ready([&](fn::process& self) {
    {
      const fn::shield outer(self);
      {
        const fn::shield inner(self);
        await_exit(self);
        ++refused;
      }
      if (self.sleep(24h).error() == fn::errc::killed) ++refused;
      {
        const fn::shield another(self);
        if (self.sleep(24h).error() == fn::errc::killed) ++refused;
      }
      if (self.checkpoint().error() == fn::errc::killed) ++refused;
    }
    static_cast<void>(self.sleep(24h));
    too_far = true;
  });
  EXPECT_EQ(refused, 4);
}

TEST_F(DeathSwallowed, a_shield_that_an_exception_leaves_is_gone) {
  kill_when_ready([&](fn::process& self) {
    try {
      const fn::shield shield(self);
      throw std::runtime_error("out of the shield");
    } catch (const std::runtime_error&) {
      ++thrown;
    }
    await_exit(self);
    too_far = true;
  });
  EXPECT_EQ(thrown, 1);
}

TEST_F(DeathSwallowed, a_message_that_is_there_is_not_taken_any_more_once_the_exit_is_known) {
  kill_when_ready([&](fn::process& self) {
    const fn::shield shield(self);
    await_exit(self);
    fn::send(self.id(), 1);
    if (self.receive([&](int) { ++left; }).error() == fn::errc::killed) ++refused;
  });
  EXPECT_EQ(left, 0);
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace foundation::testing
