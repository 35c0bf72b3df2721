// SPDX-License-Identifier: Apache-2.0
//
// Erlang's table of exit signals (reference manual, "Processes", "Receiving Exit Signals"), row by row: what becomes of
// each reason, on each way, for a receiver in each state, trapping exits or not.
#include <boost/fiber/future.hpp>
#include <ostream>

#include "unit/process/death_fixture.hpp"
#include "unit/process/reasons.hpp"
#include "unit/process/settled.hpp"

namespace foundation::testing {
namespace {

enum class path { from_another_process, from_itself, from_a_plain_thread, through_a_link };
constexpr const char* path_names[] = {"from_another_process", "from_itself", "from_a_plain_thread", "through_a_link"};

enum class state { idle_handler, running, receiving, sleeping, waiting_for_boost, not_begun, dead };
constexpr const char* state_names[] = {"idle_as_a_handler", "running",   "receiving", "sleeping",
                                       "waiting_for_boost", "not_begun", "dead"};

struct row {
  reason_kind reason;
  path way;
  bool trapping;
  state receiver;
};

std::string name_of(const row& r) {
  return std::string(reason_names[static_cast<int>(r.reason)]) + "_" + path_names[static_cast<int>(r.way)] + "_to_one_" +
         (r.trapping ? "trapping_and_" : "") + state_names[static_cast<int>(r.receiver)];
}
void PrintTo(const row& r, std::ostream* out) { *out << name_of(r); }

/// Every combination that there is: who has not begun traps nothing yet and sends nothing, nor does who is dead.
std::vector<row> all_rows() {
  std::vector<row> rows;
  for (unsigned receiver = 0; receiver != std::size(state_names); ++receiver) {
    for (unsigned way = 0; way != std::size(path_names); ++way) {
      for (const bool trapping : {false, true}) {
        for (unsigned reason = 0; reason != std::size(reason_names); ++reason) {
          const row r{static_cast<reason_kind>(reason), static_cast<path>(way), trapping, static_cast<state>(receiver)};
          const bool inert = r.receiver == state::not_begun || r.receiver == state::dead;
          if (!inert || (!trapping && r.way != path::from_itself)) rows.push_back(r);
        }
      }
    }
  }
  return rows;
}

enum class outcome { ignored, message, ends };

struct expectation {
  outcome what;
  fn::exit_reason reason = {};  // of the message, or of the end
};

/// The table itself.
expectation erlang_says(const row& r) {
  const fn::exit_reason reason = planned_reason(r.reason);
  if (r.receiver == state::dead) return {outcome::ignored};
  if (r.way != path::through_a_link && reason.kind() == fn::exit_kind::kill) return {outcome::ends, fn::exit_kind::killed};
  if (r.trapping) return {outcome::message, reason};
  if (reason.is_normal() && r.way != path::from_itself) return {outcome::ignored};
  return {outcome::ends, reason};
}

struct release {};
struct fence {};
struct begin {};

class ExitTable : public DeathTest, public ::testing::WithParamInterface<row> {
 protected:
  static constexpr unsigned subjects_scheduler = 1;  // the rest of the test's processes run on 0

  /// How the subject ends where the signal has not ended it.
  static fn::exit_reason survived() { return fn::exit_reason::user(std::string("survived")); }

  /// The receiver, as a function: enters its state, leaves it when it is let go, then looks at what has come.
  void subject(fn::process& self) {
    const row& r = GetParam();
    begun = true;
    self.trap_exit(r.trapping);
    if (r.way == path::from_itself) send_from(self.id());
    ready = true;
    switch (r.receiver) {
      case state::running:
        while (!released) static_cast<void>(self.checkpoint());
        break;
      case state::receiving: self.receive([](release) {}); break;
      case state::sleeping:
        while (!released) static_cast<void>(self.sleep(expected.what == outcome::ends ? 1h : 1ms));
        break;
      case state::waiting_for_boost: boost_release.get_future().wait(); break;
      case state::idle_handler:
      case state::not_begun:
      case state::dead: break;
    }
    for (bool more = true; more;) {
      self.receive([&](fn::exited e) { got.push_back(std::move(e)); }, [&](fence) { more = false; });
    }
    self.exit(survived());
  }

  struct handler_subject {
    using messages = fn::messages<begin, fn::exited, fence>;
    ExitTable* test;
    void handle(fn::process& self, begin) {
      self.trap_exit(GetParam().trapping);
      if (GetParam().way == path::from_itself) test->send_from(self.id());
      test->ready = true;
    }
    void handle(fn::process&, fn::exited e) { test->got.push_back(std::move(e)); }
    void handle(fn::process& self, fence) { self.exit(survived()); }
  };

  void start_subject() {
    const fn::spawn_options there{.scheduler = subjects_scheduler};
    const row& r = GetParam();
    if (r.receiver == state::not_begun) {
      fn::spawn(rt(), [this](fn::process&) {
        hog_runs = true;
        foreign_code(released);
      }, there).value();
      wait_until([&] { return hog_runs.load(); });
    }
    if (r.receiver == state::idle_handler) {
      p = fn::spawn(rt(), handler_subject{this}, there).value();
    } else {
      p = fn::spawn(rt(), [this](fn::process& self) { subject(self); }, there).value();
    }
    observe();
    if (r.way == path::through_a_link) make_other();
    if (r.way == path::from_itself) go = true;
    if (r.receiver == state::idle_handler) fn::send(p, begin{});
    if (r.way != path::from_itself) wait_in_state();
  }

  /// Until the subject has arrived in its state, and is in it as far as that can be seen.
  void wait_in_state() {
    if (GetParam().receiver == state::not_begun) return;
    wait_until([&] { return ready.load(); });
    switch (GetParam().receiver) {
      case state::idle_handler:
      case state::receiving: wait_until([&] { return is_asleep(rt(), p); }); break;
      case state::waiting_for_boost: wait_until([&] { return is_off_the_schedulers(rt(), p); }); break;
      case state::dead: {
        const std::size_t others = other ? 1 : 0;
        fn::send(p, fence{});
        wait_until([&] { return rt().process_count() == others; });
        break;
      }
      case state::running:
      case state::sleeping:
      case state::not_begun: break;
    }
  }

  /// Somebody who is told how the subject ended.
  void observe() {
    std::atomic<bool> watches{false};
    fn::spawn(rt(), [&](fn::process& self) {
      const fn::reference ref = self.monitor(p).value();
      watches = true;
      self.receive(fn::when([&](const fn::down& d) { return d.monitor == ref; }, [&](fn::down d) { end = std::move(d.reason); }));
    }, {.scheduler = 0}).value();
    wait_until([&] { return watches.load(); });
  }

  /// Somebody who is linked to the subject, and will end for the row's reason.
  void make_other() {
    std::atomic<bool> linked{false};
    other = fn::spawn(rt(), [this, &linked](fn::process& self) {
              self.trap_exit(true);
              self.link(p).value();
              linked = true;
              self.receive([](release) {});
              if (GetParam().reason == reason_kind::exception) crash();
              self.exit(planned_reason(GetParam().reason));
            }, {.label = "other", .scheduler = 0}).value();
    wait_until([&] { return linked.load(); });
  }

  void send_from(fn::pid sender) {
    wait_until([&] { return go.load(); });  // the observer watches
    EXPECT_TRUE(fn::exit(p, planned_reason(GetParam().reason)));
    from = sender;
  }

  /// Returns when the signal is in the subject's queue.
  void send_signal() {
    switch (GetParam().way) {
      case path::from_itself: break;
      case path::from_a_plain_thread: EXPECT_TRUE(fn::exit(p, planned_reason(GetParam().reason))); break;
      case path::from_another_process: {
        std::atomic<bool> sent{false};
        other = fn::spawn(rt(), [&](fn::process& self) {
                  EXPECT_TRUE(fn::exit(p, planned_reason(GetParam().reason)));
                  from = self.id();
                  sent = true;
                }, {.scheduler = 0}).value();
        wait_until([&] { return sent.load(); });
        break;
      }
      case path::through_a_link: {
        const std::size_t before = rt().process_count();
        from = other;
        fn::send(other, release{});
        wait_until([&] { return rt().process_count() < before; });  // it has told all, or one that it told is gone too
        break;
      }
    }
  }

  /// Lets it go on, if the signal has not ended it in its state, as it must wherever it can be ended there.
  void release_subject() {
    const state receiver = GetParam().receiver;
    const bool deaf = receiver == state::waiting_for_boost || receiver == state::not_begun;
    if (expected.what == outcome::ends && !deaf) wait_dead(p);
    if (expected.what != outcome::ends && receiver != state::dead) wait_in_state();
    released = true;
    boost_release.set_value();
    fn::send(p, release{});
    fn::send(p, fence{});
  }

  const expectation expected = erlang_says(GetParam());
  fn::pid p;
  fn::pid other;
  fn::pid from;  // whom the signal is from
  std::optional<fn::exit_reason> end;
  std::vector<fn::exited> got;
  boost::fibers::promise<void> boost_release;
  std::atomic<bool> go{false};
  std::atomic<bool> begun{false};
  std::atomic<bool> ready{false};
  std::atomic<bool> released{false};
  std::atomic<bool> hog_runs{false};
};

TEST_P(ExitTable, is_erlangs) {
  start();
  start_subject();
  send_signal();
  release_subject();
  wait_gone();
  ASSERT_TRUE(end);
  if (expected.what == outcome::ends) {
    EXPECT_EQ(without_where(*end), expected.reason) << end->description();
    EXPECT_EQ(begun, GetParam().receiver != state::not_begun && GetParam().receiver != state::idle_handler);
    EXPECT_TRUE(got.empty());
    return;
  }
  EXPECT_EQ(*end, survived()) << end->description();
  ASSERT_EQ(got.size(), expected.what == outcome::message ? 1u : 0u);
  if (got.empty()) return;
  EXPECT_EQ(got[0].from, from);
  EXPECT_EQ(without_where(got[0].reason), expected.reason) << got[0].reason.description();
}

INSTANTIATE_TEST_SUITE_P(each_row, ExitTable, ::testing::ValuesIn(all_rows()),
                         [](const auto& instance) { return name_of(instance.param); });

}  // namespace
}  // namespace foundation::testing
