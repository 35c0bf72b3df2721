// SPDX-License-Identifier: Apache-2.0
//
// Plain threads that are processes.
#include <gmock/gmock.h>

#include <foundation/fiber.hpp>
#include <sstream>
#include <thread>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ThreadProcess : public DeathTest {
 protected:
  fn::pid idle_process() {
    return fn::spawn(rt(), [](fn::process& p) { p.receive([](int) {}); }).value();
  }
};

TEST_F(ThreadProcess, has_a_pid_and_receives) {
  start();
  fn::thread_process self(rt(), "main");
  EXPECT_TRUE(fn::is_alive(self->id()));
  EXPECT_EQ(self->label(), "main");
  EXPECT_EQ(fn::current_process(), &*self);
  const fn::pid me = self->id();
  fn::spawn(*self, [me](fn::process&) {
    for (int i = 0; i != 3; ++i) fn::send(me, i);
  }).value();
  for (int i = 0; i != 3; ++i) {
    EXPECT_EQ(self->receive([](int n) { return n; }).value(), i);
  }
}

TEST_F(ThreadProcess, is_not_counted_and_is_dead_when_its_scope_ends) {
  start();
  fn::pid was;
  {
    const fn::thread_process self(rt());
    was = self->id();
    EXPECT_EQ(rt().process_count(), 0u);
  }
  EXPECT_FALSE(fn::is_alive(was));
  EXPECT_EQ(fn::current_process(), nullptr);
}

TEST_F(ThreadProcess, waits_no_longer_than_it_was_told) {
  start();
  fn::thread_process self(rt());
  int times = 0;
  self->receive([](int) {}, fn::after(2ms, [&] { ++times; }));
  self->receive([](int) {}, fn::after(0ms, [&] { ++times; }));
  self->receive([](int) {}, fn::after(-1s, [&] { ++times; }));
  EXPECT_TRUE(self->sleep(1ms));
  EXPECT_TRUE(self->sleep(0ms));
  EXPECT_EQ(times, 3);
}

TEST_F(ThreadProcess, is_woken_by_timers) {
  start();
  fn::thread_process self(rt());
  fn::send_after(2ms, self->id(), 7).value();
  EXPECT_EQ(self->receive([](int n) { return n; }).value(), 7);
}

TEST_F(ThreadProcess, links_monitors_and_traps) {
  start();
  fn::thread_process self(rt());
  self->trap_exit(true);
  const fn::pid linked = fn::spawn_link(*self, [](fn::process& p) { p.receive([](int) {}); }).value();
  const auto [watched, ref] = fn::spawn_monitor(*self, [](fn::process& p) { p.receive([](int) {}); }).value();
  const fn::reference second = self->monitor(watched).value();
  EXPECT_TRUE(self->demonitor(second));
  kill(linked);
  kill(watched);
  EXPECT_EQ(self->receive([](const fn::exited& e) { return e.from; }).value(), linked);
  EXPECT_EQ(self->receive([](const fn::down& d) { return d.monitor; }).value(), ref);
  self->receive([](fn::any_message) { ADD_FAILURE(); }, fn::after(0ms));
}

TEST_F(ThreadProcess, tells_those_linked_to_it_and_watching_it_of_its_end) {
  start();
  std::atomic<int> told{0};
  std::atomic<bool> ready{false};
  auto self = std::make_unique<fn::thread_process>(rt());
  const fn::pid me = (*self)->id();
  fn::spawn(rt(), [&, me](fn::process& p) {
    p.trap_exit(true);
    p.link(me).value();
    static_cast<void>(p.monitor(me).value());
    ready = true;
    p.receive([&](const fn::exited& e) { told += e.from == me && e.reason.is_normal(); });
    p.receive([&](const fn::down& d) { told += d.from == me && d.reason.is_normal(); });
  }).value();
  wait_until([&] { return ready.load(); });
  self.reset();
  wait_gone();
  EXPECT_EQ(told, 2);
}

TEST_F(ThreadProcess, told_to_exit_waits_no_more_and_is_not_unwound) {
  start();
  std::atomic<bool> told{false};
  {
    fn::thread_process self(rt());
    const fn::pid me = self->id();
    fn::spawn(rt(), [&, me](fn::process& p) {
      static_cast<void>(p.monitor(me).value());
      fn::send(me, true);
      p.receive([&](const fn::down& d) { told = d.reason.kind() == fn::exit_kind::killed; });
    }).value();
    self->receive([](bool) {});
    std::thread killer([me] { kill(me); });
    EXPECT_EQ(self->receive([](int) {}).error().code(), fn::errc::killed);
    killer.join();
    EXPECT_EQ(self->sleep(24h).error().code(), fn::errc::killed);
    EXPECT_EQ(self->checkpoint().error().code(), fn::errc::killed);
    EXPECT_EQ(fn::request<int>(idle_process(), 1, fn::infinity).error().code(), fn::errc::killed);
  }
  wait_gone();
  EXPECT_TRUE(told);
}

TEST_F(ThreadProcess, that_does_not_end_when_told_is_given_up_and_may_still_end) {
  start({.schedulers = 1, .kill_grace = 10ms});
  {
    fn::thread_process self(rt());
    kill(self->id());
    wait_until([&] { return rt().abandoned_count() == 1; });
    EXPECT_FALSE(fn::is_alive(self->id()));
    EXPECT_EQ(self->receive([](int) {}).error().code(), fn::errc::killed);
    fn::send(self->id(), 1);
  }
  EXPECT_EQ(rt().abandoned_count(), 0u);
}

TEST_F(ThreadProcess, is_told_of_a_shutdown_though_nobody_else_is_there) {
  for (const auto mode : {fn::shutdown_mode::drain, fn::shutdown_mode::drop}) {
    start();
    std::atomic<bool> is_there{false};
    std::thread other([&] {
      fn::thread_process self(rt());
      is_there = true;
      EXPECT_EQ(self->receive([](int) {}).error().code(), fn::errc::killed);
    });
    wait_until([&] { return is_there.load(); });
    EXPECT_TRUE(rt().shutdown(24h, mode).empty());
    other.join();
    stop();
  }
}

TEST_F(ThreadProcess, is_seen_to_run_while_it_does_not_wait) {
  start();
  fn::thread_process self(rt(), "main");
  const auto seen = fn::process_counters(self->id()).value();
  EXPECT_EQ(seen.status, fn::process_status::running);
  EXPECT_FALSE(seen.scheduler);
  std::ostringstream out;
  rt().dump(out);
  EXPECT_THAT(out.str(), HasSubstr("\"main\" on a thread of its own\n"));
}

TEST_F(ThreadProcess, asks_and_answers) {
  start();
  fn::thread_process self(rt());
  const fn::pid me = self->id();
  std::atomic<long> got{0};
  fn::spawn(rt(), [&, me](fn::process&) { got = fn::request<long>(me, 20L, 10s).value(); }).value();
  self->receive([&](long n) { EXPECT_TRUE(self->reply(n + 1)); });
  wait_gone();
  EXPECT_EQ(got, 21);
  const fn::pid server = fn::spawn(rt(), [](fn::process& p) {
                           p.receive([&](int n) { EXPECT_TRUE(p.reply(2 * n)); });
                         }).value();
  EXPECT_EQ(fn::request<int>(server, 4, 10s).value(), 8);
}

TEST_F(ThreadProcess, has_names_aliases_and_priority) {
  start();
  fn::thread_process self(rt());
  fn::register_name(rt(), "main", self->id()).value();
  fn::send(rt(), "main", 1).value();
  const fn::alias a = self->make_alias({.priority = true}).value();
  fn::send(a, 2, fn::priority_message);
  EXPECT_EQ(self->receive([](int n) { return n; }).value(), 2);
  EXPECT_EQ(self->receive([](int n) { return n; }).value(), 1);
}

TEST_F(ThreadProcess, drops_what_it_never_received) {
  start();
  const auto life = std::make_shared<int>(0);
  {
    const fn::thread_process self(rt());
    for (int i = 0; i != 100; ++i) fn::send(self->id(), life);
    fn::send_after(1h, self->id(), life).value();
  }
  EXPECT_EQ(life.use_count(), 1);
}

TEST_F(ThreadProcess, is_refused_where_it_cannot_be) {
  start({.schedulers = 1, .max_processes = 1});
  wait_dead(fn::spawn(rt(), [&](fn::process&) {
              EXPECT_EQ(fn::thread_process::create(rt()).error().code(), fn::errc::invalid_argument);
            }).value());
  wait_gone();  // it is the one process there may be
  wait_dead(fn::spawn(rt(), [&](fn::process&) {
              boost::fibers::fiber([&] {
                EXPECT_EQ(fn::thread_process::create(rt()).error().code(), fn::errc::invalid_argument);
              }).join();
            }).value());
  wait_gone();
  EXPECT_THAT(fn::thread_process::create(rt(), std::string(256, 'x')).error().message(), HasSubstr("label"));
  const fn::thread_process only(rt());
  EXPECT_EQ(fn::thread_process::create(rt()).error().code(), fn::errc::system_limit);
  EXPECT_THAT(rt().shutdown(0s), IsEmpty()) << "a thread is nobody whom a shutdown ends";
  EXPECT_EQ(fn::thread_process::create(rt()).error().code(), fn::errc::not_running);
}

TEST_F(ThreadProcess, may_be_one_of_several_on_a_thread) {
  start();
  fn::thread_process first(rt());
  {
    fn::thread_process second(rt());
    EXPECT_EQ(fn::current_process(), &*first);
    fn::send(second->id(), 1);
    EXPECT_EQ(second->receive([](int n) { return n; }).value(), 1);
  }
  EXPECT_EQ(fn::current_process(), &*first);
}

TEST_F(ThreadProcess, is_woken_by_every_message_of_many_threads_and_processes) {
  start({.schedulers = 2});
  const int each = static_cast<int>(scaled(20'000, 500));
  fn::thread_process self(rt());
  const fn::pid me = self->id();
  std::vector<std::thread> threads;
  for (int t = 0; t != 2; ++t) {
    threads.emplace_back([me, each] {
      for (int i = 0; i != each; ++i) fn::send(me, i);
    });
  }
  for (int p = 0; p != 2; ++p) {
    fn::spawn(rt(), [me, each](fn::process& sender) {
      for (int i = 0; i != each; ++i) {
        fn::send(me, i);
        if (i % 16 == 0) static_cast<void>(sender.sleep(0ms));
      }
    }).value();
  }
  for (int i = 0; i != 4 * each; ++i) ASSERT_TRUE(self->receive([](int) {}));
  for (auto& t : threads) t.join();
  self->receive([](int) { ADD_FAILURE() << "more than were sent"; }, fn::after(0ms));
}

TEST_F(ThreadProcess, comes_and_goes_while_others_send_to_it) {
  start({.schedulers = 2});
  std::mutex mutex;
  fn::pid target;
  std::atomic<bool> over{false};
  std::vector<fn::pid> senders;
  for (int s = 0; s != 2; ++s) {
    senders.push_back(fn::spawn(rt(), [&](fn::process& p) {
                        while (!over) {
                          std::unique_lock lock(mutex);
                          const fn::pid to = target;
                          lock.unlock();
                          fn::send(to, 1);
                          static_cast<void>(p.checkpoint());
                        }
                      }).value());
  }
  for (std::size_t round = 0; round != scaled(2'000, 100); ++round) {
    fn::thread_process self(rt());
    {
      const std::lock_guard lock(mutex);
      target = self->id();
    }
    for (int i = 0; i != 3; ++i) self->receive([](int) {}, fn::after(std::chrono::microseconds(round % 50)));
  }
  over = true;
  for (const fn::pid p : senders) wait_dead(p);
}

}  // namespace
}  // namespace foundation::testing
