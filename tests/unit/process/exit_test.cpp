// SPDX-License-Identifier: Apache-2.0
//
// How a process ends by itself or on request, and what is left to be seen of it.
#include <gmock/gmock.h>

#include <foundation/fmt.hpp>
#include <memory>
#include <stdexcept>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

struct own_failure {};

class Exit : public DeathTest {
 protected:
  /// Runs `body` as a process to its end and returns the one line that must have been logged about it.
  template <typename F>
  std::string crash_report_of(F&& body) {
    start();
    const fn::pid p = fn::spawn(rt(), std::forward<F>(body), {.label = "worker 7"}).value();
    const auto lines = log_at_the_end();
    EXPECT_EQ(lines.size(), 1u);
    if (lines.size() != 1) return {};
    EXPECT_NE(lines[0].find(fmt::format("{}", p)), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find("\"worker 7\""), std::string::npos) << lines[0];
    return lines[0];
  }
};

TEST_F(Exit, a_process_that_returns_is_gone_and_nothing_is_reported) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_dead(p);
  EXPECT_THAT(log_at_the_end(), ::testing::IsEmpty());
}

TEST_F(Exit, a_function_that_has_stopped_ends_at_its_next_wait_or_when_it_returns) {
  start();
  for (const bool waits : {true, false}) {
    std::atomic<bool> went_on{false};
    std::atomic<bool> too_far{false};
    std::atomic<fn::exit_kind> kind{fn::exit_kind::normal};
    wait_dead(fn::spawn(rt(), [&](fn::process& self) {
                const auto child = fn::spawn_monitor(self, [&](fn::process& p) {
                                     p.stop(fn::exit_reason::shutdown);
                                     went_on = true;
                                     if (!waits) return;
                                     static_cast<void>(p.sleep(0ms));
                                     too_far = true;
                                   }).value();
                self.receive(fn::when([&](const fn::down& d) { return d.monitor == child.monitor; },
                                      [&](const fn::down& d) { kind = d.reason.kind(); }));
              }).value());
    EXPECT_TRUE(went_on);
    EXPECT_FALSE(too_far);
    EXPECT_EQ(kind, fn::exit_kind::shutdown);
  }
}

/// Fails after some work, as a function and as a handler, and says at its very end why it has ended.
class fails {
 public:
  using messages = fn::messages<own_failure>;

  explicit fails(fn::exit_reason& told)
      : told_(nullptr, [&told](void*) { told = DeathTest::reason_of(*fn::current_process()); }) {}

  void operator()(fn::process& self) {
    static_cast<void>(self.consume(7));
    throw std::runtime_error("disk full");
  }
  void handle(fn::process& self, own_failure) { (*this)(self); }

 private:
  std::shared_ptr<void> told_;
};
struct fails_as_a_function {
  fails one;
  void operator()(fn::process& self) { one(self); }
};

TEST_F(Exit, the_reason_of_a_crash_has_type_and_text_of_the_exception_and_names_the_function_it_left) {
  start({.schedulers = 1});
  fn::exit_reason told;
  const fn::pid p = fn::spawn(rt(), fails_as_a_function{fails(told)}, {.label = "worker 7"}).value();
  const auto lines = log_at_the_end();
  EXPECT_EQ(told.kind(), fn::exit_kind::exception);
  EXPECT_EQ(told.exception_info().type, "std::runtime_error");
  EXPECT_EQ(told.exception_info().what, "disk full");
  EXPECT_EQ(told.exception_info().where, "foundation::testing::(anonymous namespace)::fails_as_a_function");
  EXPECT_THAT(lines, ::testing::ElementsAre(fmt::format(
                         "process {} \"worker 7\" crashed: exception std::runtime_error: disk full (at "
                         "foundation::testing::(anonymous namespace)::fails_as_a_function) (7 reductions)",
                         p)));
}

TEST_F(Exit, the_reason_of_a_handlers_crash_names_the_handler_and_the_message_of_the_turn) {
  start({.schedulers = 1});
  fn::exit_reason told;
  const fn::pid p = fn::spawn(rt(), fails(told), {.label = "worker 8"}).value();
  fn::send(p, own_failure{});
  const auto lines = log_at_the_end();
  EXPECT_EQ(told.exception_info().type, "std::runtime_error");
  EXPECT_EQ(told.exception_info().what, "disk full");
  EXPECT_EQ(told.exception_info().where, "foundation::testing::(anonymous namespace)::fails, message "
                                         "foundation::testing::(anonymous namespace)::own_failure");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], ::testing::HasSubstr(fmt::format(
                            "process {} \"worker 8\" crashed: exception std::runtime_error: disk full (at ", p)));
}

TEST_F(Exit, a_thrown_int_is_reported_with_its_type) {
  EXPECT_THAT(crash_report_of([](fn::process&) { throw 42; }), ::testing::HasSubstr("exception int"));
}

TEST_F(Exit, a_thrown_text_is_reported_with_its_words) {
  EXPECT_THAT(crash_report_of([](fn::process&) { throw "no such luck"; }), ::testing::HasSubstr("no such luck"));
}

TEST_F(Exit, an_exception_of_a_type_of_the_users_own_is_reported_by_the_types_name) {
  EXPECT_THAT(crash_report_of([](fn::process&) { throw own_failure{}; }), ::testing::HasSubstr("own_failure"));
}

TEST_F(Exit, an_exception_after_a_wait_is_reported_like_one_before) {
  const std::string line = crash_report_of([](fn::process& self) {
    static_cast<void>(self.sleep(1ms));
    throw std::out_of_range("too late");
  });
  EXPECT_THAT(line, ::testing::HasSubstr("std::out_of_range"));
}

TEST_F(Exit, an_exception_out_of_a_receive_handler_ends_the_process) {
  const std::string line = crash_report_of([](fn::process& self) {
    fn::send(self.id(), 1);
    self.receive([](int) { throw std::logic_error("in the handler"); });
  });
  EXPECT_THAT(line, ::testing::HasSubstr("in the handler"));
}

TEST_F(Exit, an_exception_unwinds_the_frames_and_destroys_captures_and_waiting_messages) {
  start();
  const auto life = std::make_shared<int>(0);
  std::atomic<bool> go{false};
  const fn::pid p = fn::spawn(rt(), [life, &go](fn::process& self) {
                      const auto in_the_frame = life;
                      self.receive([&](bool) { go = true; });
                      throw 1;
                    }).value();
  fn::send(p, life);
  fn::send(p, life);
  fn::send(p, true);
  wait_gone();
  EXPECT_TRUE(go);
  EXPECT_EQ(life.use_count(), 1);
}

TEST_F(Exit, a_crash_leaves_all_others_and_the_runtime_alone) {
  start();
  std::atomic<int> answered{0};
  const fn::pid bystander = fn::spawn(rt(), [&](fn::process& self) {
                              for (;;) self.receive([&](int) { ++answered; });
                            }).value();
  for (int i = 0; i != 20; ++i) {
    const fn::pid p = fn::spawn(rt(), [](fn::process&) { throw 1; }).value();
    wait_dead(p);
    fn::send(bystander, i);
  }
  wait_until([&] { return answered == 20; });
  EXPECT_TRUE(fn::is_alive(bystander));
}

// -- self.exit --------------------------------------------------------------------------------------------------------

TEST_F(Exit, self_exit_unwinds_from_there_whatever_the_reason) {
  using fn::exit_reason;
  const exit_reason reasons[] = {exit_reason::normal,
                                 exit_reason::shutdown,
                                 exit_reason::kill,
                                 exit_reason::killed,
                                 exit_reason::noproc,
                                 exit_reason::noconnection,
                                 exit_reason::user(std::string("done")),
                                 exit_reason::shutdown_with(7),
                                 exit_reason::exception("made_up", "by hand")};
  start();
  for (const exit_reason& reason : reasons) {
    SCOPED_TRACE(reason.description());
    const auto life = std::make_shared<int>(0);
    std::atomic<bool> went_on{false};
    const fn::pid p = fn::spawn(rt(), [&went_on, &reason, life](fn::process& self) {
                        const auto in_the_frame = life;
                        self.exit(reason);
                        went_on = true;
                      }).value();
    wait_dead(p);
    wait_gone();
    EXPECT_FALSE(went_on);
    EXPECT_EQ(life.use_count(), 1);
  }
}

TEST_F(Exit, an_orderly_end_or_a_kill_is_no_crash) {
  start();
  for (const auto kind : {fn::exit_kind::normal, fn::exit_kind::shutdown, fn::exit_kind::killed}) {
    fn::spawn(rt(), [kind](fn::process& self) { self.exit(kind); }).value();
  }
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) { static_cast<void>(self.sleep(fn::infinity)); }).value();
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::kill));
  EXPECT_THAT(log_at_the_end(), ::testing::IsEmpty());
}

// -- exit(pid, reason) ------------------------------------------------------------------------------------------------

/// Takes numbers below a shield until it is told to exit, and then says why: `told` once `reason` is there.
struct shielded {
  std::atomic<bool> ready{false};
  std::atomic<bool> may_end{true};
  std::atomic<bool> told{false};
  std::atomic<int> messages{0};
  fn::exit_reason reason;

  void operator()(fn::process& self) {
    const fn::shield shield(self);
    ready = true;
    while (self.receive([&](int) { ++messages; })) {
    }
    DeathTest::foreign_code(may_end);
    // What follows the first reason comes to nothing.
    static_cast<void>(self.checkpoint());
    self.exit(fn::exit_reason::user(std::string("second thoughts")));
    reason = DeathTest::reason_of(self);
    told = true;
  }
};

TEST_F(Exit, kill_becomes_killed) {
  start();
  shielded victim;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) { victim(self); }).value();
  wait_until([&] { return victim.ready.load(); });
  kill(p);
  wait_until([&] { return victim.told.load(); });
  EXPECT_EQ(victim.reason.kind(), fn::exit_kind::killed);
}

TEST_F(Exit, the_first_reason_stays) {
  start();
  shielded victim;
  victim.may_end = false;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) { victim(self); }).value();
  wait_until([&] { return victim.ready.load(); });
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::user(std::string("first"))));
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::shutdown));
  kill(p);
  victim.may_end = true;
  wait_until([&] { return victim.told.load(); });
  EXPECT_EQ(victim.reason, fn::exit_reason::user(std::string("first")));
}

TEST_F(Exit, normal_from_somebody_else_is_ignored) {
  start();
  shielded victim;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) { victim(self); }).value();
  wait_until([&] { return victim.ready.load(); });
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::normal));
  fn::send(p, 1);
  wait_until([&] { return victim.messages == 1; });
  EXPECT_TRUE(fn::is_alive(p));
  ASSERT_TRUE(fn::exit(p, fn::exit_reason::shutdown));
  wait_until([&] { return victim.told.load(); });
  EXPECT_EQ(victim.reason.kind(), fn::exit_kind::shutdown);
}

TEST_F(Exit, an_exit_to_a_process_that_is_gone_does_nothing) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_gone();
  EXPECT_FALSE(fn::is_alive(p));
  EXPECT_TRUE(fn::exit(p, fn::exit_reason::kill));
  EXPECT_FALSE(fn::is_alive(fn::pid{}));
  stop();
  EXPECT_EQ(fn::exit(p, fn::exit_reason::kill).error(), fn::errc::not_running);
  EXPECT_FALSE(fn::is_alive(p));
}

TEST_F(Exit, an_exit_without_memory_is_refused_and_not_half_done) {
  start();
  std::atomic<int> answered{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](int) { ++answered; });
                    }).value();
  fn::send(p, 1);
  wait_until([&] { return answered == 1; });
  const long before = probe.live();
  for (const long nth : {1, 2}) {
    probe.refuse_nth(nth);
    EXPECT_EQ(fn::exit(p, fn::exit_reason::user(1)).error(), fn::errc::system_limit);
  }
  probe.refuse_nth(0);
  EXPECT_LE(probe.live(), before);
  fn::send(p, 2);
  wait_until([&] { return answered == 2; });
  EXPECT_TRUE(fn::is_alive(p));
}

TEST_F(Exit, a_message_to_a_dead_process_is_counted_and_destroyed) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_gone();
  const auto life = std::make_shared<int>(0);
  EXPECT_TRUE(fn::send(p, life));
  EXPECT_EQ(rt().dead_letters(), 1u);
  EXPECT_EQ(life.use_count(), 1);
}

// -- at the very end --------------------------------------------------------------------------------------------------

/// Waits in its destructor, which runs when nothing of the process but its body or its mailbox is left.
struct waits_when_destroyed {
  std::atomic<int>* refused;
  std::shared_ptr<int> owned = std::make_shared<int>(0);  // null when moved from

  waits_when_destroyed(std::atomic<int>& count) : refused(&count) {}
  waits_when_destroyed(waits_when_destroyed&&) = default;
  ~waits_when_destroyed() {
    if (owned == nullptr) return;
    fn::process& self = *fn::current_process();
    if (self.sleep(1h).error() == fn::errc::killed) ++*refused;
    if (self.receive([](const std::string&) {}).error() == fn::errc::killed) ++*refused;
    if (self.checkpoint().error() == fn::errc::killed) ++*refused;
  }
};

TEST_F(Exit, a_wait_in_the_destructor_of_a_capture_answers_killed_at_once) {
  start();
  std::atomic<int> refused{0};
  fn::spawn(rt(), [guard = waits_when_destroyed(refused)](fn::process&) {}).value();
  wait_gone();
  EXPECT_EQ(refused, 3);
}

TEST_F(Exit, a_wait_in_the_destructor_of_an_untaken_message_answers_killed_at_once) {
  start();
  std::atomic<int> refused{0};
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  for (int i = 0; i != 3; ++i) fn::send(p, waits_when_destroyed(refused));
  fn::send(p, 1);
  wait_gone();
  EXPECT_EQ(refused, 9);
}

}  // namespace
}  // namespace foundation::testing
