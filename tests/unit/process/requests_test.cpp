// SPDX-License-Identifier: Apache-2.0
//
// Requests, replies, and what becomes of either when nobody waits or nobody answers.
#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "unit/process/death_fixture.hpp"

namespace foundation::testing {
namespace {

using ::testing::HasSubstr;

struct twice {
  long number;
};
struct length {
  std::string text;
};
struct done {};
struct never {};

/// Answers what it knows.
struct calculator {
  using messages = fn::messages<twice, length, done, never>;
  void handle(fn::process& self, const twice& t) { EXPECT_TRUE(self.reply(2 * t.number)); }
  void handle(fn::process& self, length l) { EXPECT_TRUE(self.reply(l.text.size())); }
  void handle(fn::process& self, done) { EXPECT_TRUE(self.reply()); }
  void handle(fn::process&, never) {}
};

/// A pid that changes while others read it.
class shared_pid {
 public:
  [[nodiscard]] fn::pid get() {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(fn::pid p) {
    const std::lock_guard lock(mutex_);
    value_ = p;
  }

 private:
  std::mutex mutex_;
  fn::pid value_;
};

class Requests : public DeathTest {
 protected:
  fn::pid calculator_process() { return fn::spawn(rt(), calculator{}).value(); }
  /// Runs it as a process, waits for its end.
  template <typename F>
  void as_process(F&& body) {
    ASSERT_TRUE(fn::wait_gone(fn::spawn(rt(), std::forward<F>(body)).value()));  // and counted no more
  }
};

TEST_F(Requests, of_a_process_are_answered) {
  start();
  const fn::pid p = calculator_process();
  as_process([&](fn::process&) {
    EXPECT_EQ(fn::request<long>(p, twice{21}, 10s).value(), 42);
    EXPECT_EQ(fn::request<std::size_t>(p, length{"four"}, 10s).value(), 4u);
    EXPECT_TRUE(fn::request<void>(p, done{}, 10s));
  });
}

TEST_F(Requests, of_a_plain_thread_are_answered_and_leave_no_process_behind) {
  start();
  const fn::pid p = calculator_process();
  EXPECT_EQ(fn::request<long>(p, twice{21}, 10s).value(), 42);
  EXPECT_TRUE(fn::request<void>(p, done{}, fn::infinity));
  EXPECT_EQ(rt().process_count(), 1u);
  EXPECT_EQ(fn::current_process(), nullptr);
}

TEST_F(Requests, are_answered_from_a_receive) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      for (int i = 0; i != 2; ++i) {
                        self.receive([&](const twice& t) { EXPECT_TRUE(self.reply(2 * t.number)); });
                      }
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{1}, 10s).value(), 2);
  as_process([&](fn::process&) { EXPECT_EQ(fn::request<long>(p, twice{2}, 10s).value(), 4); });
}

TEST_F(Requests, are_messages_like_others_to_who_does_not_answer) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([](fn::any_message m) { EXPECT_NE(m.get_if<twice>(), nullptr); });
                      self.receive([](int) {});
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{1}, 10s).error().code(), fn::errc::no_reply);
}

TEST_F(Requests, that_a_handler_drops_are_an_error_at_once) {
  start();
  const fn::pid p = calculator_process();
  EXPECT_EQ(fn::request<long>(p, never{}, fn::infinity).error().code(), fn::errc::no_reply);
}

TEST_F(Requests, have_their_answer_kept_out_of_the_mailbox_until_it_is_taken) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](const twice& t) { EXPECT_TRUE(self.reply(2 * t.number)); });
                    }).value();
  as_process([&](fn::process& self) {
    auto answer = fn::send_request<long>(p, twice{21}).value();
    while (fn::process_counters(p)) static_cast<void>(self.sleep(0ms));  // it has answered, and is gone
    bool nothing = false;
    self.receive([](fn::any_message) { ADD_FAILURE() << "the answer came as a message"; },
                 fn::after(0ms, [&] { nothing = true; }));
    EXPECT_TRUE(nothing);
    EXPECT_EQ(fn::process_info(self.id()).value().messages, 0u);
    EXPECT_EQ(answer.get(0ms).value(), 42);
  });
}

TEST_F(Requests, to_the_dead_are_an_error_at_once) {
  start();
  const fn::pid p = calculator_process();
  kill(p);
  wait_dead(p);
  EXPECT_EQ(fn::request<long>(p, twice{1}, fn::infinity).error().code(), fn::errc::noproc);
  as_process([&](fn::process&) {
    EXPECT_EQ(fn::request<long>(p, twice{1}, fn::infinity).error().code(), fn::errc::noproc);
  });
}

TEST_F(Requests, to_nobody_are_of_no_runtime) {
  start();
  EXPECT_EQ(fn::request<long>(fn::pid(), twice{1}, fn::infinity).error().code(), fn::errc::not_running);
  as_process([&](fn::process&) {
    EXPECT_EQ(fn::request<long>(fn::pid(), twice{1}, fn::infinity).error().code(), fn::errc::not_running);
  });
}

TEST_F(Requests, end_with_the_receiver) {
  start();
  std::atomic<bool> asked{false};
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  const fn::pid asker = fn::spawn(rt(), [&](fn::process&) {
                          auto answer = fn::send_request<long>(p, twice{1}).value();
                          asked = true;
                          EXPECT_EQ(answer.get().error().code(), fn::errc::noproc) << "it was never taken";
                        }).value();
  wait_until([&] { return asked.load(); });
  kill(p);
  wait_dead(asker);
}

TEST_F(Requests, whose_handler_throws_are_dropped_with_it) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([](twice) { throw std::runtime_error("no"); });
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{1}, fn::infinity).error().code(), fn::errc::no_reply);
}

TEST_F(Requests, time_out_and_their_late_reply_is_seen_by_nobody) {
  start();
  as_process([&](fn::process& self) {
    const fn::pid slow = fn::spawn(self, [](fn::process& s) {
                           s.receive([&](const twice&) {
                             s.receive([](done) {});
                             EXPECT_FALSE(s.reply(std::string("the message handled is that of this receive again")));
                           });
                         }).value();
    EXPECT_EQ(fn::request<long>(slow, twice{1}, 5ms).error().code(), fn::errc::timeout);
    fn::send(slow, done{});
    wait_dead(slow);
    int seen = 0;
    self.receive([&](fn::any_message) { ++seen; }, fn::after(0ms));
    EXPECT_EQ(seen, 0);
    const fn::pid quick = fn::spawn(self, calculator{}).value();
    EXPECT_EQ(fn::request<long>(quick, twice{4}, 10s).value(), 8) << "the late one is not taken for this";
    kill(quick);
  });
}

TEST_F(Requests, with_no_time_left_look_once) {
  start();
  const fn::pid p = calculator_process();
  const fn::pid deaf = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  EXPECT_EQ(fn::request<long>(deaf, twice{1}, -1s).error().code(), fn::errc::timeout);
  as_process([&](fn::process& self) {
    auto answer = fn::send_request<long>(p, twice{3}).value();
    fn::result<long> got = answer.get(0ms);
    for (; !got && got.error().code() == fn::errc::timeout; got = answer.get(0ms)) static_cast<void>(self.sleep(0ms));
    EXPECT_EQ(got.value(), 6);
  });
}

TEST_F(Requests, leave_the_mailbox_as_it_is) {
  start();
  const fn::pid p = calculator_process();
  as_process([&](fn::process& self) {
    for (int i = 0; i != 1000; ++i) fn::send(self.id(), i);
    EXPECT_EQ(fn::request<long>(p, twice{21}, 10s).value(), 42);
    for (int i = 0; i != 1000; ++i) {
      self.receive([&](int n) { EXPECT_EQ(n, i); });
    }
    self.receive([](fn::any_message) { ADD_FAILURE() << "a reply in the mailbox"; }, fn::after(0ms));
  });
}

TEST_F(Requests, answered_with_another_type_tell_both_sides) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](twice) {
                        const auto told = self.reply(std::string("two"));
                        EXPECT_EQ(told.error().code(), fn::errc::unexpected_reply_type);
                        EXPECT_THAT(told.error().message(), HasSubstr("long"));
                        EXPECT_EQ(self.reply(2L).error().code(), fn::errc::invalid_argument) << "the asker knows already";
                      });
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{1}, fn::infinity).error().code(), fn::errc::unexpected_reply_type);
}

TEST_F(Requests, have_one_reply) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      EXPECT_EQ(self.reply(1L).error().code(), fn::errc::invalid_argument);
                      self.receive([&](twice) {
                        EXPECT_TRUE(self.reply(1L));
                        EXPECT_EQ(self.reply(2L).error().code(), fn::errc::invalid_argument);
                      });
                      self.receive([&](int) { EXPECT_EQ(self.reply(3L).error().code(), fn::errc::invalid_argument); });
                      EXPECT_EQ(self.reply(4L).error().code(), fn::errc::invalid_argument);
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{1}, 10s).value(), 1);
  fn::send(p, 1);
  wait_dead(p);
}

TEST_F(Requests, belong_to_the_innermost_receive) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](const twice& outer) {
                        self.receive([&](const length& inner) { EXPECT_TRUE(self.reply(inner.text.size())); });
                        EXPECT_TRUE(self.reply(outer.number)) << "the outer one is handled again";
                      });
                    }).value();
  as_process([&](fn::process&) {
    auto outer = fn::send_request<long>(p, twice{7}).value();
    EXPECT_EQ(fn::request<std::size_t>(p, length{"abc"}, 10s).value(), 3u);
    EXPECT_EQ(outer.get(10s).value(), 7);
  });
}

TEST_F(Requests, to_oneself_would_wait_for_ever) {
  start();
  as_process([](fn::process& self) {
    EXPECT_EQ(fn::request<long>(self.id(), twice{1}, fn::infinity).error().code(), fn::errc::would_deadlock);
  });
}

TEST_F(Requests, carry_and_return_what_can_only_be_moved) {
  start();
  using box = std::unique_ptr<int>;
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](box b) {
                        ++*b;
                        EXPECT_TRUE(self.reply(std::move(b)));
                      });
                    }).value();
  as_process([&](fn::process&) { EXPECT_EQ(*fn::request<box>(p, std::make_unique<int>(1), 10s).value(), 2); });
}

struct alignas(256) wide {
  std::array<char, 256> text{};
};

TEST_F(Requests, keep_the_alignment_of_both_sides) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](const wide& w) {
                        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&w) % 256, 0u);
                        EXPECT_TRUE(self.reply(w));
                      });
                    }).value();
  as_process([&](fn::process&) {
    wide w;
    w.text[255] = 'x';
    EXPECT_EQ(fn::request<wide>(p, w, 10s).value().text[255], 'x');
  });
}

TEST_F(Requests, of_one_that_is_killed_end_with_it) {
  start();
  const auto life = std::make_shared<int>(0);
  std::atomic<bool> asking{false};
  fn::reply_to<std::shared_ptr<int>> kept;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.receive([&](twice) { kept = self.reply_later<std::shared_ptr<int>>().value(); });
                      asking = true;
                      self.receive([](int) {});
                    }).value();
  const fn::pid asker = fn::spawn(rt(), [&](fn::process&) {
                          static_cast<void>(fn::request<std::shared_ptr<int>>(p, twice{1}, fn::infinity));
                          ADD_FAILURE() << "it was killed";
                        }).value();
  wait_until([&] { return asking.load(); });
  kill(asker);
  wait_dead(asker);
  EXPECT_TRUE(kept.reply(life)) << "nobody is told that nobody waits";
  EXPECT_EQ(life.use_count(), 1);
  kill(p);
}

// -- later, by others ------------------------------------------------------------------------------------------------------

TEST_F(Requests, are_answered_later_and_by_others) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](const twice& t) {
                        auto to = self.reply_later<long>().value();
                        EXPECT_TRUE(to);
                        EXPECT_FALSE(self.reply(1L)) << "it was taken over";
                        fn::spawn(self, [to = std::move(to), n = t.number](fn::process& worker) mutable {
                          static_cast<void>(worker.sleep(1ms));
                          EXPECT_TRUE(to.reply(2 * n));
                          EXPECT_EQ(to.reply(3 * n).error().code(), fn::errc::invalid_argument);
                        }).value();
                      });
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{21}, 10s).value(), 42);
}

TEST_F(Requests, whose_duty_is_lost_are_dropped) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](twice) { static_cast<void>(self.reply_later<long>().value()); });
                      self.receive([](int) {});
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{21}, fn::infinity).error().code(), fn::errc::no_reply);
  kill(p);
}

TEST_F(Requests, taken_over_for_another_type_tell_both_sides) {
  start();
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      self.receive([&](twice) {
                        EXPECT_EQ(self.reply_later<int>().error().code(), fn::errc::unexpected_reply_type);
                      });
                    }).value();
  EXPECT_EQ(fn::request<long>(p, twice{21}, fn::infinity).error().code(), fn::errc::unexpected_reply_type);
}

// -- futures ---------------------------------------------------------------------------------------------------------------

TEST_F(Requests, as_futures_are_taken_in_any_order) {
  start();
  const fn::pid p = calculator_process();
  const auto ask = [&] {
    std::vector<fn::future<long>> all;
    for (long i = 0; i != 100; ++i) all.push_back(fn::send_request<long>(p, twice{i}).value());
    for (long i = 100; i-- != 0;) EXPECT_EQ(all[static_cast<std::size_t>(i)].get(10s).value(), 2 * i);
  };
  as_process([&](fn::process&) { ask(); });
  ask();
  EXPECT_EQ(rt().process_count(), 1u);
}

TEST_F(Requests, as_futures_may_time_out_and_be_waited_for_again) {
  start();
  std::atomic<bool> go{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.receive([&](const twice& t) {
                        while (!go) static_cast<void>(self.sleep(100us));
                        EXPECT_TRUE(self.reply(2 * t.number));
                      });
                    }).value();
  auto answer = fn::send_request<long>(p, twice{1}).value();
  EXPECT_EQ(answer.get(1ms).error().code(), fn::errc::timeout);
  go = true;
  EXPECT_EQ(answer.get().value(), 2);
}

TEST_F(Requests, as_futures_that_nobody_takes_destroy_their_reply) {
  start();
  const auto life = std::make_shared<int>(0);
  std::atomic<int> answered{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (int i = 0; i != 2; ++i) {
                        self.receive([&](twice) {
                          EXPECT_TRUE(self.reply(life));
                          ++answered;
                        });
                      }
                    }).value();
  as_process([&](fn::process&) {
    const auto before = fn::send_request<std::shared_ptr<int>>(p, twice{1}).value();
    wait_until([&] { return answered == 1; });
  });
  as_process([&](fn::process&) { static_cast<void>(fn::send_request<std::shared_ptr<int>>(p, twice{1}).value()); });
  wait_dead(p);
  wait_gone();
  EXPECT_EQ(life.use_count(), 1);
}

TEST_F(Requests, as_futures_belong_to_who_asked) {
  start();
  const fn::pid p = calculator_process();
  as_process([&](fn::process& self) {
    auto mine = std::make_shared<fn::future<long>>(fn::send_request<long>(p, twice{1}).value());
    wait_dead(fn::spawn(self, [mine](fn::process&) {
                EXPECT_EQ(mine->get(1s).error().code(), fn::errc::invalid_argument);
              }).value());
    EXPECT_EQ(mine->get(10s).value(), 2);
  });
}

TEST_F(Requests, whose_future_outlives_the_asker_are_over) {
  start();
  const fn::pid p = calculator_process();
  auto kept = std::make_shared<std::optional<fn::future<long>>>();
  as_process([&, kept](fn::process&) { *kept = fn::send_request<long>(p, twice{1}).value(); });
  wait_until([&] { return rt().process_count() == 1; });
  EXPECT_EQ((*kept)->get(0ms).error().code(), fn::errc::invalid_argument);
  kept->reset();
}

// -- against each other ----------------------------------------------------------------------------------------------------

TEST_F(Requests, are_answered_while_the_runtime_drains) {
  start({.schedulers = 2});
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
  std::atomic<bool> may_answer{false};
  const fn::pid slow = fn::spawn(rt(), [&](fn::process& self) {
    asked = 1;
    foreign_code(may_answer);
    for (int i = 0; i != 2; ++i) self.receive([&](twice t) { self.reply(t.number * 2); });
  }).value();
  wait_until([&] { return asked == 1; });
  const auto ask = [&] {
    ++asked;
    const auto reply = fn::request<long>(slow, twice{4}, 24h);
    EXPECT_TRUE(reply && *reply == 8);
    ++answered;
  };
  fn::spawn(rt(), [&](fn::process&) { ask(); }).value();
  std::thread thread(ask);
  wait_until([&] { return fn::processes(rt()).size() == 3; });  // the thread is one, too
  const fn::pid told_last = fn::spawn(rt(), [](fn::process& self) { self.sleep(24h); }).value();
  std::thread ends([&] { EXPECT_TRUE(rt().shutdown(24h, fn::shutdown_mode::drain).empty()); });
  wait_dead(told_last);
  may_answer = true;
  ends.join();
  thread.join();
  EXPECT_EQ(answered, 2);
}

class RequestsToTheAbandoned : public AbandonTest {};

TEST_F(RequestsToTheAbandoned, that_wait_in_its_mailbox_are_answered_with_its_end) {
  start_impatient();
  std::atomic<int> asking{0};
  std::atomic<int> refused{0};
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process& self) {
    self.receive([](done) {});  // the questions before it are sorted, and stay
    inside = true;
    foreign_code(come_back);
  }).value();
  const auto ask = [&] {
    ++asking;
    EXPECT_EQ(fn::request<long>(stuck, twice{1}, fn::infinity).error(), fn::errc::noproc);
    ++refused;
  };
  const auto wait_until_asked = [&](int count) {
    wait_until([&] { return asking == count; });
    for (const fn::pid p : fn::processes(rt())) {
      if (p != stuck) wait_until([&] { return fn::process_counters(p)->status == fn::process_status::waiting; });
    }
  };
  for (int i = 0; i != 3; ++i) fn::spawn(rt(), [&](fn::process&) { ask(); }).value();
  wait_until_asked(3);
  fn::send(stuck, done{});
  wait_until([&] { return inside.load(); });
  std::thread thread(ask);
  fn::spawn(rt(), [&](fn::process&) { ask(); }).value();
  wait_until_asked(5);
  kill(stuck);
  wait_until([&] { return refused == 5; });
  thread.join();
  come_back = true;
  wait_abandoned(0);
}

TEST_F(RequestsToTheAbandoned, that_it_has_taken_are_dropped_when_it_comes_back) {
  start_impatient();
  const fn::pid stuck = fn::spawn(rt(), [&](fn::process& self) {
    self.receive([&](twice) {
      inside = true;
      foreign_code(come_back);
    });
  }).value();
  std::thread thread([&] { EXPECT_EQ(fn::request<long>(stuck, twice{1}, fn::infinity).error(), fn::errc::no_reply); });
  wait_until([&] { return inside.load(); });
  kill(stuck);
  wait_abandoned(1);
  come_back = true;
  thread.join();
  wait_abandoned(0);
}

struct parcel {
  fn::future<long> inside;
};

TEST_F(Requests, whose_untaken_reply_holds_a_future_of_the_askers_end_with_it) {
  start({.schedulers = 1});
  const fn::pid silent = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  const fn::pid echo = fn::spawn(rt(), [](fn::process& self) {
    self.receive([&](parcel p) { EXPECT_TRUE(self.reply(std::move(p))); });
  }).value();
  auto kept = std::make_unique<std::optional<fn::future<parcel>>>();
  as_process([&](fn::process&) {
    auto inside = fn::send_request<long>(silent, twice{1}).value();
    kept->emplace(fn::send_request<parcel>(echo, parcel{std::move(inside)}).value());
    wait_dead(echo);  // the reply is there, and nobody takes it
  });
  kept.reset();
}

TEST_F(Requests, of_plain_threads_end_with_the_runtime_and_leave_nothing_behind) {
  for (int round = 0; round != static_cast<int>(scaled(60, 10)); ++round) {
    start({.schedulers = 1});
    const fn::pid dead = fn::spawn(rt(), [](fn::process&) {}).value();
    const fn::pid silent = fn::spawn(rt(), [](fn::process& self) { self.sleep(24h); }).value();
    std::atomic<int> asked{0};
    std::vector<std::thread> threads;
    for (const fn::pid to : {dead, silent, dead, silent}) {
      threads.emplace_back([&, to] {
        for (auto got = fn::request<int>(to, 1, 24h);; got = fn::request<int>(to, 1, 24h)) {
          ++asked;
          if (!got && got.error() == fn::errc::not_running) return;
        }
      });
    }
    wait_until([&] { return asked > 2; });
    stop();
    EXPECT_FALSE(logged("thread_process"));
    for (auto& each : threads) each.join();
  }
}

TEST_F(Requests, race_with_time_outs_and_deaths_and_are_never_confused) {
  for (const unsigned schedulers : {1u, 4u}) {
    start({.schedulers = schedulers});
    std::atomic<bool> over{false};
    shared_pid server;
    const auto serve = [&](fn::process& self) {
      for (int i = 0; i != 200; ++i) {
        self.receive([&](const twice& t) {
          if (t.number % 7 == 0) return;
          if (t.number % 5 == 0) static_cast<void>(self.sleep(50us));
          static_cast<void>(self.reply(2 * t.number));
        });
      }
    };
    server.set(fn::spawn(rt(), serve).value());
    std::vector<fn::pid> askers;
    std::atomic<long> answers{0};
    for (long a = 0; a != 4; ++a) {
      askers.push_back(fn::spawn(rt(), [&, a](fn::process&) {
                         for (long i = 0; !over; ++i) {
                           const auto got = fn::request<long>(server.get(), twice{4 * i + a}, std::chrono::microseconds(i % 300));
                           if (got) {
                             EXPECT_EQ(*got, 2 * (4 * i + a));
                             ++answers;
                           }
                         }
                       }).value());
    }
    for (int i = 0; i != static_cast<int>(scaled(60, 15)); ++i) {
      wait_dead(server.get());
      server.set(fn::spawn(rt(), serve).value());
    }
    over = true;
    for (const fn::pid p : askers) wait_dead(p);
    kill(server.get());
    EXPECT_GT(answers, 0);
    wait_gone();
    stop();
  }
}

}  // namespace
}  // namespace foundation::testing
