// SPDX-License-Identifier: Apache-2.0
#include <foundation/isolate_work.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <boost/fiber/fiber.hpp>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

using ::testing::HasSubstr;

class IsolateWork : public DeathTest {
 protected:
  /// Runs `body` as a process, to its end.
  template <typename F>
  void run(F&& body) {
    ASSERT_TRUE(fn::wait_gone(fn::spawn(rt(), std::forward<F>(body)).value()));
  }
  /// Calls `body` twice: from this thread with the runtime, and from a process with itself.
  template <typename F>
  void from_both(F&& body) {
    body(rt());
    run([&](fn::process& self) { body(self); });
    EXPECT_EQ(rt().process_count(), 0u);
  }
};

TEST_F(IsolateWork, returns_what_the_function_returned) {
  start();
  from_both([](auto& where) {
    EXPECT_EQ(fn::isolate_memory_intensive_work(where, [] { return 42; }).value(), 42);
    EXPECT_EQ(fn::isolate_memory_intensive_work(where, [](fn::process&) { return std::string("forty-two"); }).value(), "forty-two");
    EXPECT_EQ(*fn::isolate_memory_intensive_work(where, [] { return std::make_unique<int>(42); }).value(), 42);
  });
}

TEST_F(IsolateWork, of_a_function_that_returns_nothing_says_that_it_did) {
  start();
  from_both([](auto& where) {
    bool ran = false;
    const fn::result<void> done = fn::isolate_memory_intensive_work(where, [&ran] { ran = true; });
    EXPECT_TRUE(done);
    EXPECT_TRUE(ran) << "before the call returned";
  });
}

TEST_F(IsolateWork, of_a_function_that_returns_a_result_returns_that_result) {
  start();
  from_both([](auto& where) {
    const auto work = [](bool well) {
      return [well]() -> fn::result<int> {
        if (well) return 42;
        return fn::error(fn::errc::invalid_data, "line 7");
      };
    };
    const fn::result<int> good = fn::isolate_memory_intensive_work(where, work(true));
    EXPECT_EQ(good.value(), 42);
    const fn::result<int> bad = fn::isolate_memory_intensive_work(where, work(false));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error(), fn::errc::invalid_data);
    EXPECT_EQ(bad.error().message(), "line 7");
    const fn::result<void> nothing =
        fn::isolate_memory_intensive_work(where, []() -> fn::result<void> { return fn::errc::system_limit; });
    EXPECT_EQ(nothing.error(), fn::errc::system_limit);
  });
}

TEST_F(IsolateWork, makes_what_was_in_the_arena_anew) {
  start();
  from_both([](auto& where) {
    const std::string text(10'000, 'x');
    const auto words = fn::isolate_memory_intensive_work(where, [&text](fn::process& self) {
                         std::pmr::vector<std::pmr::string> made(&self.arena());
                         for (int i = 0; i != 10; ++i) made.emplace_back(text);
                         return made;
                       }).value();
    ASSERT_EQ(words.size(), 10u);
    EXPECT_EQ(std::string_view(words.back()), text);
    EXPECT_EQ(words.get_allocator().resource(), fn::message_resource());
    const auto in_result = fn::isolate_memory_intensive_work(where, [&text](fn::process& self) {
      return fn::result<std::pmr::string>(std::pmr::string(text, &self.arena()));
    });
    EXPECT_EQ(std::string_view(*in_result), text);
    EXPECT_EQ(in_result->get_allocator().resource(), fn::message_resource());
  });
}

TEST_F(IsolateWork, takes_a_function_that_can_only_be_moved) {
  start();
  from_both([](auto& where) {
    auto owned = std::make_unique<int>(42);
    EXPECT_EQ(fn::isolate_memory_intensive_work(where, [o = std::move(owned)] { return *o; }).value(), 42);
  });
}

TEST_F(IsolateWork, destroys_the_function_before_it_returns) {
  start();
  from_both([](auto& where) {
    auto shared = std::make_shared<int>(1);
    fn::isolate_memory_intensive_work(where, [shared] {}).value();
    EXPECT_EQ(shared.use_count(), 1);
  });
}

TEST_F(IsolateWork, leaves_nothing_of_the_process_behind) {
  start();
  from_both([&](auto& where) {
    const auto before = fn::processes(rt()).size();
    const long blocks = probe.live();
    const auto id = fn::isolate_memory_intensive_work(where, [](fn::process& self) {
                      for (int i = 0; i != 10'000; ++i) static_cast<void>(self.arena().allocate(200));
                      return self.id();
                    }, {.process = {.memory = fn::memory_strategy::isolated_heaps}}).value();
    EXPECT_TRUE(fn::wait_gone(id, 0s));
    EXPECT_FALSE(fn::is_alive(id));
    EXPECT_EQ(fn::processes(rt()).size(), before);
    EXPECT_LT(probe.live(), blocks + 100);
  });
}

TEST_F(IsolateWork, says_which_exception_ended_it) {
  start();
  from_both([](auto& where) {
    const auto failed = fn::isolate_memory_intensive_work(where, []() -> int { throw std::runtime_error("boom"); });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), fn::errc::no_reply);
    EXPECT_THAT(failed.error().message(), HasSubstr("runtime_error: boom"));
  });
}

TEST_F(IsolateWork, says_by_how_much_it_went_beyond_its_limit) {
  start();
  from_both([](auto& where) {
    const fn::isolate_options limited{.process = {.max_memory = 1'000'000}};
    const auto taking = [](bool waits) {
      return [waits](fn::process& self) {
        for (int i = 0; i != 20'000; ++i) {
          static_cast<void>(self.arena().allocate(100));
          if (waits) static_cast<void>(self.checkpoint());
        }
        return 1;
      };
    };
    for (const bool waits : {true, false}) {
      const auto failed = fn::isolate_memory_intensive_work(where, taking(waits), limited);
      ASSERT_FALSE(failed);
      EXPECT_EQ(failed.error(), fn::errc::no_reply);
      EXPECT_THAT(failed.error().message(), HasSubstr("of at most 1000000: arena"));
    }
    auto only_logged = limited;
    only_logged.process.on_max_memory = fn::memory_breach::log;
    EXPECT_EQ(fn::isolate_memory_intensive_work(where, taking(true), only_logged).value(), 1);
  });
}

TEST_F(IsolateWork, says_why_it_ended_without_a_result) {
  start();
  from_both([](auto& where) {
    const auto ended = [&where](const fn::exit_reason& why) {
      const auto failed = fn::isolate_memory_intensive_work(where, [why](fn::process& self) {
        self.exit(why);
        return 1;
      });
      EXPECT_FALSE(failed);
      EXPECT_EQ(failed.error(), fn::errc::no_reply);
      return std::string(failed.error().message());
    };
    EXPECT_THAT(ended(fn::exit_kind::normal), HasSubstr("normal"));
    EXPECT_THAT(ended(fn::exit_kind::shutdown), HasSubstr("shutdown"));
    EXPECT_THAT(ended(fn::exit_reason::user(std::string("disk full"))), HasSubstr("disk full"));
    const auto killed = fn::isolate_memory_intensive_work(where, [](fn::process& self) {
      fn::exit(self.id(), fn::exit_kind::kill);
      self.sleep(fn::infinity);
    });
    EXPECT_EQ(killed.error(), fn::errc::no_reply);
    EXPECT_THAT(killed.error().message(), HasSubstr("killed"));
  });
}

TEST_F(IsolateWork, kills_it_when_its_time_is_up) {
  start();
  from_both([&](auto& where) {
    fn::pid worker;
    const auto late = fn::isolate_memory_intensive_work(where, [&worker](fn::process& self) {
      worker = self.id();
      self.trap_exit(true);
      self.sleep(fn::infinity);
    }, {.timeout = 20ms});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), fn::errc::timeout);
    EXPECT_TRUE(fn::wait_gone(worker));
    EXPECT_EQ(fn::isolate_memory_intensive_work(where, [](fn::process& w) { w.sleep(fn::infinity); }, {.timeout = 0s}).error(), fn::errc::timeout);
    wait_until([&] { return fn::processes(rt()).size() <= (fn::current_process() == nullptr ? 0u : 1u); });
  });
}

TEST_F(IsolateWork, does_not_wait_for_one_that_was_given_up) {
  start({.schedulers = 3, .kill_grace = 20ms});
  from_both([&](auto& where) {
    std::atomic<bool> come_back{false};
    fn::pid worker;
    const auto stuck = fn::isolate_memory_intensive_work(where, [&](fn::process& self) {
      worker = self.id();
      static_cast<void>(self.arena().allocate(100'000));
      while (!come_back) std::this_thread::sleep_for(1ms);  // no call of the library that could end it
    }, {.process = {.max_memory = 50'000}});
    ASSERT_FALSE(stuck);
    EXPECT_EQ(stuck.error(), fn::errc::no_reply);
    EXPECT_THAT(stuck.error().message(), HasSubstr("bytes of at most 50000"));
    EXPECT_FALSE(come_back);
    come_back = true;
    EXPECT_TRUE(fn::wait_gone(worker));
  });
}

TEST_F(IsolateWork, is_finished_in_a_shutdown_that_drains) {
  for (const bool by_process : {true, false}) {
    start();
    std::atomic<bool> works{false};
    std::atomic<bool> may_end{false};
    std::atomic<int> got{0};
    const auto work = [&](fn::process& w) {
      works = true;
      while (!may_end) w.consume(1000);
      return 5;
    };
    std::thread caller;
    if (by_process) {
      static_cast<void>(fn::spawn(rt(), [&](fn::process& self) { got = fn::isolate_memory_intensive_work(self, work).value(); }).value());
    } else {
      caller = std::thread([&] { got = fn::isolate_memory_intensive_work(rt(), work).value(); });
    }
    wait_until([&] { return works.load(); });
    std::thread later([&] {
      std::this_thread::sleep_for(20ms);  // time for the drain to end who waits
      may_end = true;
    });
    EXPECT_TRUE(rt().shutdown(60s).empty());
    later.join();
    if (caller.joinable()) caller.join();
    EXPECT_EQ(got, 5);
    stop();
  }
}

TEST_F(IsolateWork, looks_at_no_message_that_waits) {
  start({.schedulers = 1});
  run([](fn::process& self) {
    for (int i = 0; i != 10'000; ++i) fn::send(self.id(), i);
    self.receive([](int) {});
    const std::uint64_t before = self.reductions();
    EXPECT_EQ(fn::isolate_memory_intensive_work(self, [] { return 1; }).value(), 1);
    EXPECT_LT(self.reductions() - before, 5'000u);
  });
}

TEST_F(IsolateWork, ends_with_a_caller_that_is_killed) {
  start();
  std::atomic<int> left{0};
  fn::pid worker;
  std::atomic<bool> works{false};
  const auto body = [&](fn::process& self) {
    static_cast<void>(fn::isolate_memory_intensive_work(self, [&](fn::process& w) {
      const frame counted(left);
      worker = w.id();
      works = true;
      w.sleep(fn::infinity);
    }));
  };
  const fn::pid caller = fn::spawn(rt(), body).value();
  wait_until([&] { return works.load(); });
  kill(caller);
  ASSERT_TRUE(fn::wait_gone(caller));
  ASSERT_TRUE(fn::wait_gone(worker));
  EXPECT_EQ(left, 1);

  works = false;
  fn::result<int> refused = 0;
  const fn::pid shielded = fn::spawn(rt(), [&](fn::process& self) {
                             const fn::shield here(self);
                             refused = fn::isolate_memory_intensive_work(self, [&](fn::process& w) {
                               worker = w.id();
                               works = true;
                               w.sleep(fn::infinity);
                               return 1;
                             });
                           }).value();
  wait_until([&] { return works.load(); });
  kill(shielded);
  ASSERT_TRUE(fn::wait_gone(shielded));
  ASSERT_TRUE(fn::wait_gone(worker));
  EXPECT_EQ(refused.error(), fn::errc::killed);
}

TEST_F(IsolateWork, leaves_the_mailbox_of_the_caller_as_it_was) {
  start();
  run([&](fn::process& self) {
    self.trap_exit(true);
    for (int i = 0; i != 10; ++i) fn::send(self.id(), i);
    fn::send(self.id(), fn::down{});
    const auto me = self.id();
    EXPECT_EQ(fn::isolate_memory_intensive_work(self, [me] {
                fn::send(me, 10);
                return 1;
              }).value(), 1);
    EXPECT_FALSE(fn::isolate_memory_intensive_work(self, [] { throw 1; }));
    EXPECT_FALSE(fn::isolate_memory_intensive_work(self, [](fn::process& w) { w.sleep(fn::infinity); }, {.timeout = 1ms}));
    for (int i = 0; i != 11; ++i) {
      self.receive([&](int n) { EXPECT_EQ(n, i); });
    }
    int others = 0;
    self.receive([&](const fn::down&) { ++others; }, fn::after(0s, [] {}));
    EXPECT_EQ(others, 1);
    bool empty = false;
    self.receive([](fn::any_message) {}, fn::after(20ms, [&] { empty = true; }));
    EXPECT_TRUE(empty);
  });
}

TEST_F(IsolateWork, has_the_options_it_is_given) {
  start();
  from_both([](auto& where) {
    const auto label = [&where](const fn::isolate_options& options) {
      return fn::isolate_memory_intensive_work(where, [](fn::process& self) { return std::string(self.label()); }, options).value();
    };
    EXPECT_EQ(label({}), "isolated work");
    EXPECT_EQ(label({.process = {.label = "index"}}), "index");
    const auto refused = fn::isolate_memory_intensive_work(where, [] {}, {.process = {.max_memory = 1}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), fn::errc::invalid_argument);
    EXPECT_THAT(refused.error().message(), HasSubstr("max_memory"));
  });
}

TEST_F(IsolateWork, works_from_a_thread_that_is_a_process) {
  start();
  fn::thread_process self(rt());
  fn::send(self->id(), 7);
  EXPECT_EQ(fn::isolate_memory_intensive_work(*self, [] { return 1; }).value(), 1);
  EXPECT_EQ(fn::isolate_memory_intensive_work(rt(), [] { return 2; }).value(), 2);
  int got = 0;
  self->receive([&](int n) { got = n; }, fn::after(0s, [] {}));
  EXPECT_EQ(got, 7);
}

TEST_F(IsolateWork, nests) {
  start();
  from_both([](auto& where) {
    EXPECT_EQ(fn::isolate_memory_intensive_work(where, [](fn::process& outer) {
                return 1 + fn::isolate_memory_intensive_work(outer, [] { return 1; }).value();
              }).value(), 2);
  });
}

TEST_F(IsolateWork, refuses_who_may_not_call_it) {
  start();
  watched_runtime other({.schedulers = 1});
  run([&](fn::process& self) {
    const auto elsewhere = fn::isolate_memory_intensive_work(other, [] {});
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error(), fn::errc::invalid_argument);
    EXPECT_THAT(elsewhere.error().message(), HasSubstr("rt:"));
    std::thread([&] {
      const auto borrowed = fn::isolate_memory_intensive_work(self, [] {});
      EXPECT_EQ(borrowed.error(), fn::errc::invalid_argument);
      EXPECT_THAT(borrowed.error().message(), HasSubstr("self:"));
    }).join();
  });
  const watched_runtime taken(std::move(other));
  EXPECT_EQ(fn::isolate_memory_intensive_work(other, [] {}).error(), fn::errc::not_running);
}

TEST_F(IsolateWork, is_refused_in_a_fiber_that_is_no_process) {
  start({.schedulers = 1});
  run([this](fn::process&) {
    boost::fibers::fiber([this] {
      const auto refused = fn::isolate_memory_intensive_work(rt(), [] {});
      EXPECT_EQ(refused.error(), fn::errc::would_deadlock);
      EXPECT_THAT(refused.error().message(), HasSubstr("fiber"));
    }).join();
  });
}

TEST_F(IsolateWork, says_when_there_is_no_place_or_the_runtime_shuts_down) {
  start({.schedulers = 1, .max_processes = 1});
  const auto full = fn::isolate_memory_intensive_work(rt(), [] {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error(), fn::errc::system_limit);
  EXPECT_TRUE(rt().shutdown(1s).empty());
  EXPECT_EQ(fn::isolate_memory_intensive_work(rt(), [] {}).error(), fn::errc::not_running);
}

struct throws_when_moved {
  throws_when_moved() = default;
  throws_when_moved(const throws_when_moved&) = default;
  throws_when_moved(throws_when_moved&&) { throw std::runtime_error("immovable"); }
  void operator()() const {}
};

TEST_F(IsolateWork, that_cannot_be_moved_into_its_process_is_an_error) {
  start();
  from_both([](auto& where) {
    const auto refused = fn::isolate_memory_intensive_work(where, throws_when_moved{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), fn::errc::init_failed);
    EXPECT_THAT(refused.error().message(), HasSubstr("immovable"));
  });
}

/// Each allocation of the runtime's refused once.
TEST_F(IsolateWork, returns_its_value_or_is_refused_where_memory_is) {
  start({.schedulers = 1});
  const auto refuse_each = [&](auto& where) {
    for (int n = 1;; ++n) {
      const long before = probe.refused();
      probe.refuse_nth(n);
      const auto made = fn::isolate_memory_intensive_work(where, [](fn::process& self) {
        std::pmr::vector<int> numbers(100, 1, &self.arena());
        return numbers;
      });
      probe.refuse_nth(0);
      const bool was_refused = probe.refused() != before;
      if (made) {
        EXPECT_EQ(made->size(), 100u);
      } else {
        EXPECT_TRUE(was_refused);
        EXPECT_TRUE(made.error() == fn::errc::system_limit || made.error() == fn::errc::no_reply) << made.error().message();
      }
      if (!was_refused) break;
    }
  };
  from_both(refuse_each);
}

}  // namespace
}  // namespace foundation::testing
