// SPDX-License-Identifier: Apache-2.0
//
// Processes that are told to die and do not come back in time: given up, dead to everybody else, and their return.
#include <foundation/fmt.hpp>
#include <memory>
#include <stdexcept>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

class Abandon : public AbandonTest {};

TEST_F(Abandon, a_process_stuck_in_foreign_code_is_dead_to_everybody_else) {
  start_impatient();
  const auto life = std::make_shared<int>(0);
  const fn::pid p = fn::spawn(
                        rt(),
                        [&](fn::process& self) {
                          const frame f(left);
                          inside = true;
                          foreign_code(come_back);
                          static_cast<void>(self.checkpoint());
                          too_far = true;
                        },
                        {.label = "stuck"})
                        .value();
  fn::send(p, life);
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_EQ(rt().process_count(), 0u);
  const auto before = rt().dead_letters();
  EXPECT_TRUE(fn::send(p, life));
  EXPECT_EQ(rt().dead_letters(), before + 1);
  EXPECT_TRUE(fn::exit(p, fn::exit_reason::kill));
  EXPECT_EQ(left, 0) << "nobody has touched its frames";

  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
  EXPECT_FALSE(too_far);
  EXPECT_EQ(life.use_count(), 1);
  stop();
  EXPECT_TRUE(logged(fmt::format("{}", p)));
  EXPECT_TRUE(logged("\"stuck\""));
  EXPECT_TRUE(logged("abandoned"));
}

/// Takes its time to be destroyed, on the process's own thread.
struct slow_to_leave {
  std::atomic<int>& left;
  ~slow_to_leave() {
    const auto until = std::chrono::steady_clock::now() + 5ms;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    ++left;
  }
};

TEST_F(Abandon, nobody_is_given_up_for_having_waited_long_for_its_turn_to_end) {
  constexpr int processes = 200;  // one after the other they take twice as long as the grace
  start({.schedulers = 1, .kill_grace = 500ms, .shutdown_timeout = 0ms});
  std::atomic<int> begun{0};
  for (int i = 0; i != processes; ++i) {
    fn::spawn(rt(), [&](fn::process& self) {
      const slow_to_leave mine{left};
      ++begun;
      self.receive([](int) {});
    }).value();
  }
  wait_until([&] { return begun == processes; });
  stop();
  EXPECT_EQ(left, processes);
  EXPECT_FALSE(logged("abandoned"));
  EXPECT_FALSE(logged("survives"));
}

TEST_F(Abandon, one_that_shields_itself_for_ever_is_given_up_also_where_it_shares_its_scheduler) {
  start_impatient(1);
  const auto work_for_ever = [&](fn::process& self) {
    while (!come_back) {
      const auto until = std::chrono::steady_clock::now() + 500us;  // of its own, so that most looks find it there
      while (std::chrono::steady_clock::now() < until) {
      }
      static_cast<void>(self.checkpoint());
    }
  };
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const fn::shield for_ever(self);
                      inside = true;
                      work_for_ever(self);
                    }).value();
  const fn::pid hog = fn::spawn(rt(), work_for_ever).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_TRUE(fn::is_alive(hog));
  come_back = true;
  wait_abandoned(0);
  wait_dead(hog);
}

TEST_F(Abandon, one_that_comes_back_and_returns_is_counted_no_more) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(Abandon, one_that_comes_back_and_throws_ends_like_any_other) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      const frame f(left);
                      inside = true;
                      foreign_code(come_back);
                      throw std::runtime_error("late");
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_EQ(left, 1);
}

TEST_F(Abandon, one_that_comes_back_and_calls_the_library_many_times_is_counted_once) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      const frame f(left);
                      inside = true;
                      foreign_code(come_back);
                      const fn::shield shield(self);
                      for (int i = 0; i != 100; ++i) {
                        EXPECT_EQ(self.checkpoint().error(), fn::errc::killed);
                        EXPECT_EQ(self.sleep(24h).error(), fn::errc::killed);
                        EXPECT_EQ(self.receive([](int) {}).error(), fn::errc::killed);
                      }
                      EXPECT_EQ(reason_of(self).kind(), fn::exit_kind::killed);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_until([&] { return left == 1; });
  wait_abandoned(0);
  EXPECT_LE(rt().abandoned_count(), 1u);
}

TEST_F(Abandon, one_that_comes_back_still_sends) {
  start_impatient();
  std::atomic<int> got{0};
  const fn::pid other = fn::spawn(rt(), [&](fn::process& self) { self.receive([&](int n) { got = n; }); }).value();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      inside = true;
                      foreign_code(come_back);
                      fn::send(other, 9);
                      static_cast<void>(self.sleep(24h));
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  come_back = true;
  wait_until([&] { return got == 9; });
  wait_abandoned(0);
}

TEST_F(Abandon, its_scheduler_goes_on_when_it_comes_back) {
  start_impatient(1);
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  std::atomic<bool> ran{false};
  fn::spawn(rt(), [&](fn::process&) { ran = true; }).value();
  kill(p);
  wait_abandoned(1);
  EXPECT_FALSE(ran);
  come_back = true;
  wait_until([&] { return ran.load(); });
  wait_abandoned(0);
}

TEST_F(Abandon, a_slot_it_had_is_used_again_under_another_pid) {
  start({.schedulers = 2, .max_processes = 1, .kill_grace = 20ms});
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  kill(p);
  wait_abandoned(1);
  wait_until([&] { return rt().process_count() == 0; });
  std::atomic<int> got{0};
  const fn::pid next = fn::spawn(rt(), [&](fn::process& self) { self.receive([&](int n) { got = n; }); }).value();
  EXPECT_NE(next, p);
  come_back = true;
  wait_abandoned(0);
  EXPECT_TRUE(fn::is_alive(next)) << "the end of the one before it took it away";
  fn::send(next, 3);
  wait_until([&] { return got == 3; });
}

// -- who is not given up ----------------------------------------------------------------------------------------------

TEST_F(Abandon, one_that_only_waits_for_its_turn_is_not_given_up) {
  start_impatient(1);
  const fn::pid hog = fn::spawn(rt(), [&](fn::process&) {
                        inside = true;
                        foreign_code(come_back);
                      }).value();
  wait_until([&] { return inside.load(); });
  std::atomic<bool> begun{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) { begun = true; }).value();
  kill(p);
  kill(hog);  // later, so when it is given up the other's time has been over for longer
  wait_abandoned(1);
  EXPECT_FALSE(fn::is_alive(hog));
  EXPECT_TRUE(fn::is_alive(p));
  come_back = true;
  wait_gone();
  wait_abandoned(0);
  EXPECT_FALSE(begun);
}

TEST_F(Abandon, one_that_nobody_told_to_die_may_stay_away_for_ever) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process&) {
                      inside = true;
                      foreign_code(come_back);
                    }).value();
  wait_until([&] { return inside.load(); });
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::normal));  // which is ignored
  std::atomic<bool> other_inside{false};
  const fn::pid other = fn::spawn(rt(), [&](fn::process&) {
                          other_inside = true;
                          foreign_code(come_back);
                        }).value();
  wait_until([&] { return other_inside.load(); });
  kill(other);
  wait_abandoned(1);
  EXPECT_TRUE(fn::is_alive(p));
  come_back = true;
  wait_gone();
  wait_abandoned(0);
}

/// What the monitor decides, asked in its place: its own time never comes.
class Judgement : public AbandonTest {
 protected:
  using verdict = proc::control_block::verdict;

  void start_patient() { start({.schedulers = 2, .kill_grace = 1h}); }
  verdict judge(fn::pid p, bool killed) {
    auto& space = *fn::detail::runtime_access::space(rt());
    const sched::epoch_guard guard(proc::process_space::epochs());
    for (;;) {  // until it is in its user's code
      const verdict found = space.table().find(p)->judge(killed);
      if (found != verdict::wait) return found;
    }
  }
  fn::pid stuck() {
    const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
      self.trap_exit(true);
      inside = true;
      foreign_code(come_back);
    }).value();
    wait_until([&] { return inside.load(); });
    return p;
  }
};

TEST_F(Judgement, of_a_kill_waits_for_the_time_of_the_kill) {
  start_patient();
  const fn::pid p = stuck();
  fn::exit(p, fn::exit_reason::shutdown);
  EXPECT_EQ(judge(p, false), verdict::no_reason_to_die) << "it will be a message";
  kill(p);
  EXPECT_EQ(judge(p, false), verdict::no_reason_to_die) << "by the time of the other exit";
  EXPECT_EQ(judge(p, true), verdict::abandoned);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(Judgement, of_a_kill_that_was_looked_at_waits_for_its_time_too) {
  start_patient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
    struct slow {
      std::atomic<bool>& inside;
      std::atomic<bool>& come_back;
      ~slow() {
        inside = true;
        foreign_code(come_back);
      }
    } const held{inside, come_back};
    self.receive([](int) {});
  }).value();
  wait_until([&] { return fn::process_counters(p)->status == fn::process_status::waiting; });
  kill(p);
  wait_until([&] { return inside.load(); });
  EXPECT_EQ(judge(p, false), verdict::no_reason_to_die);
  EXPECT_EQ(judge(p, true), verdict::abandoned);
  come_back = true;
  wait_abandoned(0);
}

TEST_F(Judgement, of_one_linked_to_somebody_killed_needs_no_kill_of_its_own) {
  start_patient();
  for (const bool looked_at : {false, true}) {
    inside = come_back = false;
    const fn::pid other = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
    std::atomic<bool> linked{false};
    const fn::pid p = fn::spawn(rt(), [&, looked_at](fn::process& self) {
      self.link(other).value();
      struct slow {
        std::atomic<bool>& inside;
        std::atomic<bool>& come_back;
        ~slow() {
          inside = true;
          foreign_code(come_back);
        }
      } const held{inside, come_back};
      linked = true;
      if (looked_at) self.receive([](int) {});
    }).value();
    wait_until([&] { return looked_at ? linked.load() : inside.load(); });
    kill(other);
    wait_until([&] { return inside.load(); });
    ASSERT_TRUE(fn::wait_gone(other));
    EXPECT_EQ(judge(p, false), verdict::abandoned);
    come_back = true;
    wait_abandoned(0);
  }
}

TEST_F(Abandon, one_stuck_is_given_up_when_somebody_ends_whose_link_it_has_not_seen) {
  start_impatient();
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      inside = true;
                      foreign_code(come_back);
                      static_cast<void>(self.checkpoint());
                      too_far = true;
                    }).value();
  wait_until([&] { return inside.load(); });
  fn::spawn(rt(), [p](fn::process& self) {
    self.link(p).value();
    self.exit(fn::exit_reason::user(1));
  }).value();
  wait_abandoned(1);
  come_back = true;
  wait_abandoned(0);
  EXPECT_FALSE(too_far);
}

}  // namespace
}  // namespace foundation::testing
