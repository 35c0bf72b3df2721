// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <foundation/fmt.hpp>
#include <thread>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class Names : public DeathTest {
 protected:
  fn::pid idle_process() {
    return fn::spawn(rt(), [](fn::process& p) { p.receive([](int) {}); }).value();
  }
};

TEST_F(Names, lead_to_their_holder) {
  start();
  const fn::pid p = idle_process();
  EXPECT_FALSE(fn::whereis(rt(), "worker"));
  ASSERT_TRUE(fn::register_name(rt(), "worker", p));
  EXPECT_EQ(fn::whereis(rt(), "worker"), p);
  EXPECT_FALSE(fn::whereis(rt(), "work"));
  EXPECT_TRUE(fn::send(rt(), "worker", 1));
  wait_dead(p);
  EXPECT_FALSE(fn::whereis(rt(), "worker"));
}

TEST_F(Names, send_by_name_says_which_name_nobody_has) {
  start();
  const auto sent = fn::send(rt(), "worker", 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), fn::errc::noproc);
  EXPECT_THAT(std::string(sent.error().message()), HasSubstr("nobody has \"worker\""));
}

TEST_F(Names, serve_processes_as_they_serve_threads) {
  start();
  std::atomic<int> got{0};
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              fn::register_name(self, "me", self.id()).value();
              EXPECT_EQ(fn::whereis(self, "me"), self.id());
              fn::send(self, "me", 7).value();
              self.receive([&](int n) { got = n; });
              fn::unregister_name(self, "me").value();
              EXPECT_FALSE(fn::whereis(self, "me"));
            }).value());
  EXPECT_EQ(got, 7);
}

TEST_F(Names, that_are_taken_say_by_whom) {
  start();
  const fn::pid first = idle_process();
  const fn::pid second = idle_process();
  fn::register_name(rt(), "worker", first).value();
  const auto refused = fn::register_name(rt(), "worker", second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), fn::errc::already_registered);
  EXPECT_EQ(refused.error().message(), fmt::format("name: \"worker\" is held by {}", first));
}

TEST_F(Names, are_one_to_a_process) {
  start();
  const fn::pid p = idle_process();
  fn::register_name(rt(), "first", p).value();
  const auto refused = fn::register_name(rt(), "second", p);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), fn::errc::already_registered);
  EXPECT_THAT(std::string(refused.error().message()), HasSubstr("has the name \"first\" already"));
  fn::unregister_name(rt(), "first").value();
  EXPECT_TRUE(fn::register_name(rt(), "second", p));
}

TEST_F(Names, that_are_empty_or_too_long_are_refused) {
  start();
  const fn::pid p = idle_process();
  for (const std::string& name : {std::string(), std::string(256, 'x')}) {
    const auto refused = fn::register_name(rt(), name, p);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), fn::errc::invalid_argument);
    EXPECT_THAT(std::string(refused.error().message()), HasSubstr(std::to_string(name.size()) + " bytes; 1..255"));
    EXPECT_FALSE(fn::whereis(rt(), name));
  }
  EXPECT_TRUE(fn::register_name(rt(), std::string(255, 'x'), p));
  EXPECT_EQ(fn::whereis(rt(), std::string(255, 'x')), p);
}

TEST_F(Names, nobody_has_cannot_be_taken_away) {
  start();
  const auto refused = fn::unregister_name(rt(), "worker");
  EXPECT_EQ(refused.error().code(), fn::errc::noproc);
  EXPECT_EQ(refused.error().message(), "name: nobody has \"worker\"");
}

TEST_F(Names, that_nobody_can_have_are_nobodys_to_all_who_use_them) {
  start();
  for (const std::string& name : {std::string(), std::string(256, 'x')}) {
    EXPECT_FALSE(fn::whereis(rt(), name));
    const auto taken_away = fn::unregister_name(rt(), name);
    EXPECT_EQ(taken_away.error().code(), fn::errc::noproc);
    EXPECT_EQ(taken_away.error().message(), "name: nobody has \"" + name.substr(0, 255) + "\"");
    EXPECT_EQ(fn::send(rt(), name, 1).error().code(), fn::errc::noproc);
    wait_dead(fn::spawn(rt(), [&](fn::process& self) {
                EXPECT_FALSE(fn::whereis(self, name));
                EXPECT_EQ(fn::send(self, name, 1).error().code(), fn::errc::noproc);
                const auto monitored = self.monitor(name);
                EXPECT_EQ(monitored.error().code(), fn::errc::invalid_argument);
                EXPECT_EQ(monitored.error().message(), fmt::format("name: {} bytes; 1..255 are allowed", name.size()));
              }).value());
  }
  EXPECT_EQ(rt().dead_letters(), 0u) << "nothing was sent";
}

TEST_F(Names, of_dead_processes_and_of_other_runtimes_are_refused) {
  start();
  watched_runtime other({.schedulers = 1});
  const fn::pid there = fn::spawn(other, [](fn::process& p) { p.receive([](int) {}); }).value();
  for (const fn::pid p : {there, fn::pid()}) {
    const auto refused = fn::register_name(rt(), "worker", p);
    EXPECT_EQ(refused.error().code(), fn::errc::invalid_argument);
    EXPECT_THAT(std::string(refused.error().message()),
                HasSubstr(fmt::format("process: {} is of another runtime, or none", p)));
  }
  const fn::pid p = idle_process();
  fn::exit(p, fn::exit_reason::kill);
  wait_dead(p);
  const auto refused = fn::register_name(rt(), "worker", p);
  EXPECT_EQ(refused.error().code(), fn::errc::noproc);
  EXPECT_EQ(refused.error().message(), fmt::format("process: {} is dead", p));
  EXPECT_FALSE(fn::whereis(rt(), "worker"));
}

TEST_F(Names, are_free_before_anybody_hears_of_the_end) {
  start();
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              for (int i = 0; i != 300; ++i) {
                const auto made = fn::spawn_monitor(
                    self, [](fn::process& w) { fn::register_name(w, "worker", w.id()).value(); });
                ASSERT_TRUE(made);
                self.receive([](const fn::down&) {});
                EXPECT_FALSE(fn::whereis(self, "worker"));
                EXPECT_THAT(fn::processes(rt()), Not(Contains(made->id))) << "nor is it in any table";
                EXPECT_EQ(fn::process_counters(made->id).error().code(), fn::errc::noproc);
              }
            }).value());
}

TEST_F(Names, are_free_before_their_holder_is_seen_dead) {
  start();
  struct looks_back {
    fn::runtime* rt = nullptr;
    fn::pid* holder = nullptr;
    std::atomic<int>* looked = nullptr;
    looks_back(fn::runtime& r, fn::pid& p, std::atomic<int>& n) : rt(&r), holder(&p), looked(&n) {}
    looks_back(looks_back&& other) noexcept
        : rt(std::exchange(other.rt, nullptr)), holder(other.holder), looked(other.looked) {}
    ~looks_back() {
      if (rt == nullptr) return;
      EXPECT_FALSE(fn::is_alive(*holder));
      EXPECT_FALSE(fn::whereis(*rt, "worker"));
      ++*looked;
    }
  };
  fn::pid holder;
  std::atomic<int> looked{0};
  std::atomic<bool> known{false};
  holder = fn::spawn(rt(), [&known, last = looks_back(rt(), holder, looked)](fn::process& self) {
             while (!known) static_cast<void>(self.sleep(0ms));
             fn::register_name(self, "worker", self.id()).value();
           }).value();
  known = true;
  wait_gone();
  EXPECT_EQ(looked, 1);
}

TEST_F(Names, of_a_process_that_is_given_up_are_free) {
  start({.schedulers = 2, .kill_grace = 10ms});
  std::atomic<bool> inside{false};
  std::atomic<bool> come_back{false};
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process&) {
                          inside = true;
                          foreign_code(come_back);
                        }).value();
  wait_until([&] { return inside.load(); });
  fn::register_name(rt(), "worker", stuck).value();
  kill(stuck);
  wait_until([&] { return rt().abandoned_count() == 1; });
  EXPECT_FALSE(fn::whereis(rt(), "worker"));
  EXPECT_TRUE(fn::register_name(rt(), "worker", idle_process()));
  come_back = true;
  wait_until([&] { return rt().abandoned_count() == 0; });
}

TEST_F(Names, may_be_monitored) {
  start();
  wait_dead(fn::spawn(rt(), [](fn::process& self) {
              const fn::pid worker = fn::spawn(self, [](fn::process& p) { p.receive([](int) {}); }).value();
              fn::register_name(self, "worker", worker).value();
              const fn::reference ref = self.monitor("worker").value();
              fn::send(self, "worker", 1).value();
              self.receive([&](const fn::down& d) {
                EXPECT_EQ(d.monitor, ref);
                EXPECT_EQ(d.from, worker);
                EXPECT_EQ(d.name, "worker");
              });
              const fn::reference nobody = self.monitor("worker").value();
              self.receive([&](const fn::down& d) {
                EXPECT_EQ(d.monitor, nobody);
                EXPECT_FALSE(d.from);
                EXPECT_EQ(d.name, "worker");
                EXPECT_EQ(d.reason.kind(), fn::exit_kind::noproc);
              });
              EXPECT_EQ(self.monitor("").error().code(), fn::errc::invalid_argument);
            }).value());
}

// Threads register, look up, take away and kill at once: a name never leads to a process that cannot have it, and none
// is left at the end.
TEST_F(Names, are_contended_for_without_being_lost) {
  start();
  std::vector<std::thread> threads;
  for (int t = 0; t != 3; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i != scaled(2'000, 100); ++i) {
        const fn::pid p = idle_process();
        const std::string name = "name " + std::to_string((i + static_cast<std::size_t>(t)) % 3);
        const auto done = fn::register_name(rt(), name, p);
        EXPECT_TRUE(done || done.error().code() == fn::errc::already_registered);
        if (i % 3 == 0) static_cast<void>(fn::unregister_name(rt(), name));
        fn::exit(p, fn::exit_reason::kill);
        static_cast<void>(fn::send(rt(), name, 1));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  wait_gone();
  for (const char* name : {"name 0", "name 1", "name 2"}) EXPECT_FALSE(fn::whereis(rt(), name));
}

}  // namespace
}  // namespace foundation::testing
