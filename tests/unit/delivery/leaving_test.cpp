// SPDX-License-Identifier: Apache-2.0
//
// What leaves a process does not point into its arena, by whichever way it leaves. An arena that stands for the
// process's is overwritten before anybody else looks. Which values are made anew, and how, is rehome_test.cpp.
#include <any>
#include <atomic>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/doomed_arena.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using text = std::pmr::string;

struct report {
  int number;
  text name;
  std::vector<text> lines;
};
struct question {
  text name;
};
struct gone {};

report make_report(std::pmr::memory_resource* in, int number) {
  report made{number, text(40, 'n', in), {}};
  for (int line = 0; line != 2; ++line) made.lines.emplace_back(50, 'x', in);
  return made;
}
bool is_all(std::string_view in, std::size_t size, char of) { return in == std::string(size, of); }
bool is_report(const report& r) {
  return is_all(r.name, 40, 'n') && r.lines.size() == 2 && is_all(r.lines[1], 50, 'x') &&
         r.name.get_allocator().resource() == fn::message_resource() &&
         r.lines[1].get_allocator().resource() == fn::message_resource();
}

class Leaving : public RuntimeTest {
 protected:
  /// A process that looks at a message when it is told that the arena is gone.
  fn::pid spawn_reader() {
    return fn::spawn(rt(), [this](fn::process& self) {
             for (;;) {
               self.receive([](gone) {});
               self.receive([&](const report& r) { note(r); },
                            [&](const fn::timer_expired<report>& expired) { note(expired.value); });
             }
           }).value();
  }
  void note(const report& r) {
    if (!is_report(r)) ++wrong_;
    read_ = r.number;
  }
  /// `send(report)` sends it to `reader`; the arena it is from is gone when that reads it.
  template <typename Send>
  void expect_home(fn::pid reader, int number, Send&& send) {
    {
      doomed_arena arena;
      const no_default_resource none;
      send(make_report(&arena, number));
    }
    fn::send(reader, gone{});
    wait_until([&] { return read_ == number; });
    EXPECT_EQ(wrong_, 0);
  }

  std::atomic<int> read_{0};
  std::atomic<int> wrong_{0};
};

TEST_F(Leaving, a_message_is_made_anew_however_it_is_sent) {
  start();
  const fn::pid reader = spawn_reader();
  fn::register_name(rt(), "reader", reader).value();
  expect_home(reader, 1, [&](report&& r) { EXPECT_TRUE(fn::send(reader, std::move(r))); });
  expect_home(reader, 2, [&](const report& r) { EXPECT_TRUE(fn::send(reader, r)); });
  expect_home(reader, 3, [&](report&& r) { EXPECT_TRUE(fn::send(rt(), "reader", std::move(r))); });
  expect_home(reader, 4, [&](report&& r) { EXPECT_TRUE(fn::send_after(0s, reader, std::move(r))); });
  expect_home(reader, 5, [&](const report& r) { EXPECT_TRUE(fn::send_after(0s, reader, r)); });
  expect_home(reader, 6, [&](report&& r) { EXPECT_TRUE(fn::start_timer(0s, reader, std::move(r))); });
  expect_home(reader, 7, [&](const report& r) { EXPECT_TRUE(fn::start_timer(0s, reader, r)); });
}

TEST_F(Leaving, a_message_is_made_anew_on_its_way_to_an_alias) {
  start();
  std::atomic<int> right{0};
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              const fn::alias me = self.make_alias({.priority = true}).value();
              {
                doomed_arena arena;
                EXPECT_TRUE(fn::send(me, make_report(&arena, 1)));
                EXPECT_TRUE(fn::send(me, make_report(&arena, 2), fn::priority_message));
              }
              for (int i = 0; i != 2; ++i) self.receive([&](const report& r) { right += is_report(r) ? r.number : 0; });
            }).value());
  EXPECT_EQ(right, 3);
}

TEST_F(Leaving, what_a_receiver_has_taken_lives_on_and_is_freed_anywhere) {
  start();
  std::optional<report> taken;
  std::atomic<bool> done{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.receive([&](report r) { taken.emplace(std::move(r)); });
                      done = true;
                    }).value();
  {
    doomed_arena arena;
    fn::send(p, make_report(&arena, 1));
  }
  wait_until([&] { return done.load(); });
  stop();
  EXPECT_TRUE(is_report(*taken));
  taken.reset();
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(Leaving, a_question_and_its_reply_are_made_anew) {
  start();
  std::atomic<int> right{0};
  const fn::pid answering = fn::spawn(rt(), [&](fn::process& self) {
                              for (int n = 1;; ++n) {
                                self.receive([&](const question& q) {
                                  if (is_all(q.name, 40, 'q')) ++right;
                                  doomed_arena arena;
                                  if (n % 3 == 0) {
                                    const report copied = make_report(&arena, n);
                                    EXPECT_TRUE(self.reply(copied));
                                  } else if (n % 3 == 1) {
                                    EXPECT_TRUE(self.reply(make_report(&arena, n)));
                                  } else {
                                    EXPECT_TRUE(self.reply_later<report>().value().reply(make_report(&arena, n)));
                                  }
                                });
                              }
                            }).value();
  for (int n = 1; n != 4; ++n) {
    std::optional<fn::future<report>> reply;
    {
      doomed_arena arena;
      reply.emplace(fn::send_request<report>(answering, question{text(40, 'q', &arena)}).value());
    }
    const fn::result<report> got = reply->get(10s);
    ASSERT_TRUE(got);
    EXPECT_TRUE(is_report(*got));
    EXPECT_EQ(got->number, n);
  }
  doomed_arena arena;
  EXPECT_TRUE(is_report(fn::request<report>(answering, question{text(40, 'q', &arena)}, 10s).value()));
  EXPECT_EQ(right, 4);
}

TEST_F(Leaving, a_reply_made_of_several_values_is_made_anew_too) {
  start();
  const fn::pid answering = fn::spawn(rt(), [&](fn::process& self) {
                              self.receive([&](int n) {
                                self.reply_later<text>().value().reply(static_cast<std::size_t>(n), 'x');
                              });
                            }).value();
  const text got = fn::request<text>(answering, 40, 10s).value();
  EXPECT_TRUE(is_all(got, 40, 'x')) << got;
  EXPECT_EQ(got.get_allocator().resource(), fn::message_resource());
}

TEST_F(Leaving, the_value_of_an_exit_reason_is_made_anew) {
  for (const bool orderly : {false, true}) {
    const auto reason_of = [&] {
      doomed_arena arena;
      const no_default_resource none;
      report r = make_report(&arena, 1);
      return orderly ? fn::exit_reason::shutdown_with(r) : fn::exit_reason::user(std::move(r));
    };
    const fn::exit_reason reason = reason_of();
    ASSERT_NE(reason.get_if<report>(), nullptr);
    EXPECT_TRUE(is_report(*reason.get_if<report>()));
  }
}

TEST_F(Leaving, a_process_ends_and_its_reason_outlives_its_memory) {
  start();
  std::atomic<int> right{0};
  wait_dead(fn::spawn(rt(), [&](fn::process& self) {
              const auto dies = [](fn::process& dying) {
                doomed_arena arena;
                dying.exit(fn::exit_reason::user(make_report(&arena, 1)));
              };
              static_cast<void>(fn::spawn_monitor(self, dies).value());
              self.receive([&](const fn::down& d) {
                const report* r = d.reason.get_if<report>();
                if (r != nullptr && is_report(*r)) ++right;
              });
            }).value());
  EXPECT_EQ(right, 1);
}

// -- memory that is refused, and copies that throw --------------------------------------------------------------------

class LeavingRefused : public Leaving {
 protected:
  /// Runs `body` as the only process there is, beside nobody who allocates.
  template <typename Body>
  void alone(Body&& body) {
    start({.schedulers = 1});
    ASSERT_TRUE(fn::wait_gone(fn::spawn(rt(), std::forward<Body>(body)).value()));
  }
  /// `send` sends a report to the process itself. It fails for each allocation that is refused, and then sends nothing.
  /// @returns for how many
  template <typename Send>
  int refuse_each(fn::process& self, Send&& send) {
    const auto take_all = [&] {
      int messages = 0;
      while (self.receive([](const fn::any_message&) { return true; }, fn::after(20ms, [] { return false; })).value()) {
        ++messages;
      }
      return messages;
    };
    doomed_arena arena;
    EXPECT_TRUE(send(make_report(&arena, 0)));  // what is made once is there from here on
    EXPECT_EQ(take_all(), 1);
    for (int n = 1;; ++n) {
      report r = make_report(&arena, n);
      const long before = probe.live();
      probe.refuse_nth(n);
      const fn::result<void> sent = send(std::move(r));
      probe.refuse_nth(0);
      if (sent) {
        EXPECT_EQ(take_all(), 1) << "this one, and none of those before";
        return n - 1;
      }
      EXPECT_EQ(sent.error().code(), fn::errc::system_limit) << n;
      EXPECT_EQ(probe.live(), before) << n;
    }
  }
};

constexpr int parts_of_a_report = 3;

TEST_F(LeavingRefused, memory_for_a_part_of_a_message_is_the_error_of_the_send) {
  int refusals = 0;
  alone([&](fn::process& self) {
    refusals = refuse_each(self, [&](report&& r) { return fn::send(self.id(), std::move(r)); });
  });
  EXPECT_EQ(refusals, 1 + parts_of_a_report);
}

TEST_F(LeavingRefused, memory_for_a_part_of_a_message_to_an_alias_is_the_error_of_the_send) {
  int refusals = 0;
  alone([&](fn::process& self) {
    const fn::alias me = self.make_alias().value();
    refusals = refuse_each(self, [&](report&& r) { return fn::send(me, std::move(r)); });
  });
  EXPECT_EQ(refusals, 1 + parts_of_a_report);
}

TEST_F(LeavingRefused, memory_for_a_part_of_a_later_message_is_the_error_of_its_timer) {
  int refusals = 0;
  const auto outcome = [](const fn::result<fn::timer>& made) {
    return made ? fn::result<void>() : fn::result<void>(made.error());
  };
  alone([&](fn::process& self) {
    refusals = refuse_each(self, [&](report&& r) { return outcome(fn::send_after(0s, self.id(), std::move(r))); });
    refusals += refuse_each(self, [&](report&& r) { return outcome(fn::start_timer(0s, self.id(), std::move(r))); });
  });
  EXPECT_GE(refusals, 2 * (1 + parts_of_a_report));
}

TEST_F(LeavingRefused, memory_for_a_part_of_a_question_is_the_error_of_the_request) {
  alone([&](fn::process& self) {
    const fn::pid other = fn::spawn(self, [](fn::process& p) {
                            for (;;) p.receive([](const report&) {});
                          }).value();
    // Refuses each allocation once. @returns how many there are
    const auto refuse_each_once = [&] {
      doomed_arena arena;
      for (int n = 1;; ++n) {
        report r = make_report(&arena, n);
        probe.refuse_nth(n);
        const auto asked = fn::send_request<int>(other, std::move(r));
        probe.refuse_nth(0);
        self.sleep(0s);  // it is told that nobody will answer, and lets go of the room for the reply
        if (asked) return n - 1;
        EXPECT_EQ(asked.error().code(), fn::errc::system_limit) << n;
      }
    };
    const auto settled = [&] {
      EXPECT_EQ(refuse_each_once(), 2 + parts_of_a_report) << "the room for the reply, and the envelope";
      self.sleep(0s);
      return probe.live();
    };
    static_cast<void>(settled());  // what is made once for requests
    const long once = settled();
    EXPECT_EQ(settled(), once);
    fn::exit(other, fn::exit_reason::kill).value();
    EXPECT_TRUE(fn::wait_gone(other));
  });
}

TEST_F(LeavingRefused, memory_for_a_part_of_a_reply_is_the_error_of_both_sides) {
  start();
  std::atomic<int> refusals{0};
  const fn::pid answering = fn::spawn(rt(), [&](fn::process& self) {
                              for (;;) {
                                self.receive([&](int n) {
                                  doomed_arena arena;
                                  report r = make_report(&arena, n);
                                  probe.refuse_nth(n);
                                  const fn::result<void> replied = self.reply(std::move(r));
                                  probe.refuse_nth(0);
                                  if (replied) return;
                                  EXPECT_EQ(replied.error().code(), fn::errc::system_limit);
                                  EXPECT_EQ(self.reply(n).error().code(), fn::errc::invalid_argument) << "only once";
                                  ++refusals;
                                });
                              }
                            }).value();
  for (int n = 1; n <= parts_of_a_report; ++n) {
    EXPECT_EQ(fn::request<report>(answering, n, 10s), fn::errc::system_limit) << n;
  }
  EXPECT_TRUE(is_report(fn::request<report>(answering, parts_of_a_report + 1, 10s).value()));
  EXPECT_EQ(refusals, parts_of_a_report);
}

TEST_F(LeavingRefused, memory_for_a_part_of_an_exit_value_leaves_the_kind_alone) {
  doomed_arena arena;
  for (int n = 1; n <= parts_of_a_report; ++n) {
    report r = make_report(&arena, n);
    probe.refuse_nth(n);
    const fn::exit_reason reason = fn::exit_reason::user(std::move(r));
    probe.refuse_nth(0);
    EXPECT_EQ(reason.kind(), fn::exit_kind::user);
    EXPECT_EQ(reason.get_if<report>(), nullptr) << n;
    EXPECT_EQ(probe.live(), 0) << n;
  }
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error("no copies"); }
  throws_when_copied(throws_when_copied&&) noexcept = default;
};
struct fragile {
  text name;
  throws_when_copied rest;
};

TEST_F(LeavingRefused, nothing_is_sent_and_nothing_kept_when_a_copy_throws) {
  int received = 0;
  alone([&](fn::process& self) {
    doomed_arena arena;
    fn::send_after(0s, self.id(), gone{}).value();  // what is made once for timers
    self.receive([](gone) {});
    const fragile kept{text(40, 'x', &arena), {}};
    const long before = probe.live();
    EXPECT_THROW(fn::send(self.id(), kept), std::runtime_error);
    EXPECT_THROW(fn::send_after(0s, self.id(), kept), std::runtime_error);
    EXPECT_THROW(fn::start_timer(0s, self.id(), kept), std::runtime_error);
    EXPECT_EQ(probe.live(), before);
    self.receive([&](const fn::any_message&) { ++received; }, fn::after(20ms));
  });
  EXPECT_EQ(received, 0);
}

// -- what nobody sees: these arrive with the memory they left with, and are the sender's to avoid ---------------------

class closed {
 public:
  explicit closed(std::pmr::memory_resource* in) : name_(40, 'x', in) {}
  [[nodiscard]] std::pmr::memory_resource* memory() const { return name_.get_allocator().resource(); }

 private:
  text name_;
};
struct base {
  text name;
};
struct derived : base {};
struct wide {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x;
  text name;
};
struct crowded {
  char tag[64];
  text name;
};
struct with_union {
  text name;
  union {
    int number;
    double other;
  };
};
struct pointing {
  const text* name;
};
/// A view that does not say so.
class slice {
 public:
  explicit slice(const text& of) : of_(&of) {}
  [[nodiscard]] const text& shown() const { return *of_; }

 private:
  const text* of_;
};

class NotCaught : public LeavingRefused {
 protected:
  /// Sends it to the process itself. @returns what `memory_of` says of it as it arrives
  template <typename T, typename MemoryOf>
  static std::pmr::memory_resource* memory_on_arrival(fn::process& self, T message, MemoryOf memory_of) {
    static_assert(fn::sendable<T>);
    std::pmr::memory_resource* found = nullptr;
    fn::send(self.id(), std::move(message));
    self.receive([&](const T& arrived) { found = memory_of(arrived); });
    return found;
  }
};

TEST_F(NotCaught, private_members_of_classes) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    EXPECT_EQ(memory_on_arrival(self, closed(&arena), [](const closed& c) { return c.memory(); }), &arena);
  });
}

TEST_F(NotCaught, members_of_base_classes) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const auto memory_of = [](const derived& d) { return d.name.get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, derived{{text(40, 'x', &arena)}}, memory_of), &arena);
  });
}

TEST_F(NotCaught, structs_of_more_than_24_members) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    wide message{.a = 1, .b = 1, .c = 1, .d = 1, .e = 1, .f = 1, .g = 1, .h = 1, .i = 1, .j = 1, .k = 1, .l = 1, .m = 1,
                 .n = 1, .o = 1, .p = 1, .q = 1, .r = 1, .s = 1, .t = 1, .u = 1, .v = 1, .w = 1, .x = 1,
                 .name = text(40, 'x', &arena)};
    const auto memory_of = [](const wide& w) { return w.name.get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, std::move(message), memory_of), &arena);
  });
}

TEST_F(NotCaught, structs_of_more_than_64_places) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const auto memory_of = [](const crowded& c) { return c.name.get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, crowded{"", text(40, 'x', &arena)}, memory_of), &arena);
  });
}

TEST_F(NotCaught, structs_with_unions) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const auto memory_of = [](const with_union& u) { return u.name.get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, with_union{text(40, 'x', &arena), {1}}, memory_of), &arena);
  });
}

TEST_F(NotCaught, what_is_behind_a_type_that_was_erased) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const auto memory_in_any = [](const std::any& a) {
      return std::any_cast<const text&>(a).get_allocator().resource();
    };
    std::any any(std::in_place_type<text>, 40, 'x', &arena);
    EXPECT_EQ(memory_on_arrival(self, std::move(any), memory_in_any), &arena);
    using function = std::function<std::pmr::memory_resource*()>;
    function erased = [name = std::make_shared<text>(40, 'x', &arena)] { return name->get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, std::move(erased), [](const function& f) { return f(); }), &arena);
  });
}

TEST_F(NotCaught, what_lambdas_have_captured) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const auto memory_of = [](const auto& function) { return function(); };
    auto message = [name = text(40, 'x', &arena)] { return name.get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, std::move(message), memory_of), &arena);
  });
}

TEST_F(NotCaught, what_a_spawned_function_has_captured) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    std::pmr::memory_resource* found = nullptr;
    auto body = [&found, name = text(40, 'x', &arena)](fn::process&) { found = name.get_allocator().resource(); };
    ASSERT_TRUE(fn::wait_gone(fn::spawn(self, std::move(body)).value()));
    EXPECT_EQ(found, &arena);
  });
}

TEST_F(NotCaught, where_raw_pointers_point_to) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const text name(40, 'x', &arena);
    const auto memory_of = [](const pointing& p) { return p.name->get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, pointing{&name}, memory_of), &arena);
    using pointers = std::vector<const text*>;
    const auto memory_of_first = [](const pointers& p) { return p[0]->get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, pointers{&name}, memory_of_first), &arena);
  });
}

TEST_F(NotCaught, views_that_do_not_say_so) {
  alone([&](fn::process& self) {
    doomed_arena arena;
    const text name(40, 'x', &arena);
    const auto memory_of = [](const slice& s) { return s.shown().get_allocator().resource(); };
    EXPECT_EQ(memory_on_arrival(self, slice(name), memory_of), &arena);
  });
}

}  // namespace
}  // namespace foundation::testing
