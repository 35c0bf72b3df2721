// SPDX-License-Identifier: Apache-2.0
//
// Messages from everywhere at once: order per pair, nothing lost, nothing doubled, and no slice without an end.
#include <atomic>
#include <cstdint>
#include <thread>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class Messages : public RuntimeTest {};

/// Each one alive is counted.
struct numbered {
  static inline std::atomic<long> live{0};
  std::uint32_t sender;
  std::uint32_t number;

  numbered(std::uint32_t s, std::uint32_t n) : sender(s), number(n) { ++live; }
  numbered(numbered&& other) noexcept : sender(other.sender), number(other.number) { ++live; }
  ~numbered() { --live; }
};

/// Checks that each sender's numbers come in order: 0, 1, 2, …
struct sequence_check {
  explicit sequence_check(std::size_t senders) : next(senders, 0) {}
  void operator()(const numbered& m) {
    if (m.number != next[m.sender]++) ++out_of_order;
    ++total;
  }
  std::vector<std::uint32_t> next;
  std::uint64_t out_of_order = 0;
  std::uint64_t total = 0;
};

struct checking_handler {
  using messages = fn::messages<numbered>;
  void handle(fn::process&, const numbered& m) {
    if (check == nullptr) return;
    (*check)(m);
    if (check->total == expected) *done = true;
  }
  sequence_check* check;
  std::uint64_t expected;
  std::atomic<bool>* done;
};

constexpr std::uint32_t process_senders = 12;
constexpr std::uint32_t thread_senders = 3;

/// Many senders to one receiver, made by `spawn_receiver(check, expected, done)`.
template <typename SpawnReceiver>
void send_from_everywhere(fn::runtime& rt, SpawnReceiver spawn_receiver) {
  const auto each = static_cast<std::uint32_t>(scaled(20'000, 500));
  constexpr std::uint32_t senders = process_senders + thread_senders;
  sequence_check check(senders);
  std::atomic<bool> done{false};
  const fn::pid receiver = spawn_receiver(check, std::uint64_t{senders} * each, done);

  for (std::uint32_t s = 0; s < process_senders; ++s) {
    fn::spawn(rt, [=](fn::process& self) {
      for (std::uint32_t n = 0; n < each; ++n) {
        fn::send(receiver, numbered(s, n));
        if (n % 512 == s) self.sleep(0s);
      }
    }, {.scheduler = s % 2 == 0 ? std::optional(s % 4 / 2) : std::nullopt}).value();
  }
  std::vector<std::thread> threads;
  for (std::uint32_t s = process_senders; s < senders; ++s) {
    threads.emplace_back([=] {
      for (std::uint32_t n = 0; n < each; ++n) fn::send(receiver, numbered(s, n));
    });
  }
  for (auto& thread : threads) thread.join();
  while (!done) std::this_thread::yield();
  EXPECT_EQ(check.out_of_order, 0u);
  EXPECT_EQ(check.total, std::uint64_t{senders} * each);
}

TEST_F(Messages, of_each_pair_arrive_in_order_at_a_process_that_receives) {
  start();
  send_from_everywhere(rt(), [this](sequence_check& check, std::uint64_t expected, std::atomic<bool>& done) {
    return fn::spawn(rt(), [&, expected](fn::process& self) {
             while (check.total < expected) self.receive([&](const numbered& m) { check(m); });
             done = true;
           }).value();
  });
  stop();
  EXPECT_EQ(numbered::live, 0);
}

TEST_F(Messages, of_each_pair_arrive_in_order_at_a_handler) {
  start();
  send_from_everywhere(rt(), [this](sequence_check& check, std::uint64_t expected, std::atomic<bool>& done) {
    return fn::spawn(rt(), checking_handler{&check, expected, &done}).value();
  });
  stop();
  EXPECT_EQ(numbered::live, 0);
}

TEST_F(Messages, of_each_pair_stay_in_order_when_the_receiver_is_selective) {
  start();
  // Takes the sender it asks for, whatever else is there: what is left must still be in order.
  send_from_everywhere(rt(), [this](sequence_check& check, std::uint64_t expected, std::atomic<bool>& done) {
    return fn::spawn(rt(), [&, expected](fn::process& self) {
             std::uint32_t wanted = 0;
             while (check.total < expected) {
               wanted = (wanted + 1) % (process_senders + thread_senders);
               for (int i = 0; i < 64; ++i) {
                 self.receive(fn::when([&](const numbered& m) { return m.sender == wanted; },
                                       [&](const numbered& m) { check(m); }),
                              [&](const numbered& m) { check(m); }, fn::after(0s));
               }
             }
             done = true;
           }).value();
  });
  stop();
  EXPECT_EQ(numbered::live, 0);
}

TEST_F(Messages, to_processes_that_die_meanwhile_are_each_received_destroyed_or_counted) {
  start();
  const std::size_t generations = scaled(2'000, 50);
  std::atomic<fn::pid*> target{nullptr};
  std::vector<fn::pid> pids(generations + 1);
  std::atomic<bool> stop_sending{false};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> received{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t n = 0; !stop_sending; ++n) {
        const fn::pid* to = target.load();
        if (to == nullptr) continue;
        if (fn::send(*to, numbered(t, n))) ++sent;
      }
    });
  }
  for (std::size_t g = 0; g < generations; ++g) {
    const fn::pid p = fn::spawn(rt(), [&](fn::process& self) {
                        for (int i = 0; i < 20; ++i) self.receive([&](const numbered&) { ++received; });
                      }).value();
    pids[g] = p;
    target.store(&pids[g]);
    if (g % 3 == 0) fn::exit(p, fn::exit_reason::kill);
    wait_dead(p);
  }
  stop_sending = true;
  for (auto& thread : threads) thread.join();
  EXPECT_GE(sent, received + rt().dead_letters()) << "the rest was destroyed in the mailboxes";
  stop();
  EXPECT_EQ(numbered::live, 0);
}

TEST_F(Messages, to_a_runtime_that_is_destroyed_meanwhile_are_delivered_or_refused) {
  const std::size_t rounds = scaled(60, 5);
  for (std::size_t round = 0; round < rounds; ++round) {
    start();
    const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                        for (;;) self.receive([](const numbered&) {});
                      }).value();
    std::atomic<bool> refused_otherwise{false};
    std::atomic<int> sending{0};
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint32_t n = 0;; ++n) {
          const auto sent = fn::send(p, numbered(t, n));
          if (n == 0) ++sending;
          if (sent) continue;
          if (sent.error().code() != fn::errc::not_running) refused_otherwise = true;
          return;
        }
      });
    }
    wait_until([&] { return sending == 2; });
    stop();
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(refused_otherwise);
    ASSERT_EQ(numbered::live, 0);
  }
}

TEST_F(Messages, that_never_stop_coming_keep_no_process_from_being_told_to_exit) {
  start();
  struct unwanted {};
  const std::size_t rounds = scaled(20, 3);
  for (std::size_t round = 0; round < rounds; ++round) {
    const fn::pid targets[] = {
        fn::spawn(rt(), [](fn::process& self) {
          for (;;) self.receive([](const numbered&) {});
        }).value(),
        fn::spawn(rt(), [](fn::process& self) { self.receive([](const unwanted&) {}); }).value(),
        fn::spawn(rt(), [](fn::process& self) { self.sleep(fn::infinity); }).value(),
        fn::spawn(rt(), checking_handler{nullptr, 0, nullptr}).value(),
    };
    for (const fn::pid p : targets) {
      std::atomic<int> sending{0};
      std::vector<std::thread> threads;
      for (std::uint32_t t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
          for (std::uint32_t n = 0; fn::is_alive(p); ++n) {
            fn::send(p, numbered(t, n));
            if (n == 100) ++sending;
          }
        });
      }
      wait_until([&] { return sending == 2; });
      fn::exit(p, fn::exit_reason::kill);
      for (auto& thread : threads) thread.join();
    }
  }
  EXPECT_EQ(rt().abandoned_count(), 0u);
  stop();
  EXPECT_EQ(numbered::live, 0);
}

/// Counts its rounds; each is the share of one turn.
fn::pid spawn_neighbour(fn::runtime& rt, std::atomic<std::uint64_t>& rounds) {
  return fn::spawn(rt, [&rounds](fn::process& self) {
           for (;;) {
             ++rounds;
             self.sleep(0s);
           }
         }).value();
}

struct go {};

/// A process of a runtime with one scheduler, into whose mailbox `count` numbers were put while nothing ran.
template <typename Then>
fn::pid spawn_with_full_mailbox(fn::runtime& rt, std::size_t count, Then then) {
  std::atomic<bool> held{false};
  std::atomic<bool> release{false};
  const fn::pid holder = fn::spawn(rt, [&](fn::process&) {
                           held = true;
                           while (!release) std::this_thread::yield();  // the only scheduler does nothing else
                         }).value();
  while (!held) std::this_thread::yield();
  const fn::pid p = fn::spawn(rt, std::move(then)).value();
  for (std::uint32_t n = 0; n < count; ++n) fn::send(p, numbered(0, n));
  fn::send(p, go{});
  release = true;
  while (fn::is_alive(holder)) std::this_thread::yield();
  return p;
}

TEST_F(Messages, queued_by_the_million_are_taken_over_and_drained_while_others_run) {
  start({.schedulers = 1});
  const std::size_t count = scaled(1'000'000, 20'000);
  std::atomic<std::uint64_t> rounds{0};
  sequence_check check(1);
  std::uint64_t rounds_at_first_message = 0;
  std::atomic<std::uint64_t> rounds_at_end{0};
  spawn_neighbour(rt(), rounds);
  spawn_with_full_mailbox(rt(), count, [&](fn::process& self) {
    for (std::size_t i = 0; i < count; ++i) {
      self.receive([&](const numbered& m) {
        if (check.total == 0) rounds_at_first_message = rounds;
        check(m);
      });
    }
    rounds_at_end = rounds.load();
  });
  wait_until([&] { return rounds_at_end != 0; });
  EXPECT_EQ(check.total, count);
  EXPECT_EQ(check.out_of_order, 0u);
  // Turning the batch round and sorting it are two reductions a message, each receive one: 4,000 make a slice.
  const std::size_t slices = count / 4'000;
  EXPECT_GE(rounds_at_first_message, slices) << "taking the batch over was one long slice";
  EXPECT_GE(rounds_at_end - rounds_at_first_message, slices / 2) << "taking the messages was one long slice";
  stop();  // before what the neighbour counts in
}

TEST_F(Messages, skipped_by_the_million_are_looked_at_while_others_run) {
  start({.schedulers = 1});
  const std::size_t count = scaled(1'000'000, 20'000);
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> rounds_of_scan{0};
  spawn_neighbour(rt(), rounds);
  spawn_with_full_mailbox(rt(), count, [&](fn::process& self) {
    self.receive(fn::after(0s));  // takes everything over
    const std::uint64_t before = rounds;
    self.receive([](go) {});
    rounds_of_scan = rounds - before + 1;
  });
  wait_until([&] { return rounds_of_scan != 0; });
  EXPECT_GE(rounds_of_scan, count / 4'000 / 2);
  stop();
}

TEST_F(Messages, never_taken_by_the_million_are_destroyed_while_others_run) {
  start({.schedulers = 1});
  const std::size_t count = scaled(1'000'000, 20'000);
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> rounds_before{0};
  spawn_neighbour(rt(), rounds);
  const fn::pid p = spawn_with_full_mailbox(rt(), count, [&](fn::process& self) {
    self.receive([](go) {});
    rounds_before = rounds.load();
  });
  wait_until([&] { return rounds_before != 0 && numbered::live == 0; });
  EXPECT_GE(rounds - rounds_before, count / 4'000 / 2);
  wait_dead(p);
  stop();
}

}  // namespace
}  // namespace foundation::testing
