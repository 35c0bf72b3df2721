// SPDX-License-Identifier: Apache-2.0
#include <foundation/optimize_memory.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "os/os.hpp"
#include "support/resident.hpp"
#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;
using enum fn::memory_optimization;

constexpr fn::memory_optimization each_strategy[] = {shrink_caches, trim, compact};
constexpr fn::optimize_memory_options patient{.timeout = 1h};

/// Takes as much of its arena as it is told, frees it, and keeps the chunks; says what its arena holds.
struct holder {
  using messages = fn::messages<std::size_t>;
  void handle(fn::process& self, std::size_t bytes) {
    std::vector<void*> all;
    for (std::size_t taken = 0; taken < bytes; taken += 100) all.push_back(self.arena().allocate(100));
    for (void* each : all) self.arena().deallocate(each, 100);
    held->store(self.memory().arena);
    ++*turns;
  }
  std::atomic<std::size_t>* held;
  std::atomic<int>* turns;
};

/// Touches so much of the stack that pages below the caller are there.
[[gnu::noinline]] void use_stack() {
  volatile char bytes[64 * 1024];
  for (std::size_t i = 0; i < sizeof bytes; i += 1024) bytes[i] = 1;
}

/// Waits in the middle of each turn.
struct waits {
  using messages = fn::messages<int>;
  void handle(fn::process& self, int) {
    use_stack();
    self.receive([](std::nullptr_t) {});
  }
};

class OptimizeMemory : public RuntimeTest {
 protected:
  [[nodiscard]] fn::freed_memory optimize(fn::memory_optimization strategy, const fn::optimize_memory_options& how = patient) {
    return fn::optimize_memory(rt(), strategy, how).value();
  }
  [[nodiscard]] fn::pid spawn_holder(std::size_t bytes) {
    const int before = turns;
    const fn::pid p = fn::spawn(rt(), holder{&held, &turns}, {.gc = fn::gc_strategy::never()}).value();
    fn::send(p, bytes);
    wait_until([&] { return turns == before + 1 && is_idle(p); });
    return p;
  }
  [[nodiscard]] static bool is_idle(fn::pid p) {
    return fn::process_counters(p).value().status == fn::process_status::idle;
  }
  [[nodiscard]] static bool is_waiting(fn::pid p) {
    return fn::process_counters(p).value().status == fn::process_status::waiting;
  }
  [[nodiscard]] std::size_t arena_of(fn::pid p) { return fn::process_info(p).value().memory.arena; }
  /// Runs `body` as a process, to its end.
  template <typename F>
  void run(F&& body) {
    ASSERT_TRUE(fn::wait_gone(fn::spawn(rt(), std::forward<F>(body)).value()));
  }
  void end(const std::vector<fn::pid>& all) {
    for (const fn::pid p : all) fn::exit(p, fn::exit_reason::kill);
    for (const fn::pid p : all) wait_gone(p);
  }

  std::atomic<std::size_t> held{0};
  std::atomic<int> turns{0};
};

TEST_F(OptimizeMemory, of_a_runtime_without_processes_asks_nobody) {
  start();
  for (const auto strategy : each_strategy) {
    const fn::freed_memory freed = optimize(strategy);
    EXPECT_EQ(freed.asked, 0u);
    EXPECT_EQ(freed.unanswered + freed.caches_unanswered, 0u);
    EXPECT_EQ(freed.arenas, 0u);
  }
}

TEST_F(OptimizeMemory, shrinks_what_schedulers_keep_and_leaves_processes_alone) {
  start();
  const fn::pid p = spawn_holder(100'000);
  end({spawn_holder(100'000)});
  const std::size_t kept = fn::analyze_memory_usage(rt()).value().caches.bytes;
  EXPECT_GT(kept, 0u);
  const fn::freed_memory freed = optimize(shrink_caches);
  EXPECT_EQ(freed.caches, kept);
  EXPECT_EQ(freed.arenas, 0u);
  EXPECT_EQ(freed.asked, 0u);
  EXPECT_EQ(freed.total(), freed.caches + freed.stacks);
  EXPECT_EQ(fn::analyze_memory_usage(rt()).value().caches.bytes, 0u);
  EXPECT_EQ(arena_of(p), held);
  end({p});
}

TEST_F(OptimizeMemory, shrinks_free_stacks) {
  start({.schedulers = 1});
  std::vector<fn::pid> all;
  for (int i = 0; i != 300; ++i) {
    all.push_back(fn::spawn(rt(), [](fn::process& self) { self.receive([](std::nullptr_t) {}); }).value());
  }
  for (const fn::pid p : all) wait_until([&] { return is_waiting(p); });
  end(all);
  const std::size_t first = optimize(shrink_caches).stacks;
  EXPECT_GT(first, 100u * 4096);
  EXPECT_LT(optimize(shrink_caches).stacks, first) << "but for those that it has used itself";
}

TEST_F(OptimizeMemory, has_the_system_get_back_what_the_allocator_keeps) {
  if (!memory_is_as_users_have_it) GTEST_SKIP() << "another allocator, or one that keeps what is freed";
  start();
  std::vector<fn::pid> all;
  for (int i = 0; i != 16; ++i) all.push_back(spawn_holder(4'000'000));
  const std::size_t most = os::program_resident_bytes();
  end(all);
  wait_until([&] {  // what one thread has freed of another's, the allocator now and then gives back only the next time
    static_cast<void>(optimize(shrink_caches));
    return os::program_resident_bytes() + 32'000'000 < most;
  });
}

TEST_F(OptimizeMemory, trims_the_arenas_of_idle_handlers_and_says_by_how_much) {
  start();
  const std::vector<fn::pid> all = {spawn_holder(100'000), spawn_holder(300'000)};
  const std::size_t held_by_both = arena_of(all[0]) + arena_of(all[1]);
  EXPECT_GE(held_by_both, 400'000u);
  const fn::freed_memory freed = optimize(trim);
  EXPECT_EQ(freed.asked, 2u);
  EXPECT_EQ(freed.unanswered, 0u);
  EXPECT_EQ(freed.arenas, held_by_both);
  EXPECT_EQ(arena_of(all[0]) + arena_of(all[1]), 0u);
  EXPECT_EQ(fn::analyze_memory_usage(rt()).value().caches.bytes, 0u) << "nor do the schedulers keep it";
  EXPECT_EQ(turns, 2) << "its user's code notices nothing";
  end(all);
}

TEST_F(OptimizeMemory, counts_no_chunk_twice) {
  start({.schedulers = 1});
  end({spawn_holder(100'000)});
  const std::size_t kept = fn::analyze_memory_usage(rt()).value().caches.bytes;
  const fn::pid p = fn::spawn(rt(), holder{&held, &turns}, {.memory = fn::memory_strategy::isolated_heaps,
                                                           .gc = fn::gc_strategy::never()}).value();
  fn::send(p, std::size_t{50'000});
  wait_until([&] { return turns == 2 && is_idle(p); });
  const std::size_t own_pages = held;
  const fn::pid q = fn::spawn(rt(), holder{&held, &turns}, {.gc = fn::gc_strategy::never()}).value();
  fn::send(q, std::size_t{1'000'000});
  wait_until([&] { return turns == 3 && is_idle(q); });
  const std::size_t left = fn::analyze_memory_usage(rt()).value().caches.bytes;
  EXPECT_LT(left, kept) << "some has gone to the new one";
  const fn::freed_memory freed = optimize(trim);
  EXPECT_EQ(freed.arenas, own_pages + held);
  EXPECT_EQ(freed.caches, left);
  end({p, q});
}

TEST_F(OptimizeMemory, trims_the_arena_of_one_that_waits_and_it_waits_on) {
  start();
  std::atomic<int> got{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      holder{&held, &turns}.handle(self, 200'000);
                      self.receive([&](int n) { got = n; });
                    }, {.gc = fn::gc_strategy::never()}).value();
  wait_until([&] { return turns == 1 && is_waiting(p); });
  const fn::freed_memory freed = optimize(trim);
  EXPECT_EQ(freed.arenas, held);
  EXPECT_EQ(freed.asked, 1u);
  EXPECT_EQ(arena_of(p), 0u);
  EXPECT_EQ(got, 0);
  EXPECT_EQ(fn::process_info(p).value().seen.status, fn::process_status::waiting);
  fn::send(p, 7);
  wait_dead(p);
  EXPECT_EQ(got, 7);
}

TEST_F(OptimizeMemory, finds_messages_in_order_that_have_come_before_and_behind_the_question) {
  start({.schedulers = 1});
  std::vector<int> got;
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      holder{&held, &turns}.handle(self, 10'000);
                      self.receive([](std::nullptr_t) {});
                      for (int i = 0; i != 40; ++i) self.receive([&](int n) { got.push_back(n); });
                    }, {.gc = fn::gc_strategy::never(), .max_memory = 1'000'000}).value();
  wait_until([&] { return turns == 1 && is_waiting(p); });
  run([&](fn::process&) {  // which leaves the only scheduler to it in `optimize`, and not before
    for (int i = 0; i != 20; ++i) {
      fn::send(p, 2 * i);
      static_cast<void>(optimize(compact, {.timeout = 0s}));
      fn::send(p, 2 * i + 1);
    }
    static_cast<void>(optimize(compact));
  });
  fn::send(p, nullptr);
  wait_dead(p);
  std::vector<int> expected;
  for (int i = 0; i != 40; ++i) expected.push_back(i);
  EXPECT_EQ(got, expected);
}

TEST_F(OptimizeMemory, trims_a_running_process_at_its_next_checkpoint) {
  start();
  std::atomic<bool> over{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      holder{&held, &turns}.handle(self, 200'000);
                      while (!over) static_cast<void>(self.checkpoint());
                    }, {.gc = fn::gc_strategy::never()}).value();
  wait_until([&] { return turns == 1; });
  EXPECT_EQ(optimize(trim).arenas, held);
  over = true;
  wait_dead(p);
}

TEST_F(OptimizeMemory, keeps_what_is_in_use) {
  start();
  std::atomic<bool> whole{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      std::pmr::string in_arena(50'000, 'a', &self.arena());
                      std::pmr::string in_scratch(50'000, 's', &self.scratch());
                      holder{&held, &turns}.handle(self, 10'000);
                      self.receive([](int) {});
                      whole = in_arena == std::string(50'000, 'a').c_str() && in_scratch == std::string(50'000, 's').c_str();
                    }).value();
  wait_until([&] { return turns == 1 && is_waiting(p); });
  for (const auto strategy : each_strategy) static_cast<void>(optimize(strategy));
  const fn::memory_usage left = fn::process_info(p).value().memory;
  EXPECT_GE(left.arena, 50'000u);
  EXPECT_GE(left.scratch, 50'000u);
  fn::send(p, 1);
  wait_dead(p);
  EXPECT_TRUE(whole);
}

TEST_F(OptimizeMemory, compacts_the_stacks_of_those_that_wait_alone) {
  start();
  const auto wait_deep = [](fn::process& self) {
    use_stack();
    self.receive([](int) {});
  };
  std::vector<fn::pid> all;
  for (int i = 0; i != 10; ++i) all.push_back(fn::spawn(rt(), wait_deep).value());
  for (const fn::pid p : all) wait_until([&] { return is_waiting(p); });
  all.push_back(fn::spawn(rt(), holder{&held, &turns}).value());  // an idle handler has no stack, nor yet an arena
  EXPECT_EQ(optimize(trim).asked, 0u);
  const fn::freed_memory freed = optimize(compact);
  EXPECT_EQ(freed.asked, 10u);
  EXPECT_EQ(freed.unanswered, 0u);
  EXPECT_GE(freed.stacks, 10u * 32 * 1024);
  for (std::size_t i = 0; i != 10; ++i) fn::send(all[i], 1);
  for (std::size_t i = 0; i != 10; ++i) wait_dead(all[i]);
  end({all[10]});
}

TEST_F(OptimizeMemory, compacts_the_stack_of_a_handler_that_waits_in_its_turn) {
  start();
  const fn::pid p = fn::spawn(rt(), waits{}).value();
  fn::send(p, 1);
  wait_until([&] { return is_waiting(p); });
  const fn::freed_memory freed = optimize(compact);
  EXPECT_EQ(freed.asked, 1u);
  EXPECT_GE(freed.stacks, 32u * 1024);
  fn::send(p, nullptr);
  wait_until([&] { return is_idle(p); });
  end({p});
}

TEST_F(OptimizeMemory, from_a_process_gives_back_its_own_too_and_takes_no_message) {
  start({.schedulers = 1});
  const fn::pid other = spawn_holder(100'000);
  const std::size_t others = held;
  run([&](fn::process& self) {
    fn::send(self.id(), 1);
    holder{&held, &turns}.handle(self, 200'000);
    use_stack();
    const fn::freed_memory freed = optimize(compact);
    EXPECT_EQ(freed.asked, 2u);
    EXPECT_EQ(freed.unanswered + freed.caches_unanswered, 0u);
    EXPECT_EQ(freed.arenas, others + held);
    EXPECT_GE(freed.stacks, 32u * 1024);
    EXPECT_EQ(self.memory().arena, 0u);
    bool there = false;
    self.receive([&](int) { there = true; }, fn::after(0s, [] {}));
    EXPECT_TRUE(there);
  });
  end({other});
}

TEST_F(OptimizeMemory, asks_a_plain_thread_that_is_a_process_which_answers_when_it_calls_the_library) {
  start();
  std::atomic<bool> over{false};
  std::atomic<bool> ready{false};
  std::thread thread([&] {
    fn::thread_process self(rt());
    self->arena().deallocate(self->arena().allocate(100'000), 100'000);
    for (int i = 0; i != 100; ++i) static_cast<void>(self->arena().allocate(10));
    ready = true;
    while (!over) static_cast<void>(self->sleep(1ms));
  });
  wait_until([&] { return ready.load(); });
  const fn::freed_memory freed = optimize(compact);
  EXPECT_EQ(freed.asked, 1u);
  EXPECT_EQ(freed.unanswered, 0u);
  over = true;
  thread.join();
}

TEST_F(OptimizeMemory, of_a_plain_thread_that_is_a_process_waits_and_gives_back_its_own) {
  start();
  const fn::pid other = spawn_holder(100'000);
  {
    fn::thread_process self(rt());
    self->arena().deallocate(self->arena().allocate(100), 100);
    const fn::freed_memory freed = optimize(compact);
    EXPECT_EQ(freed.asked, 2u);
    EXPECT_EQ(freed.unanswered, 0u);
    EXPECT_GT(freed.arenas, held);
  }
  end({other});
}

TEST_F(OptimizeMemory, counts_those_that_do_not_answer_in_time_and_they_give_back_later) {
  start();
  std::atomic<bool> come_back{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      holder{&held, &turns}.handle(self, 200'000);
                      while (!come_back) std::this_thread::yield();
                      static_cast<void>(self.checkpoint());
                      held = self.memory().arena;
                      ++turns;
                      self.receive([](int) {});
                    }, {.gc = fn::gc_strategy::never()}).value();
  wait_until([&] { return turns == 1; });
  const fn::freed_memory freed = optimize(trim, {.timeout = 1ms});
  EXPECT_EQ(freed.asked, 1u);
  EXPECT_EQ(freed.unanswered, 1u);
  EXPECT_EQ(freed.arenas, 0u);
  EXPECT_GE(freed.caches_unanswered, 1u) << "its scheduler has not answered either";
  come_back = true;
  wait_until([&] { return turns == 2; });
  EXPECT_EQ(held, 0u);
  fn::send(p, 1);
  wait_dead(p);
}

TEST_F(OptimizeMemory, without_time_asks_and_does_not_wait) {
  start();
  const fn::pid p = spawn_holder(100'000);
  EXPECT_EQ(optimize(trim, {.timeout = 0ns}).asked, 1u);
  EXPECT_LE(optimize(trim, {.timeout = -1ns}).asked, 1u) << "by now it may have nothing left";
  run([&](fn::process&) { EXPECT_LE(optimize(trim, {.timeout = 0s}).asked, 2u); });
  wait_until([&] { return arena_of(p) == 0; });
  end({p});
}

TEST_F(OptimizeMemory, has_its_answer_from_those_that_die_instead) {
  start({.schedulers = 1});
  std::vector<fn::pid> all;
  for (int i = 0; i != 50; ++i) all.push_back(spawn_holder(1'000));
  run([&](fn::process&) {
    for (std::size_t i = 0; i < all.size(); i += 2) fn::exit(all[i], fn::exit_reason::kill);
    EXPECT_EQ(optimize(trim).unanswered, 0u);
    static_cast<void>(optimize(trim, {.timeout = 0s}));
    for (const fn::pid p : all) fn::exit(p, fn::exit_reason::kill);
  });
  end(all);
}

TEST_F(OptimizeMemory, has_its_answer_from_one_that_is_given_up) {
  start({.schedulers = 2, .kill_grace = 20ms});
  std::atomic<bool> come_back{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      holder{&held, &turns}.handle(self, 10'000);
                      while (!come_back) std::this_thread::yield();
                    }, {.scheduler = 0}).value();
  wait_until([&] { return turns == 1; });
  std::atomic<std::size_t> unanswered{99};
  const fn::pid asker = fn::spawn(rt(), [&](fn::process&) {
                          unanswered = optimize(trim, {.timeout = 1h}).unanswered;
                        }, {.scheduler = 1}).value();
  wait_until([&] { return is_waiting(asker); });
  fn::exit(p, fn::exit_reason::kill);
  wait_until([&] { return rt().abandoned_count() == 1; });
  // The processes have answered; its scheduler does when it is free.
  come_back = true;
  wait_dead(asker);
  EXPECT_EQ(unanswered, 0u);
  wait_until([&] { return rt().process_count() == 0 && rt().abandoned_count() == 0; });
}

TEST_F(OptimizeMemory, ends_with_a_kill_of_who_waits) {
  start();
  std::atomic<bool> come_back{false};
  const fn::pid deaf = fn::spawn(rt(), [&](fn::process& self) {
                         static_cast<void>(self.arena().allocate(10));
                         ++turns;
                         while (!come_back) std::this_thread::yield();
                       }).value();
  wait_until([&] { return turns == 1; });
  std::atomic<bool> returned{false};
  const fn::pid asker = fn::spawn(rt(), [&](fn::process&) {
                          static_cast<void>(optimize(trim));
                          returned = true;
                        }).value();
  wait_until([&] { return is_waiting(asker); });
  fn::exit(asker, fn::exit_reason::kill);
  ASSERT_TRUE(fn::wait_gone(asker));
  EXPECT_FALSE(returned);
  const fn::pid shielded = fn::spawn(rt(), [&](fn::process& self) {
                             const fn::shield here(self);
                             const auto refused = fn::optimize_memory(rt(), trim, patient);
                             EXPECT_FALSE(refused);
                             EXPECT_EQ(refused.error(), fn::errc::killed);
                             returned = true;
                           }).value();
  wait_until([&] { return is_waiting(shielded); });
  fn::exit(shielded, fn::exit_reason::kill);
  ASSERT_TRUE(fn::wait_gone(shielded));
  EXPECT_TRUE(returned);
  come_back = true;
  wait_dead(deaf);
}

TEST_F(OptimizeMemory, works_where_no_more_processes_may_be_and_leaves_the_caches) {
  start({.schedulers = 2, .max_processes = 1});
  const fn::pid p = spawn_holder(100'000);
  const fn::freed_memory freed = optimize(compact);
  EXPECT_EQ(freed.arenas, held);
  EXPECT_EQ(freed.caches_unanswered, 2u);
  EXPECT_EQ(freed.unanswered, 0u);
  end({p});
}

TEST_F(OptimizeMemory, works_while_the_runtime_shuts_down) {
  start();
  std::atomic<bool> over{false};
  std::atomic<bool> asked{false};
  fn::spawn(rt(), [&](fn::process& self) {
    const fn::shield here(self);
    ++turns;
    while (self.sleep(1ms)) {
    }
    const auto freed = fn::optimize_memory(rt(), compact, {.timeout = 1ms});
    EXPECT_FALSE(freed) << "it has been told to exit";
    asked = true;
    while (!over) std::this_thread::yield();
  }).value();
  wait_until([&] { return turns == 1; });
  std::thread ends([&] { EXPECT_TRUE(rt().shutdown(1h).empty()); });
  wait_until([&] { return asked.load(); });
  const fn::freed_memory freed = optimize(compact, {.timeout = 1ms});
  EXPECT_EQ(freed.caches_unanswered, 2u) << "nothing is spawned any more";
  over = true;
  ends.join();
}

TEST_F(OptimizeMemory, is_for_several_at_once) {
  start();
  std::vector<fn::pid> all;
  std::size_t sum = 0;
  for (int i = 0; i != 20; ++i) {
    all.push_back(spawn_holder(20'000));
    sum += held;
  }
  std::atomic<std::size_t> freed{0};
  std::vector<fn::pid> askers;
  for (int i = 0; i != 5; ++i) {
    askers.push_back(fn::spawn(rt(), [&](fn::process&) { freed += optimize(compact).arenas; }).value());
  }
  std::thread thread([&] { freed += optimize(trim).arenas; });
  thread.join();
  for (const fn::pid p : askers) ASSERT_TRUE(fn::wait_gone(p));
  EXPECT_EQ(freed, sum) << "each chunk was given back once, and counted once";
  end(all);
}

TEST_F(OptimizeMemory, refuses_what_is_no_strategy_and_a_runtime_that_is_elsewhere) {
  start();
  const auto refused = fn::optimize_memory(rt(), static_cast<fn::memory_optimization>(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), fn::errc::invalid_argument);
  EXPECT_NE(std::string(refused.error().message()).find("strategy"), std::string::npos);
  watched_runtime first({.schedulers = 1});
  const watched_runtime second(std::move(first));
  const auto moved = fn::optimize_memory(first, trim);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error(), fn::errc::not_running);
}

TEST_F(OptimizeMemory, goes_on_or_is_refused_where_memory_is) {
  start({.schedulers = 1});
  std::vector<fn::pid> all;  // each has a stack, so it is asked each time
  for (int i = 0; i != 2; ++i) {
    all.push_back(fn::spawn(rt(), [](fn::process& self) { self.receive([](std::nullptr_t) {}); }).value());
    wait_until([&] { return is_waiting(all.back()); });
  }
  int tried = 0;
  const auto refuse_each = [&](std::size_t processes, auto rest) {
    for (;; ++tried) {
      while (rt().process_count() != processes) rest();  // its own of the last time may just be ending, and be asked
      const long before = probe.refused();
      probe.refuse_nth(1 + tried);
      const auto freed = fn::optimize_memory(rt(), compact, patient);
      probe.refuse_nth(0);
      const bool was_refused = probe.refused() != before;
      if (freed) {
        EXPECT_EQ(freed->asked, processes);
        EXPECT_EQ(freed->unanswered + freed->caches_unanswered, was_refused ? 1u : 0u);
      } else {
        EXPECT_TRUE(was_refused);
        EXPECT_EQ(freed.error(), fn::errc::system_limit);
      }
      if (!was_refused) return;
    }
  };
  refuse_each(2, [] { std::this_thread::yield(); });
  EXPECT_GE(tried, 4) << "two questions, what they are answered to, and a process";
  tried = 0;
  run([&](fn::process& self) { refuse_each(3, [&self] { self.sleep(1ms); }); });
  end(all);
}

TEST_F(OptimizeMemory, says_of_which_schedulers_nobody_gave_back_what_they_keep) {
  start({.schedulers = 1});
  std::atomic<bool> inside{false};
  std::atomic<bool> let_go{false};
  const fn::pid busy = fn::spawn(rt(), [&](fn::process&) {
                         inside = true;
                         while (!let_go) std::this_thread::sleep_for(1ms);
                       }).value();
  wait_until([&] { return inside.load(); });
  fn::freed_memory all;
  std::thread asker([&] { all = optimize(shrink_caches); });
  fn::pid sweeper;
  wait_until([&] {
    for (const auto& each : fn::process_tree(rt())) {
      if (each.label == "optimize_memory") sweeper = each.id;
    }
    return static_cast<bool>(sweeper);
  });
  fn::exit(sweeper, fn::exit_reason::kill);  // before it has begun
  let_go = true;
  asker.join();
  EXPECT_EQ(all.caches_unanswered, 1u);
  wait_gone(busy);
  EXPECT_EQ(optimize(shrink_caches).caches_unanswered, 0u);
}

TEST_F(OptimizeMemory, of_one_that_waits_leaves_it_waiting_to_whoever_asks) {
  start({.schedulers = 1});
  const fn::pid waiting = fn::spawn(rt(), [](fn::process& self) { self.receive([](std::nullptr_t) {}); }).value();
  wait_until([&] { return is_waiting(waiting); });
  run([&](fn::process&) {
    for (int i = 0; i != 20; ++i) {
      static_cast<void>(fn::optimize_memory(rt(), compact, {.timeout = 0s}).value());
      const auto info = fn::process_info(waiting).value();  // comes behind the question
      ASSERT_EQ(info.seen.status, fn::process_status::waiting);
      ASSERT_EQ(info.waits_for.size(), 1u);
    }
  });
  fn::exit(waiting, fn::exit_reason::kill);
  wait_gone(waiting);
}

}  // namespace
}  // namespace foundation::testing
