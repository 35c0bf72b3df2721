// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Send : public RuntimeTest {
 protected:
  /// A process that waits until it is killed and takes nothing.
  fn::pid spawn_deaf(fn::runtime& in) {
    return fn::spawn(in, [](fn::process& self) { self.receive([](const std::nullptr_t&) {}); }).value();
  }
  /// A process that takes one T and notes something of it.
  template <typename T, typename Note>
  fn::pid spawn_taker(Note note) {
    return fn::spawn(rt(), [note](fn::process& self) { self.receive([&](T& m) { note(m); }); }).value();
  }
};

struct counted {
  static inline std::atomic<int> live{0};
  static inline std::atomic<int> copies{0};
  static inline std::atomic<int> moves{0};
  static void reset() { live = copies = moves = 0; }

  counted() { ++live; }
  counted(const counted&) { ++live, ++copies; }
  counted(counted&&) noexcept { ++live, ++moves; }
  ~counted() { --live; }
};

TEST_F(Send, copies_an_lvalue_once_and_moves_an_rvalue_once) {
  start();
  counted::reset();
  std::atomic<int> taken{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](const counted&) { ++taken; });
                    }).value();
  const counted kept;
  fn::send(p, kept);
  wait_until([&] { return taken == 1; });
  EXPECT_EQ(counted::copies, 1);
  EXPECT_EQ(counted::moves, 0);

  fn::send(p, counted());
  wait_until([&] { return taken == 2; });
  EXPECT_EQ(counted::copies, 1);
  EXPECT_EQ(counted::moves, 1);
  stop();
  EXPECT_EQ(counted::live, 1) << "only the one kept";
}

TEST_F(Send, moves_what_cannot_be_copied) {
  start();
  std::atomic<int> got{0};
  const fn::pid p = spawn_taker<std::unique_ptr<int>>([&](auto& m) { got = *m; });
  auto number = std::make_unique<int>(42);
  fn::send(p, std::move(number));
  EXPECT_EQ(number, nullptr);
  wait_until([&] { return got != 0; });
  EXPECT_EQ(got, 42);
}

template <std::size_t Alignment>
struct alignas(Alignment) aligned {
  std::uint64_t value;
};

TEST_F(Send, puts_over_aligned_messages_at_aligned_addresses) {
  start();
  std::atomic<int> taken{0};
  std::atomic<int> misplaced{0};
  const auto check = [&](const auto& m) {
    using type = std::decay_t<decltype(m)>;
    if (reinterpret_cast<std::uintptr_t>(&m) % alignof(type) != 0 || m.value != alignof(type)) ++misplaced;
    ++taken;
  };
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) {
                        self.receive([&](const aligned<8>& m) { check(m); }, [&](const aligned<64>& m) { check(m); },
                                     [&](const aligned<4096>& m) { check(m); },
                                     [&](const aligned<32768>& m) { check(m); });
                      }
                    }).value();
  for (int i = 0; i < 8; ++i) {
    fn::send(p, aligned<8>{8});
    fn::send(p, aligned<64>{64});
    fn::send(p, aligned<4096>{4096});
    fn::send(p, aligned<32768>{32768});
  }
  wait_until([&] { return taken == 32; });
  EXPECT_EQ(misplaced, 0);
}

struct empty {};
using huge = std::array<std::uint32_t, 1 << 18>;

TEST_F(Send, carries_huge_messages_and_empty_ones) {
  start();
  std::atomic<std::uint64_t> sum{0};
  std::atomic<bool> ended{false};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      self.receive([&](const huge& h) {
                        std::uint64_t total = 0;
                        for (const auto n : h) total += n;
                        sum = total;
                      });
                      self.receive([&](empty) { ended = true; });
                    }).value();
  fn::send(p, empty{});
  auto big = std::make_unique<huge>();
  for (std::uint32_t i = 0; i < big->size(); ++i) (*big)[i] = i;
  fn::send(p, *big);
  wait_until([&] { return ended.load(); });
  EXPECT_EQ(sum, std::uint64_t{big->size()} * (big->size() - 1) / 2);
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error("no copies"); }
};

TEST_F(Send, sends_nothing_and_keeps_nothing_when_the_copy_throws) {
  start();
  std::atomic<int> taken{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](const fn::any_message&) { ++taken; });
                    }).value();
  const throws_when_copied message;
  fn::send(p, 1);
  wait_until([&] { return taken == 1; });
  EXPECT_THROW(fn::send(p, message), std::runtime_error);
  fn::send(p, 2);
  wait_until([&] { return taken == 2; });
  EXPECT_EQ(rt().dead_letters(), 0u);
}

/// Sends a number when it is destroyed.
struct last_words {
  fn::pid to;
  int number;
  last_words(fn::pid p, int n) : to(p), number(n) {}
  last_words(last_words&& other) noexcept : to(std::exchange(other.to, {})), number(other.number) {}
  ~last_words() {
    if (to) fn::send(to, number);
  }
};

TEST_F(Send, works_in_the_destructor_of_a_message_wherever_that_runs) {
  start();
  std::atomic<int> sum{0};
  const fn::pid reader = fn::spawn(rt(), [&](fn::process& self) {
                           for (;;) self.receive([&](int n) { sum += n; });
                         }).value();
  // 1: taken by a handler. 10: by one that throws. 100: left in the mailbox of one that ends. 1000: sent to a dead one.
  const fn::pid taker = fn::spawn(rt(), [](fn::process& self) {
                          self.receive([](const last_words&) {});
                          try {
                            self.receive([](const last_words&) { throw 1; });
                          } catch (int) {
                          }
                          self.receive([](empty) {});
                        }).value();
  for (const int n : {1, 10, 100}) fn::send(taker, last_words(reader, n));
  fn::send(taker, empty{});
  wait_dead(taker);
  fn::send(taker, last_words(reader, 1000));
  wait_until([&] { return sum == 1111; });
}

TEST_F(Send, counts_and_destroys_a_message_to_a_dead_process_and_succeeds) {
  start();
  counted::reset();
  const fn::pid p = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_dead(p);
  EXPECT_TRUE(fn::send(p, counted()).has_value());
  EXPECT_TRUE(fn::send(p, 1).has_value());
  EXPECT_EQ(rt().dead_letters(), 2u);
  EXPECT_EQ(counted::live, 0);
}

TEST_F(Send, never_reaches_the_process_that_has_a_dead_ones_place) {
  start({.schedulers = 1, .max_processes = 1});
  const fn::pid first = fn::spawn(rt(), [](fn::process&) {}).value();
  wait_until([&] { return rt().process_count() == 0; });
  std::atomic<int> taken{0};
  const fn::pid second = fn::spawn(rt(), [&](fn::process& self) {
                           for (;;) self.receive([&](int n) { taken = n; });
                         }).value();
  fn::send(first, 1);
  fn::send(second, 2);
  wait_until([&] { return taken != 0; });
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(rt().dead_letters(), 1u);
}

TEST_F(Send, says_that_the_receivers_runtime_is_gone) {
  start();
  const fn::pid p = spawn_deaf(rt());
  stop();
  counted::reset();
  const auto sent = fn::send(p, counted());
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code(), fn::errc::not_running);
  EXPECT_EQ(counted::live, 0);

  start();  // takes the next tag, not the old one's
  EXPECT_EQ(fn::send(p, 1).error().code(), fn::errc::not_running);
}

TEST_F(Send, to_a_pid_that_is_none_is_refused) {
  start();
  EXPECT_EQ(fn::send(fn::pid(), 1).error().code(), fn::errc::not_running);
  std::atomic<int> code{0};
  fn::spawn(rt(), [&](fn::process&) { code = static_cast<int>(fn::send(fn::pid(), 1).error().code()); }).value();
  wait_until([&] { return code != 0; });
  EXPECT_EQ(static_cast<fn::errc>(code.load()), fn::errc::not_running);
}

struct question {
  fn::pid from;
  int number;
};
struct squarer {
  using messages = fn::messages<question>;
  void handle(fn::process&, const question& q) { fn::send(q.from, q.number * q.number); }
};

TEST_F(Send, reaches_processes_of_another_runtime_and_back) {
  start({.schedulers = 1});
  std::atomic<int> answer{0};
  {
    watched_runtime other({.schedulers = 1});
    const fn::pid far = fn::spawn(other, squarer{}).value();
    fn::spawn(rt(), [&](fn::process& self) {
      int sum = 0;
      for (int i = 1; i <= 100; ++i) {
        fn::send(far, question{self.id(), i});
        sum += self.receive([](int n) { return n; }).value();
      }
      answer = sum;
    }).value();
    wait_until([&] { return answer != 0; });
    EXPECT_EQ(answer, 338'350);
    EXPECT_EQ(other.dead_letters() + rt().dead_letters(), 0u);
  }
}

TEST_F(Send, works_on_threads_that_the_library_has_never_seen) {
  start();
  std::atomic<int> sum{0};
  const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                      for (;;) self.receive([&](int n) { sum += n; });
                    }).value();
  for (int i = 1; i <= 50; ++i) std::thread([p, i] { fn::send(p, i); }).join();
  wait_until([&] { return sum == 1275; });
}

TEST_F(Send, longer_than_a_slice_lets_others_run_on_the_only_scheduler) {
  start({.schedulers = 1});
  std::atomic<int> rounds{0};
  std::atomic<int> rounds_during_the_flood{-1};
  const fn::pid neighbour = fn::spawn(rt(), [&](fn::process& self) {
                              for (;;) {
                                ++rounds;
                                self.sleep(0s);
                              }
                            }).value();
  const fn::pid receiver = spawn_deaf(rt());
  fn::spawn(rt(), [&](fn::process&) {
    const int before = rounds;
    for (int i = 0; i < 40'000; ++i) fn::send(receiver, i);
    rounds_during_the_flood = rounds - before;
  }).value();
  wait_until([&] { return rounds_during_the_flood >= 0; });
  EXPECT_GE(rounds_during_the_flood, 5) << "40,000 sends are at least ten slices";
  fn::exit(neighbour, fn::exit_reason::kill);
  wait_dead(neighbour);
}

}  // namespace
}  // namespace foundation::testing
