// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <atomic>
#include <memory_resource>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/backing_probe.hpp"
#include "unit/process/memory_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class ProcessMemory : public MemoryTest {};

/// Has an arena, of which it uses some.
struct keeper {
  using messages = fn::messages<int, std::string>;
  void handle(fn::process& self, int n) {
    if (!kept) kept.emplace(&self.arena());
    for (int i = 0; i < n; ++i) kept->push_back(i);
    if (usage != nullptr) usage->store(self.memory().arena);
  }
  void handle(fn::process& self, const std::string&) {
    kept.reset();
    usage->store(self.memory().arena);
  }
  std::atomic<std::size_t>* usage;
  std::optional<std::pmr::vector<int>> kept = {};
};

struct large {
  std::array<char, 1000> bytes;
};

/// Fills its scratch in each turn, and looks where.
struct turner {
  using messages = fn::messages<int>;
  void handle(fn::process& self, int) {
    std::pmr::vector<int> numbers(1000, &self.scratch());
    void* const first = numbers.data();
    EXPECT_TRUE(last == nullptr || first == last) << "each turn begins where the one before did";
    last = first;
    *held = self.memory().scratch;
    ++*turns;
  }
  void* last;
  std::atomic<std::size_t>* held;
  std::atomic<int>* turns;
};

/// Tells what its arena held before a turn that takes much of it and frees it again.
struct bursts {
  using messages = fn::messages<int>;
  void handle(fn::process& self, int n) {
    held_before->store(self.memory().arena);
    ++*turns;
    std::vector<void*> all;
    for (int i = 0; i != n; ++i) all.push_back(self.arena().allocate(256));
    for (void* each : all) self.arena().deallocate(each, 256);
  }
  std::atomic<std::size_t>* held_before;
  std::atomic<int>* turns;
};

/// Does not keep up.
struct slow {
  using messages = fn::messages<large>;
  void handle(fn::process& self, const large&) { self.sleep(1ms); }
};

TEST_F(ProcessMemory, is_the_processs_own_and_gone_with_it) {
  start();
  const auto why = run({}, [](fn::process& self) {
    EXPECT_EQ(self.memory(), fn::memory_usage{});
    std::pmr::unordered_map<int, std::pmr::string> sessions(&self.arena());
    for (int i = 0; i != 1000; ++i) sessions.emplace(i, "a session that is longer than any string keeps in itself");
    EXPECT_GT(self.memory().arena, 100'000u);
    static_cast<void>(self.arena().allocate(1'000'000));  // and never freed
  });
  EXPECT_TRUE(why.is_normal());
  stop();
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(ProcessMemory, of_a_handler_lives_as_long_as_its_members) {
  start();
  std::atomic<std::size_t> usage{0};
  const fn::pid p = fn::spawn(rt(), keeper{&usage}).value();
  for (int i = 0; i != 10; ++i) fn::send(p, 10'000);
  wait_until([&] { return usage > 400'000; });
  fn::exit(p, fn::exit_reason::shutdown);
  wait_gone(p);
  stop();
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(ProcessMemory, of_a_process_that_is_killed_in_a_wait_is_gone_when_it_is) {
  start();
  std::atomic<bool> waits{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      std::pmr::vector<int> numbers(100'000, &self.arena());
                      static_cast<void>(self.arena().allocate(100));
                      waits = true;
                      self.receive([](int) {});
                    }).value();
  wait_until([&] { return waits.load(); });
  fn::exit(p, fn::exit_reason::kill);
  wait_gone(p);
  stop();
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(ProcessMemory, goes_along_when_the_process_runs_on_another_scheduler) {
  start({.schedulers = 2});
  std::vector<fn::pid> all;
  for (int k = 0; k != 8; ++k) {
    all.push_back(fn::spawn(rt(), [](fn::process& self) {
                    std::pmr::vector<std::pmr::string> texts(&self.arena());
                    for (int i = 0; i != 2000; ++i) {
                      texts.emplace_back("text number " + std::to_string(i) + " of this process, which is not short");
                      if (i % 3 == 0) texts.erase(texts.begin());
                      if (i % 5 == 0) self.sleep(0s);
                    }
                    EXPECT_EQ(texts.size(), 2000u - 667u);
                  }).value());
  }
  for (const fn::pid p : all) wait_dead(p);
}

TEST_F(ProcessMemory, of_a_scratch_is_free_again_when_the_handler_has_returned) {
  start();
  std::atomic<std::size_t> held{0};
  std::atomic<int> turns{0};
  const fn::pid p = fn::spawn(rt(), turner{nullptr, &held, &turns}, {.gc = fn::gc_strategy::never()}).value();
  for (int i = 0; i != 100; ++i) fn::send(p, i);
  wait_until([&] { return turns == 100; });
  EXPECT_LE(held, 16'384u);
  fn::exit(p, fn::exit_reason::kill);
  wait_dead(p);
}

TEST_F(ProcessMemory, of_a_functions_scratch_stays_until_it_resets_it) {
  start();
  run({}, [](fn::process& self) {
    self.reset_scratch();  // of which there is none
    std::pmr::string* const text = new (self.scratch().allocate(sizeof(std::pmr::string))) std::pmr::string("kept", &self.scratch());
    self.sleep(1ms);
    EXPECT_EQ(*text, "kept");
    EXPECT_GT(self.memory().scratch, 0u);
    self.reset_scratch();
    const std::size_t held = self.memory().scratch;
    for (int i = 0; i != 1000; ++i) {
      static_cast<void>(self.scratch().allocate(500));
      self.reset_scratch();
    }
    EXPECT_EQ(self.memory().scratch, held);
  });
}

TEST_F(ProcessMemory, is_given_back_by_a_process_that_becomes_idle_with_much_that_is_free) {
  start();
  std::atomic<std::size_t> usage{0};
  const fn::pid p = fn::spawn(rt(), keeper{&usage}).value();
  fn::send(p, 1'000'000);
  wait_until([&] { return usage > 4'000'000; });
  fn::send(p, std::string("let go"));
  wait_until([&] { return usage < 1'000'000; });
  const auto info = fn::process_info(p).value();
  EXPECT_LT(info.memory.arena, 70'000u);
  fn::exit(p, fn::exit_reason::kill);
  wait_dead(p);
}

TEST_F(ProcessMemory, is_trimmed_when_its_gc_strategy_says_so) {
  start({.schedulers = 1});
  const auto held_after_burst = [&](fn::memory_strategy strategy, fn::gc_strategy gc, int turns_after) {
    std::atomic<std::size_t> held{0};
    std::atomic<int> turns{0};
    const fn::pid p = fn::spawn(rt(), bursts{&held, &turns}, {.memory = strategy, .gc = gc}).value();
    fn::send(p, 10'000);
    for (int i = 0; i != turns_after; ++i) fn::send(p, 0);
    wait_until([&] { return turns == 1 + turns_after; });
    fn::exit(p, fn::exit_reason::shutdown);
    wait_dead(p);
    return held.load();
  };
  using fn::gc_strategy;
  using fn::memory_strategy;
  EXPECT_GT(held_after_burst(memory_strategy::standard, gc_strategy::never(), 3), 2'000'000u);
  EXPECT_GT(held_after_burst(memory_strategy::low_latency, {}, 3), 2'000'000u);
  EXPECT_EQ(held_after_burst(memory_strategy::frequent_gc, {}, 1), 0u);
  EXPECT_EQ(held_after_burst(memory_strategy::standard, gc_strategy::every(1), 1), 0u);
  EXPECT_GT(held_after_burst(memory_strategy::standard, gc_strategy::every(4), 3), 2'000'000u);
  EXPECT_EQ(held_after_burst(memory_strategy::standard, gc_strategy::every(4), 4), 0u);
}

TEST_F(ProcessMemory, hibernation_gives_back_what_is_not_used_and_the_process_goes_on) {
  start();
  run({.gc = fn::gc_strategy::never()}, [](fn::process& self) {
    const fn::pid me = self.id();
    {
      std::pmr::vector<std::pmr::string> texts(&self.arena());
      for (int i = 0; i != 10'000; ++i) texts.emplace_back("one that is longer than what a string keeps in itself");
    }
    auto deep = [](auto& again, int depth) -> int {
      volatile char frame[1024];
      frame[0] = static_cast<char>(depth);
      return depth == 0 ? frame[0] : again(again, depth - 1) + frame[0];
    };
    EXPECT_NE(deep(deep, 100), -1);
    static_cast<void>(self.scratch().allocate(10'000));
    self.reset_scratch();
    EXPECT_GT(self.memory().arena, 500'000u);
    EXPECT_GE(self.hibernate(), 500'000u + 64 * 1024);
    EXPECT_EQ(self.memory().arena, 0u);
    EXPECT_EQ(self.memory().scratch, 0u);
    fn::send(me, 5);
    EXPECT_EQ(self.receive([](int n) { return n; }).value(), 5);
    EXPECT_NE(deep(deep, 100), -1);
    EXPECT_NE(self.arena().allocate(10), nullptr);
  });
}

TEST_F(ProcessMemory, beyond_its_limit_ends_the_process_with_the_figures) {
  start();
  for (const auto strategy : {fn::memory_strategy::standard, fn::memory_strategy::isolated_heaps}) {
    const auto why = run({.memory = strategy, .max_memory = 1'000'000}, [](fn::process& self) {
      std::pmr::vector<int> numbers(&self.arena());
      for (int i = 0; i != 1'000'000; ++i) numbers.push_back(i);  // no allocation fails
      EXPECT_EQ(numbers.back(), 999'999);
      self.checkpoint();
      ADD_FAILURE() << "it has been told to exit";
    });
    const auto* const exceeded = why.get_if<fn::memory_limit_exceeded>();
    ASSERT_NE(exceeded, nullptr) << why.description();
    EXPECT_EQ(exceeded->limit, 1'000'000u);
    EXPECT_GT(exceeded->usage.arena, 1'000'000u);
    EXPECT_EQ(exceeded->usage.total(), exceeded->usage.arena + exceeded->usage.stack);
    EXPECT_NE(why.description().find(exceeded->description()), std::string::npos) << why.description();
  }
  stop();
  EXPECT_TRUE(logged("is over its limit of memory"));
}

TEST_F(ProcessMemory, beyond_its_limit_ends_a_handler_after_its_turn) {
  start();
  std::atomic<std::size_t> usage{0};
  const fn::pid p = fn::spawn(rt(), keeper{&usage}, {.max_memory = 100'000}).value();
  fn::send(p, 1'000'000);
  wait_dead(p);
  EXPECT_GT(usage, 4'000'000u) << "the turn went on to its end";
}

TEST_F(ProcessMemory, beyond_its_limit_is_only_logged_where_that_is_asked_for_and_once_for_each_time) {
  start();
  const auto why = run({.max_memory = 100'000, .on_max_memory = fn::memory_breach::log}, [](fn::process& self) {
    for (int round = 0; round != 2; ++round) {
      void* const first = self.arena().allocate(200'000);
      void* const second = self.arena().allocate(200'000);
      self.checkpoint();
      self.arena().deallocate(first, 200'000);
      self.arena().deallocate(second, 200'000);  // it has come down far enough for the next warning
    }
  });
  EXPECT_TRUE(why.is_normal());
  stop();
  const auto lines = log();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.find("over its limit") != std::string::npos; }), 2);
}

TEST_F(ProcessMemory, counts_the_messages_that_wait_in_the_mailbox) {
  start();
  const auto why = run({.max_memory = 500'000}, [](fn::process& self) {
    const fn::pid me = self.id();
    const fn::pid flooder = fn::spawn(self, [me](fn::process&) {
                              for (int i = 0; i != 1000; ++i) fn::send(me, large{});
                            }).value();
    static_cast<void>(flooder);
    self.receive([](std::nullptr_t) {});  // takes none of them
  });
  const auto* const exceeded = why.get_if<fn::memory_limit_exceeded>();
  ASSERT_NE(exceeded, nullptr) << why.description();
  EXPECT_GT(exceeded->usage.messages, 400'000u);
}

TEST_F(ProcessMemory, does_not_count_messages_that_were_taken) {
  start({.schedulers = 1});
  const auto why = run({.max_memory = 200'000}, [](fn::process& self) {
    const fn::pid me = self.id();
    for (int round = 0; round != 100; ++round) {
      for (int i = 0; i != 50; ++i) fn::send(me, large{});
      for (int i = 0; i != 50; ++i) self.receive([](const large&) {});
    }
    EXPECT_EQ(self.memory().messages, 0u);
  });
  EXPECT_TRUE(why.is_normal()) << why.description();
}

TEST_F(ProcessMemory, counts_messages_of_a_handler_that_does_not_keep_up) {
  start();
  const fn::pid p = fn::spawn(rt(), slow{}, {.max_memory = 500'000}).value();
  for (int i = 0; i != 2000; ++i) fn::send(p, large{});
  wait_dead(p);
  stop();
  EXPECT_TRUE(logged("is over its limit of memory"));
}

/// Calls `last` in a frame that lies some 400 KiB below.
template <typename Last>
int far_below(Last& last, int depth = 100) {
  volatile char frame[4096];
  frame[0] = 1;
  if (depth != 0) return far_below(last, depth - 1) + frame[0];
  last();
  return frame[0];
}

TEST_F(ProcessMemory, counts_the_stack_that_is_in_use_at_a_wait) {
  start();
  const auto why = run({.stack_size = 1024 * 1024, .max_memory = 200'000}, [](fn::process& self) {
    auto wait = [&] { self.receive([](std::nullptr_t) {}); };
    static_cast<void>(far_below(wait));
  });
  const auto* const exceeded = why.get_if<fn::memory_limit_exceeded>();
  ASSERT_NE(exceeded, nullptr) << why.description();
  EXPECT_GT(exceeded->usage.stack, 400'000u);
}

TEST_F(ProcessMemory, does_not_count_what_was_below_on_its_stack_nor_what_others_left_there) {
  start({.schedulers = 1, .stack_size = 1024 * 1024});
  auto nothing = [] {};
  for (int i = 0; i != 4; ++i) run({}, [&](fn::process&) { static_cast<void>(far_below(nothing)); });
  const auto why = run({.max_memory = 100'000}, [&](fn::process& self) {
    static_cast<void>(far_below(nothing));
    self.sleep(1ms);
    EXPECT_LT(self.memory().stack, 20'000u);
    EXPECT_GT(self.memory().stack, 0u);
  });
  EXPECT_TRUE(why.is_normal()) << why.description();
}

TEST_F(ProcessMemory, does_not_walk_again_over_what_it_could_not_give_back) {
  start({.schedulers = 1});
  run({}, [](fn::process& self) {
    std::vector<void*> lent;
    for (int i = 0; i != 200'000; ++i) lent.push_back(self.arena().allocate(48));
    for (std::size_t i = 0; i != lent.size(); ++i) {
      if (i % 16 != 0) self.arena().deallocate(lent[i], 48);  // each chunk keeps some
    }
    self.sleep(1us);
    const std::uint64_t before = self.reductions();
    self.sleep(1us);
    EXPECT_LT(self.reductions() - before, 50u);
  });
}

TEST_F(ProcessMemory, of_a_process_that_ends_is_given_back_in_slices) {
  start({.schedulers = 1});
  std::atomic<int> rounds{0};
  const fn::pid neighbour = fn::spawn(rt(), [&](fn::process& self) {
                              for (;;) {
                                ++rounds;
                                self.sleep(0s);
                              }
                            }).value();
  std::atomic<int> before{0};
  const auto why = run({}, [&](fn::process& self) {
    for (int i = 0; i != 10'000; ++i) static_cast<void>(self.arena().allocate(2000));
    self.checkpoint();
    before = rounds.load();
  });
  EXPECT_TRUE(why.is_normal());
  EXPECT_GE(rounds - before, 10) << "10,000 blocks are twenty slices' worth";
  fn::exit(neighbour, fn::exit_reason::kill);
  wait_dead(neighbour);
}

TEST_F(ProcessMemory, is_warned_of_again_when_messages_have_come_down_meanwhile) {
  start({.schedulers = 1});
  const auto why = run({.max_memory = 100'000, .on_max_memory = fn::memory_breach::log}, [](fn::process& self) {
    for (int round = 0; round != 3; ++round) {
      for (int i = 0; i != 300; ++i) fn::send(self.id(), large{});
      self.sleep(0s);  // all of them are in the mailbox before the first is taken
      for (int i = 0; i != 300; ++i) self.receive([](const large&) {});
    }
  });
  EXPECT_TRUE(why.is_normal()) << why.description();
  stop();
  const auto lines = log();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.find("over its limit") != std::string::npos; }), 3);
}

TEST_F(ProcessMemory, is_counted_also_while_a_process_only_sends) {
  start({.schedulers = 2});
  std::atomic<bool> flooded{false};
  std::atomic<bool> done{false};
  const fn::pid sink = fn::spawn(rt(), keeper{nullptr}).value();
  const fn::pid p = fn::spawn(rt(), [&, sink](fn::process& self) {
                      while (!flooded) self.checkpoint();
                      while (!done) fn::send(sink, 0);  // never waits
                    }, {.max_memory = 500'000}).value();
  for (int i = 0; i != 1000; ++i) fn::send(p, large{});
  flooded = true;
  wait_until([&] { return logged("is over its limit of memory"); });
  done = true;
  wait_dead(p);
  fn::exit(sink, fn::exit_reason::kill);
  wait_dead(sink);
}

TEST_F(ProcessMemory, of_one_that_goes_on_beyond_its_limit_without_a_wait_ends_in_its_being_given_up) {
  start({.schedulers = 2, .kill_grace = 100ms});
  std::atomic<bool> go_on{true};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      static_cast<void>(self.arena().allocate(200'000));
                      while (go_on) {
                      }
                    }, {.max_memory = 100'000}).value();
  wait_until([&] { return rt().abandoned_count() == 1; });
  EXPECT_FALSE(fn::is_alive(p));
  go_on = false;
  wait_until([&] { return rt().abandoned_count() == 0; });
}

TEST_F(ProcessMemory, refused_at_spawn_or_at_its_first_use_is_an_error_and_nothing_is_lost) {
  start({.schedulers = 1});
  run({}, [this](fn::process& self) {
    for (long n = 1; n <= 5; ++n) {
      const long before = probe.live();
      probe.refuse_nth(n);
      const auto made = fn::spawn(self, [](fn::process&) {}, {.memory = fn::memory_strategy::low_latency});
      if (made) {
        probe.refuse_nth(0);
        while (fn::is_alive(*made)) self.sleep(0s);
      } else {
        EXPECT_EQ(made.error(), fn::errc::system_limit);
        EXPECT_EQ(probe.live(), before);
      }
    }
    probe.refuse_nth(1);
    EXPECT_THROW(static_cast<void>(self.arena().allocate(10)), std::bad_alloc);
    probe.refuse_nth(2);
    EXPECT_THROW(static_cast<void>(self.scratch().allocate(10)), std::bad_alloc);
    EXPECT_NE(self.arena().allocate(10), nullptr);
    EXPECT_NE(self.scratch().allocate(10), nullptr);
  });
}

TEST_F(ProcessMemory, options_out_of_range_are_named) {
  start();
  const auto refused = [&](const fn::spawn_options& options) {
    const auto made = fn::spawn(rt(), [](fn::process&) {}, options);
    EXPECT_EQ(made.error(), fn::errc::invalid_argument);
    return std::string(made.error().message());
  };
  EXPECT_NE(refused({.max_memory = 4095}).find("max_memory"), std::string::npos);
  EXPECT_NE(refused({.memory = static_cast<fn::memory_strategy>(9)}).find("memory"), std::string::npos);
  EXPECT_NE(refused({.gc = fn::gc_strategy::every(0)}).find("gc"), std::string::npos);
  EXPECT_NE(refused({.memory = fn::memory_strategy::low_latency, .max_memory = 100'000}).find("low_latency"), std::string::npos);
  EXPECT_NE(refused({.on_max_memory = static_cast<fn::memory_breach>(7)}).find("on_max_memory"), std::string::npos);
}

TEST_F(ProcessMemory, of_a_plain_thread_that_is_a_process_is_there_too) {
  start();
  fn::thread_process self(rt(), "thread");
  std::pmr::vector<int> numbers(&self->arena());
  for (int i = 0; i != 10'000; ++i) numbers.push_back(i);
  EXPECT_GE(self->memory().arena, 40'000u);
  numbers = std::pmr::vector<int>(&self->arena());
  self->hibernate();
  EXPECT_EQ(self->memory().arena, 0u);
}

}  // namespace
}  // namespace foundation::testing
