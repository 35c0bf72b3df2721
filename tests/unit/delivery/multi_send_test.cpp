// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <foundation/binary.hpp>
#include <foundation/multi_send.hpp>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

/// Counts its copies; large enough to be shared.
struct page {
  static inline std::atomic<int> live{0};
  static inline std::atomic<int> copies{0};
  static inline std::atomic<int> moves{0};
  static void reset() { live = copies = moves = 0; }

  explicit page(int n) : number(n) { ++live; }
  page(const page& other) : number(other.number) { ++live, ++copies; }
  page(page&& other) noexcept : number(other.number) { ++live, ++moves; }
  page& operator=(const page&) = default;
  ~page() { --live; }

  int number;
  std::array<char, 1000> text = {};
};

/// Where each receiver has seen it.
struct sightings {
  void add(const void* where) {
    const std::lock_guard lock(mutex);
    all.insert(where);
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return all.size();
  }
  std::size_t places() {
    const std::lock_guard lock(mutex);
    return std::set<const void*>(all.begin(), all.end()).size();
  }
  std::mutex mutex;
  std::multiset<const void*> all;
};

class MultiSend : public RuntimeTest {
 protected:
  /// So many that receive by this clause once.
  template <typename Clause>
  std::vector<fn::pid> spawn_receivers(int count, Clause clause) {
    std::vector<fn::pid> all;
    for (int i = 0; i != count; ++i) all.push_back(fn::spawn(rt(), [clause](fn::process& self) { self.receive(clause); }).value());
    return all;
  }
  void wait_for(const std::vector<fn::pid>& all) {
    for (const fn::pid p : all) wait_gone(p);
  }
  sightings seen;
};

TEST_F(MultiSend, gives_every_receiver_the_one_value_where_it_takes_it_by_const_reference) {
  start({.schedulers = 2});
  page::reset();
  const auto all = spawn_receivers(10, [this](const page& p) {
    EXPECT_EQ(p.number, 7);
    seen.add(&p);
  });
  const auto sent = fn::multi_send(all, page(7)).value();
  EXPECT_EQ(sent.delivered, 10u);
  EXPECT_EQ(sent.dead, 0u);
  EXPECT_TRUE(sent.shared);
  wait_for(all);
  EXPECT_EQ(seen.count(), 10u);
  EXPECT_EQ(page::copies, 0);
  EXPECT_EQ(page::live, 0);
}

TEST_F(MultiSend, gives_a_copy_of_its_own_to_whoever_takes_it_otherwise) {
  start();
  page::reset();
  const auto by_value = spawn_receivers(3, [](page p) { p.number = 1; });
  const auto by_reference = spawn_receivers(3, [](page& p) { p.number = 2; });
  const auto by_rvalue = spawn_receivers(3, [](page&& p) { p.number = 3; });
  const auto by_const = spawn_receivers(3, [](const page& p) { EXPECT_EQ(p.number, 7); });
  std::vector<fn::pid> all;
  for (const auto* each : {&by_value, &by_reference, &by_rvalue, &by_const}) all.insert(all.end(), each->begin(), each->end());
  const page kept(7);
  EXPECT_EQ(fn::multi_send(all, kept).value().delivered, 12u);
  wait_for(all);
  EXPECT_EQ(page::copies, 1 + 9) << "that which is shared, and those of nine";
  EXPECT_EQ(kept.number, 7);
  EXPECT_EQ(page::live, 1);
}

/// A handler for each form of parameter; what it gets, it changes where it can.
struct reader {
  using messages = fn::messages<page>;
  void handle(fn::process&, const page& p) { all->add(&p); }
  sightings* all;
};
struct changer {
  using messages = fn::messages<page>;
  void handle(fn::process&, page& p) {
    p.number = 1;
    all->add(&p);
  }
  sightings* all;
};
struct taker {
  using messages = fn::messages<page>;
  void handle(fn::process&, page p) {
    p.number = 1;
    all->add(&p);
  }
  sightings* all;
};
struct either {
  using messages = fn::messages<page>;
  void handle(fn::process&, const page& p) { all->add(&p); }
  void handle(fn::process&, page&& p) {
    p.number = 1;
    all->add(&p);
  }
  sightings* all;
};
struct whatever {
  using messages = fn::messages<page>;
  template <typename M>
  void handle(fn::process&, M&& m) {
    m.number = 1;
    all->add(&m);
  }
  sightings* all;
};
struct static_one {
  using messages = fn::messages<page>;
  static void handle(fn::process&, const page& p) { EXPECT_EQ(p.number, 7); }
};

TEST_F(MultiSend, reaches_handlers_by_each_form_of_parameter) {
  start();
  page::reset();
  std::vector<fn::pid> all;
  for (int i = 0; i != 2; ++i) {
    all.push_back(fn::spawn(rt(), reader{&seen}).value());
    all.push_back(fn::spawn(rt(), changer{&seen}).value());
    all.push_back(fn::spawn(rt(), taker{&seen}).value());
    all.push_back(fn::spawn(rt(), either{&seen}).value());
    all.push_back(fn::spawn(rt(), whatever{&seen}).value());
    all.push_back(fn::spawn(rt(), static_one{}).value());
  }
  fn::multi_send(all, page(7)).value();
  wait_until([&] { return seen.count() == 10; });
  for (const fn::pid p : all) fn::exit(p, fn::exit_reason::shutdown);
  wait_for(all);
  EXPECT_EQ(page::copies, 6) << "of the changers, the takers and whatever";
  EXPECT_EQ(page::live, 0);
}

/// Can be received by value, and never copied.
struct cargo {
  using messages = fn::messages<std::vector<std::unique_ptr<int>>>;
  void handle(fn::process&, std::vector<std::unique_ptr<int>> all) { *sum = *all.front(); }
  std::atomic<int>* sum;
};

TEST_F(MultiSend, asks_nothing_of_types_that_are_never_sent_by_it) {
  start();
  std::atomic<int> sum{0};
  const fn::pid p = fn::spawn(rt(), cargo{&sum}).value();
  std::vector<std::unique_ptr<int>> all;
  all.push_back(std::make_unique<int>(5));
  fn::send(p, std::move(all));
  wait_until([&] { return sum == 5; });
  fn::exit(p, fn::exit_reason::kill);
  wait_gone(p);
}

TEST_F(MultiSend, copies_what_is_small_into_each_mailbox) {
  start();
  const auto all = spawn_receivers(5, [this](const std::string& s) {
    EXPECT_EQ(s, "small");
    seen.add(&s);
  });
  EXPECT_FALSE(fn::multi_send(all, std::string("small")).value().shared);
  wait_for(all);
  const auto others = spawn_receivers(5, [](const std::string& s) { EXPECT_EQ(s.size(), 10'000u); });
  EXPECT_TRUE(fn::multi_send(others, std::string(10'000, 'x')).value().shared) << "by what it owns, not by its sizeof";
  wait_for(others);
}

TEST_F(MultiSend, shares_from_less_on_in_a_process_with_shared_binaries) {
  start();
  for (const auto strategy : {fn::memory_strategy::standard, fn::memory_strategy::shared_binaries}) {
    const auto all = spawn_receivers(2, [](const std::array<char, 100>&) {});
    const fn::pid sender = fn::spawn(rt(), [&](fn::process&) {
                             const bool shared = fn::multi_send(all, std::array<char, 100>()).value().shared;
                             EXPECT_EQ(shared, strategy == fn::memory_strategy::shared_binaries);
                           }, {.memory = strategy}).value();
    wait_gone(sender);
    wait_for(all);
  }
}

TEST_F(MultiSend, lets_go_of_the_binaries_that_a_limited_sender_shares) {
  start();
  struct letter {
    fn::binary text;
    std::array<char, 1000> more = {};
  };
  const auto all = spawn_receivers(2, [](const std::nullptr_t&) {});
  const fn::pid sender = fn::spawn(rt(), [&](fn::process& self) {
                           fn::multi_send(all, letter{fn::binary::copy(std::string(10'000, 'x')).value()}).value();
                           EXPECT_EQ(self.memory().binaries, 0u);
                         }, {.max_memory = 1'000'000}).value();
  wait_gone(sender);
  for (const fn::pid p : all) fn::exit(p, fn::exit_reason::kill);
  wait_for(all);
}

TEST_F(MultiSend, is_seen_by_guards_and_by_handlers_of_any_message) {
  start();
  const auto guarded = spawn_receivers(3, fn::when([](const page& p) { return p.number == 7; }, [this](const page& p) { seen.add(&p); }));
  const auto any = spawn_receivers(3, [this](const fn::any_message& m) {
    ASSERT_NE(m.get_if<page>(), nullptr);
    EXPECT_EQ(m.get_if<page>()->number, 7);
    EXPECT_EQ(m.get_if<int>(), nullptr);
    seen.add(m.get_if<page>());
  });
  std::vector<fn::pid> all = guarded;
  all.insert(all.end(), any.begin(), any.end());
  fn::multi_send(guarded, page(6)).value();  // refused, and stays
  fn::multi_send(all, page(7)).value();
  wait_for(all);
  EXPECT_EQ(seen.count(), 6u);
}

TEST_F(MultiSend, counts_the_dead) {
  start();
  page::reset();
  auto all = spawn_receivers(3, [](const page&) {});
  fn::exit(all[1], fn::exit_reason::kill);
  wait_gone(all[1]);
  all.push_back(fn::pid());
  const auto sent = fn::multi_send(all, page(1)).value();
  EXPECT_EQ(sent.delivered, 2u);
  EXPECT_EQ(sent.dead, 2u);
  wait_for({all[0], all[2]});
  EXPECT_EQ(page::live, 0);
  EXPECT_EQ(rt().dead_letters(), 1u) << "the other one is of no runtime";
}

TEST_F(MultiSend, to_nobody_and_to_one_twice_is_what_it_says) {
  start();
  page::reset();
  EXPECT_EQ(fn::multi_send(std::vector<fn::pid>(), page(1)).value().delivered, 0u);
  EXPECT_EQ(page::live, 0);
  const fn::pid p = fn::spawn(rt(), [](fn::process& self) {
                      for (int i = 0; i != 2; ++i) self.receive([](const page& m) { EXPECT_EQ(m.number, 1); });
                    }).value();
  const std::list<fn::pid> twice{p, p};  // any range
  EXPECT_EQ(fn::multi_send(twice, page(1)).value().delivered, 2u);
  wait_gone(p);
}

TEST_F(MultiSend, arrives_behind_what_its_sender_has_sent_before) {
  start({.schedulers = 2});
  std::vector<fn::pid> all;
  std::atomic<int> right{0};
  for (int i = 0; i != 4; ++i) {
    all.push_back(fn::spawn(rt(), [&right](fn::process& self) {
                    for (int n = 0; n != 200; ++n) {
                      self.receive([&](const fn::any_message& m) {
                        const bool as_sent = n % 2 == 0 ? m.get_if<int>() != nullptr : m.get_if<page>() != nullptr;
                        right += as_sent ? 1 : 0;
                      });
                    }
                  }).value());
  }
  for (int n = 0; n != 100; ++n) {
    for (const fn::pid p : all) fn::send(p, n);
    fn::multi_send(all, page(n)).value();
  }
  wait_for(all);
  EXPECT_EQ(right, 800);
}

TEST_F(MultiSend, makes_parts_in_an_arena_anew_once) {
  start();
  std::atomic<int> got{0};
  const auto all = spawn_receivers(3, [&](const std::pmr::string& s) {
    EXPECT_EQ(s, std::pmr::string(1000, 'x'));
    ++got;
  });
  const fn::pid sender = fn::spawn(rt(), [&](fn::process& self) {
                           std::pmr::string text(1000, 'x', &self.arena());
                           EXPECT_TRUE(fn::multi_send(all, text).value().shared);
                           EXPECT_TRUE(fn::multi_send(std::vector<fn::pid>(), std::move(text)));
                         }).value();
  wait_gone(sender);  // and its arena
  wait_for(all);
  EXPECT_EQ(got, 3);
}

TEST_F(MultiSend, of_which_any_allocation_is_refused_reaches_nobody) {
  start({.schedulers = 1});
  page::reset();
  const auto all = spawn_receivers(3, [](const page& p) { EXPECT_EQ(p.number, 2); });
  const auto small = spawn_receivers(3, [](int n) { EXPECT_EQ(n, 2); });
  for (int k = 1; k != 5; ++k) {  // the value, and three envelopes
    probe.refuse_nth(k);
    EXPECT_EQ(fn::multi_send(all, page(1)).error(), fn::errc::system_limit);
    probe.refuse_nth(0);
    EXPECT_EQ(page::live, 0);
  }
  EXPECT_TRUE(fn::multi_send(all, page(2)));
  wait_for(all);
  for (int k = 1; k != 4; ++k) {
    probe.refuse_nth(k);
    EXPECT_EQ(fn::multi_send(small, 1).error(), fn::errc::system_limit);
    probe.refuse_nth(0);
  }
  EXPECT_TRUE(fn::multi_send(small, 2));
  wait_for(small);
  EXPECT_EQ(page::live, 0);
}

/// Throws when it is copied for the n-th time.
struct fragile {
  static inline std::atomic<int> left{0};
  fragile() = default;
  fragile(const fragile&) {
    if (--left == 0) throw std::runtime_error("copied once too often");
  }
  std::array<char, 1000> text = {};
};

TEST_F(MultiSend, of_a_value_whose_copy_throws_reaches_nobody_or_ends_the_receiver) {
  start();
  std::atomic<int> got{0};
  const auto all = spawn_receivers(2, [&](fragile) { ++got; });
  const fragile kept;
  fragile::left = 1;
  EXPECT_THROW(static_cast<void>(fn::multi_send(all, kept)), std::runtime_error);
  fragile::left = 2;  // the shared one is made, and then the first receiver's
  EXPECT_TRUE(fn::multi_send(all, kept));
  wait_for(all);
  EXPECT_EQ(got, 1);
  stop();
  EXPECT_TRUE(logged("copied once too often"));
}

}  // namespace
}  // namespace foundation::testing
