// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "unit/process/memory_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class CountNew : public MemoryTest {};

/// What a compiler must take for used: it may leave out a `new` that is deleted unseen.
template <typename T>
T* used(T* block) {
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

/// As much as it says, of plain containers.
struct heaps {
  using messages = fn::messages<std::size_t>;
  void handle(fn::process&, std::size_t bytes) {
    kept.emplace_back(bytes);
    ++*turns;
  }
  std::atomic<int>* turns;
  std::vector<std::vector<char>> kept = {};
};

TEST_F(CountNew, counts_plain_containers_for_the_process_that_has_them) {
  start();
  run({}, [](fn::process& self) {
    const std::size_t before = self.memory().heap;
    {
      std::vector<int> numbers(1000);
      used(numbers.data());
      const std::size_t with = self.memory().heap - before;
      EXPECT_GE(with, 1000 * sizeof(int));
      EXPECT_LE(with, 1000 * sizeof(int) + 64);
      const auto one = std::make_unique<int>(1);
      used(one.get());
      EXPECT_GT(self.memory().heap - before, with);
    }
    EXPECT_EQ(self.memory().heap, before);
  });
}

TEST_F(CountNew, has_every_form_of_new_and_delete) {
  start();
  run({}, [](fn::process& self) {
    struct alignas(256) strict {
      char bytes[256];
    };
    const std::size_t before = self.memory().heap;
    const auto counted = [&] { return self.memory().heap - before; };
    auto* const array = used(new int[100]);
    EXPECT_GE(counted(), 400u);
    delete[] array;
    auto* const aligned = used(new strict);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned) % 256, 0u);
    EXPECT_GE(counted(), 256u);
    delete aligned;
    auto* const many = used(new strict[3]);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(many) % 256, 0u);
    delete[] many;
    auto* const perhaps = used(new (std::nothrow) int);
    EXPECT_GT(counted(), 0u);
    ::operator delete(perhaps, std::nothrow);
    void* const nothing = ::operator new(0);
    EXPECT_NE(nothing, nullptr);
    ::operator delete(nothing);
    void* const odd = ::operator new[](100, std::align_val_t{64}, std::nothrow);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(odd) % 64, 0u);
    ::operator delete[](odd, std::align_val_t{64}, std::nothrow);
    delete static_cast<int*>(nullptr);
    EXPECT_EQ(counted(), 0u);
  });
}

/// One that is set aside for when memory is refused.
std::atomic<int> asked{0};

TEST_F(CountNew, refuses_as_the_standard_asks_for) {
  volatile std::size_t too_much = std::numeric_limits<std::size_t>::max() - 8;
  EXPECT_THROW(static_cast<void>(::operator new(too_much)), std::bad_alloc);
  EXPECT_EQ(::operator new(too_much, std::nothrow), nullptr);
  EXPECT_EQ(::operator new(too_much, std::align_val_t{64}, std::nothrow), nullptr);
  const std::new_handler before = std::set_new_handler([] {
    if (++asked == 3) throw std::bad_alloc();
  });
  EXPECT_THROW(static_cast<void>(::operator new(too_much)), std::bad_alloc);
  EXPECT_EQ(asked, 3);
  std::set_new_handler(before);
}

TEST_F(CountNew, counts_nothing_outside_of_processes) {
  start();
  std::vector<int> of_the_thread(1000);
  run({}, [&](fn::process& self) {
    const std::size_t before = self.memory().heap;
    of_the_thread = std::vector<int>();
    EXPECT_EQ(self.memory().heap, before);
  });
}

TEST_F(CountNew, takes_off_what_another_process_or_thread_frees) {
  start({.schedulers = 2});
  run({}, [this](fn::process& self) {
    const std::size_t before = self.memory().heap;
    const fn::pid other = fn::spawn(rt(), [](fn::process& o) {
                            o.receive([](std::string) {});
                            o.receive([](std::nullptr_t) {});
                          }).value();
    fn::send(other, std::string(100'000, 'x'));
    while (self.memory().heap > before + 1000) self.sleep(1ms);  // freed there, when it was received
    std::string mine(100'000, 'y');
    std::thread([text = std::move(mine)]() mutable { text = std::string(); }).join();
    EXPECT_LT(self.memory().heap, before + 1000);
    fn::exit(other, fn::exit_reason::kill);
  });
}

TEST_F(CountNew, outlives_its_process_with_what_others_have_of_it) {
  start();
  std::vector<std::string> left;
  for (int i = 0; i != 10; ++i) {
    run({}, [&](fn::process&) { left.emplace_back(std::string(100'000, 'x')); });
  }
  stop();
  EXPECT_GT(probe.live(), 0) << "the accounts";
  left = std::vector<std::string>();
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(CountNew, ends_a_process_beyond_its_limit_at_its_next_checkpoint_or_wait) {
  start();
  for (const bool waits : {false, true}) {
    const auto why = run({.max_memory = 1'000'000}, [waits](fn::process& self) {
      std::vector<int> numbers;
      for (int i = 0; i != 1'000'000; ++i) numbers.push_back(i);  // no allocation fails
      if (waits) self.sleep(1us);
      else self.checkpoint();
      ADD_FAILURE() << "it has been told to exit";
    });
    const auto* const exceeded = why.get_if<fn::memory_limit_exceeded>();
    ASSERT_NE(exceeded, nullptr) << why.description();
    EXPECT_GT(exceeded->usage.heap, 1'000'000u);
  }
  stop();
  EXPECT_TRUE(logged("is over its limit of memory"));
}

TEST_F(CountNew, ends_a_handler_beyond_its_limit_after_its_turn) {
  start();
  std::atomic<int> turns{0};
  const fn::pid p = fn::spawn(rt(), heaps{&turns}, {.max_memory = 1'000'000}).value();
  for (int i = 0; i != 9; ++i) fn::send(p, std::size_t{100'000});
  wait_until([&] { return turns == 9; });
  EXPECT_TRUE(fn::is_alive(p));
  fn::send(p, std::size_t{200'000});
  wait_dead(p);  // nothing more has to arrive for that
  EXPECT_EQ(turns, 10);
}

TEST_F(CountNew, warns_again_when_it_has_come_down_meanwhile) {
  start();
  const auto why = run({.max_memory = 1'000'000, .on_max_memory = fn::memory_breach::log}, [](fn::process& self) {
    for (int round = 0; round != 3; ++round) {
      const auto much = std::make_unique<char[]>(2'000'000);
      self.sleep(1us);
      used(much.get());
    }
  });
  EXPECT_TRUE(why.is_normal()) << why.description();
  stop();
  const auto lines = log();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.find("over its limit") != std::string::npos; }), 3);
}

// The memory of processes is collected by one of them at its end, itself included, and what their reasons own with it.
TEST_F(CountNew, knows_no_process_that_is_gone_when_reasons_of_others_are_freed) {
  start({.schedulers = 1});
  const std::size_t count = scaled(20'000, 2000);
  std::vector<fn::pid> all;
  for (std::size_t i = 0; i != count; ++i) {
    all.push_back(fn::spawn(rt(), [](fn::process& self) { self.exit(fn::exit_reason::user(std::string(1000, 'x'))); }).value());
  }
  for (const fn::pid p : all) wait_gone(p);
}

TEST_F(CountNew, counts_nothing_where_memory_for_the_account_is_refused) {
  start({.schedulers = 1});
  run({}, [this](fn::process& self) {
    probe.refuse_all();
    auto* const block = used(new int(1));
    probe.refuse_all(false);
    delete block;
    const std::size_t before = self.memory().heap;
    const auto counted = std::make_unique<int>(1);
    used(counted.get());
    EXPECT_GT(self.memory().heap, before);
  });
}

TEST_F(CountNew, is_right_when_many_processes_free_what_many_have_made) {
  start({.schedulers = 3});
  const int rounds = static_cast<int>(scaled(5000, 200));
  std::atomic<int> done{0};
  std::vector<fn::pid> all;
  for (int i = 0; i != 6; ++i) {
    all.push_back(fn::spawn(rt(), [&](fn::process& self) {
                    std::vector<fn::pid> others;
                    self.receive([&](std::vector<fn::pid> who) { others = std::move(who); });
                    std::vector<std::string> kept;
                    for (int round = 0; round != rounds; ++round) {
                      fn::send(others[static_cast<std::size_t>(round) % others.size()], std::string(100, 'x'));
                      self.receive([&](std::string s) { kept.push_back(std::move(s)); }, fn::after(0s, [] {}));
                      if (kept.size() > 10) kept.clear();
                    }
                    ++done;
                  }).value());
  }
  for (const fn::pid p : all) fn::send(p, all);
  wait_until([&] { return done == 6; });
  for (const fn::pid p : all) wait_gone(p);
  stop();
  EXPECT_EQ(probe.live(), 0) << "no account is left";
}

}  // namespace
}  // namespace foundation::testing
