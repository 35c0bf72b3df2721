// SPDX-License-Identifier: Apache-2.0
//
// What counts for a process with a limit besides what it allocates: binaries that it holds, and what its messages own.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <foundation/binary.hpp>

#include "unit/process/memory_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t limit = 100'000'000;  // far: it is there for the counting
constexpr std::size_t page = 100'000;

fn::binary make_page() { return fn::binary::copy(std::string(page, 'x')).value(); }
std::size_t pages_of(fn::process& self) { return self.memory().binaries / page; }

/// A message that shows what it is made of.
struct document {
  std::string title;
  std::vector<fn::binary> pages;
  std::map<int, fn::binary> notes;
};

/// And one that does not.
class sealed {
 public:
  explicit sealed(fn::binary b) : inside_(std::move(b)) {}
  [[nodiscard]] fn::binary open() && { return std::move(inside_); }

 private:
  fn::binary inside_;
};

/// Keeps all it gets.
struct library {
  using messages = fn::messages<fn::binary>;
  void handle(fn::process& self, const fn::binary& b) {
    const std::size_t before = pages_of(self);
    EXPECT_GT(before, shelf.size()) << "what it handles is its own already";
    shelf.push_back(b);
    EXPECT_EQ(pages_of(self), before);
    ++*handled;
  }
  std::atomic<int>* handled;
  std::vector<fn::binary> shelf = {};
};

class ProcessHoldings : public MemoryTest {
 protected:
  template <typename Work>
  void run_limited(Work work) {
    const auto why = run({.max_memory = limit}, work);
    EXPECT_TRUE(why.is_normal()) << why.description();
  }
  /// Waits for the word to go, and ends.
  fn::pid spawn_deaf() {
    return fn::spawn(rt(), [](fn::process& self) { self.receive([](std::nullptr_t) {}); }).value();
  }
};

TEST_F(ProcessHoldings, are_nothing_where_no_limit_is_set) {
  start();
  run({}, [](fn::process& self) {
    const fn::binary b = make_page();
    EXPECT_EQ(self.memory().binaries, 0u);
  });
}

TEST_F(ProcessHoldings, are_each_buffer_once_while_a_binary_of_the_process_refers_to_it) {
  start();
  run_limited([](fn::process& self) {
    {
      const fn::binary one = make_page();
      EXPECT_EQ(pages_of(self), 1u);
      const std::vector<fn::binary> copies(10, one);
      const fn::binary part = one.slice(10, 100).value();
      EXPECT_EQ(pages_of(self), 1u);
      const fn::binary another = make_page();
      EXPECT_EQ(pages_of(self), 2u);
      const fn::binary small = one.slice(0, 63).value();
      EXPECT_EQ(small.size(), 63u);
    }
    EXPECT_EQ(self.memory().binaries, 0u);
    fn::binary kept = make_page().slice(0, 64).value();
    EXPECT_EQ(pages_of(self), 1u) << "a slice keeps all of it";
    kept.compact().value();
    EXPECT_LT(self.memory().binaries, 1000u);
    fn::binary moved = std::move(kept);
    kept = make_page();
    moved.swap(kept);
    kept = fn::binary();
    EXPECT_EQ(pages_of(self), 1u);
    moved.append(std::string(2 * page, 'y')).value();
    EXPECT_GE(pages_of(self), 3u);
  });
}

TEST_F(ProcessHoldings, count_the_memory_that_a_binary_took_over) {
  start();
  run_limited([](fn::process& self) {
    const fn::binary b = fn::binary::take(std::string(page, 'x')).value();
    EXPECT_EQ(pages_of(self), 1u);
  });
}

TEST_F(ProcessHoldings, go_with_a_message_that_shows_them) {
  start();
  run_limited([this](fn::process& self) {
    const fn::pid other = spawn_deaf();
    fn::send(other, make_page());
    EXPECT_EQ(self.memory().binaries, 0u);
    fn::send(other, document{"moved", {make_page(), make_page()}, {{1, make_page()}}});
    EXPECT_EQ(self.memory().binaries, 0u);
    const document kept{"copied", {make_page()}, {}};
    fn::send(other, kept);
    EXPECT_EQ(pages_of(self), 1u) << "its own";
    fn::send_after(1h, other, make_page()).value();
    EXPECT_EQ(pages_of(self), 1u);
    fn::exit(other, fn::exit_reason::kill);
  });
}

TEST_F(ProcessHoldings, of_a_message_that_does_not_show_them_count_for_the_sender_until_they_end) {
  start();
  run_limited([this](fn::process& self) {
    const fn::pid other = spawn_deaf();
    fn::send(other, sealed(make_page()));
    EXPECT_EQ(pages_of(self), 1u);
    fn::exit(other, fn::exit_reason::kill);
    fn::wait_gone(other).value();
    EXPECT_EQ(self.memory().binaries, 0u);
  });
}

TEST_F(ProcessHoldings, outlive_their_process_in_the_hands_of_others) {
  start();
  std::atomic<bool> got{false};
  const fn::pid keeper = fn::spawn(rt(), [&](fn::process& self) {
                           fn::binary kept;
                           self.receive([&](sealed s) { kept = std::move(s).open(); });
                           const fn::binary copy = kept;
                           got = true;
                           self.receive([](std::nullptr_t) {});
                         }).value();
  run_limited([&](fn::process&) { fn::send(keeper, sealed(make_page())); });
  wait_until([&] { return got.load(); });
  fn::send(keeper, nullptr);
  wait_gone(keeper);
  stop();
  EXPECT_EQ(probe.live(), 0);
}

TEST_F(ProcessHoldings, count_for_the_receiver_from_the_arrival_on) {
  start({.schedulers = 1});
  run_limited([](fn::process& self) {
    const fn::pid me = self.id();
    const fn::pid sender = fn::spawn(self, [me](fn::process&) {
                             fn::send(me, document{"", {make_page(), make_page()}, {}});
                             fn::send(me, make_page());
                             fn::send(me, 1);
                           }).value();
    fn::wait_gone(sender).value();
    self.receive([](int) {});
    EXPECT_EQ(pages_of(self), 3u) << "they wait in the mailbox";
    self.receive([&](const fn::binary&) { EXPECT_EQ(pages_of(self), 3u); });
    EXPECT_EQ(pages_of(self), 2u);
    std::vector<fn::binary> kept;
    self.receive([&](document d) { kept = std::move(d.pages); });
    EXPECT_EQ(pages_of(self), 2u);
    kept.pop_back();
    EXPECT_EQ(pages_of(self), 1u);
  });
}

TEST_F(ProcessHoldings, of_a_handler_count_while_it_handles_and_keeps_them) {
  start({.schedulers = 1});
  std::atomic<int> handled{0};
  const fn::pid p = fn::spawn(rt(), library{&handled}, {.max_memory = limit}).value();
  for (int i = 0; i != 20; ++i) {
    fn::send(p, make_page());
    if (i % 3 == 0) wait_until([&] { return handled == i + 1; });  // alone in its mailbox, and not
  }
  wait_until([&] { return handled == 20; });
  EXPECT_EQ(fn::process_info(p).value().memory.binaries / page, 20u);
  fn::exit(p, fn::exit_reason::shutdown);
  wait_gone(p);
}

TEST_F(ProcessHoldings, go_and_come_with_a_reply) {
  start();
  run_limited([](fn::process& self) {
    const fn::pid server = fn::spawn(self, [](fn::process& s) {
                             s.receive([&](int) {
                               s.reply(make_page()).value();
                               EXPECT_EQ(s.memory().binaries, 0u);
                             });
                           }, {.max_memory = limit}).value();
    const auto got = fn::request<fn::binary>(server, 1, 10s).value();
    EXPECT_EQ(pages_of(self), 1u);
  });
}

TEST_F(ProcessHoldings, beyond_the_limit_end_the_process_with_the_figures) {
  start();
  const auto why = run({.max_memory = 10 * page}, [](fn::process& self) {
    std::vector<fn::binary> all;
    for (int i = 0; i != 20; ++i) all.push_back(make_page());
    self.checkpoint();
    ADD_FAILURE() << "it has been told to exit";
  });
  const auto* const exceeded = why.get_if<fn::memory_limit_exceeded>();
  ASSERT_NE(exceeded, nullptr) << why.description();
  EXPECT_GT(exceeded->usage.binaries, 10 * page);
  EXPECT_LT(exceeded->usage.binaries, 12 * page);
  EXPECT_NE(why.description().find("binaries 1"), std::string::npos) << why.description();
}

TEST_F(ProcessHoldings, beyond_the_limit_in_the_mailbox_end_a_process_that_waits) {
  start();
  const auto why = run({.max_memory = 10 * page}, [](fn::process& self) {
    const fn::pid me = self.id();
    static_cast<void>(fn::spawn(self, [me](fn::process&) {
                        for (int i = 0; i != 20; ++i) fn::send(me, make_page());
                      }).value());
    self.receive([](std::nullptr_t) {});
  });
  EXPECT_NE(why.get_if<fn::memory_limit_exceeded>(), nullptr) << why.description();
}

TEST_F(ProcessHoldings, are_what_messages_in_the_mailbox_own_elsewhere) {
  start({.schedulers = 1});
  run_limited([](fn::process& self) {
    fn::send(self.id(), std::string(1'000'000, 'x'));
    fn::send(self.id(), std::vector<std::string>(10, std::string(100'000, 'x')));
    fn::send(self.id(), 1);
    self.receive([](int) {});
    EXPECT_GT(self.memory().messages, 2'000'000u);
    EXPECT_LT(self.memory().messages, 2'002'000u);
    self.receive([](const std::string&) {});
    EXPECT_LT(self.memory().messages, 1'002'000u);
    self.receive([](const std::vector<std::string>&) {});
    EXPECT_EQ(self.memory().messages, 0u);
  });
  const auto why = run({.max_memory = 1'000'000}, [](fn::process& self) {
    for (int i = 0; i != 20; ++i) fn::send(self.id(), std::string(100'000, 'x'));
    self.sleep(0s);
    ADD_FAILURE() << "it has been told to exit";
  });
  const auto* const exceeded = why.get_if<fn::memory_limit_exceeded>();
  ASSERT_NE(exceeded, nullptr) << why.description();
  EXPECT_GT(exceeded->usage.messages, 1'000'000u);
}

/// Says what it shares with others, who may change it meanwhile.
class window {
 public:
  explicit window(std::shared_ptr<std::vector<char>> all) : all_(std::move(all)) {}
  friend std::size_t owned_bytes(const window& w) noexcept { return w.all_->size(); }

 private:
  std::shared_ptr<std::vector<char>> all_;
};

TEST_F(ProcessHoldings, are_never_less_than_nothing) {
  start({.schedulers = 1});
  run_limited([](fn::process& self) {
    const auto shared = std::make_shared<std::vector<char>>(1000);
    fn::send(self.id(), window(shared));
    fn::send(self.id(), window(shared));
    fn::send(self.id(), 1);
    self.receive([](int) {});
    EXPECT_GE(self.memory().messages, 2000u);
    shared->resize(10'000);
    self.receive([](const window&) {});
    EXPECT_LT(self.memory().messages, 2000u);
    shared->resize(0);
    self.receive([](const window&) {});
    EXPECT_EQ(self.memory().messages, 0u);
  });
}

TEST_F(ProcessHoldings, of_a_large_message_cost_reductions) {
  start({.schedulers = 1});
  run_limited([](fn::process& self) {
    const std::uint64_t before = self.reductions();  // it may arrive at the end of a slice
    fn::send(self.id(), std::vector<std::string>(100'000));
    fn::send(self.id(), 1);
    self.receive([](int) {});
    EXPECT_GT(self.reductions() - before, 3000u);
  });
}

TEST_F(ProcessHoldings, are_warned_of_again_when_they_have_come_down_meanwhile) {
  start();
  const auto why = run({.max_memory = 10 * page, .on_max_memory = fn::memory_breach::log}, [](fn::process& self) {
    for (int round = 0; round != 3; ++round) {
      std::vector<fn::binary> all;
      for (int i = 0; i != 20; ++i) all.push_back(make_page());
      self.sleep(1us);
    }
  });
  EXPECT_TRUE(why.is_normal()) << why.description();
  stop();
  const auto lines = log();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.find("over its limit") != std::string::npos; }), 3);
}

TEST_F(ProcessHoldings, are_not_counted_where_memory_for_the_counting_is_refused) {
  start({.schedulers = 1});
  run_limited([this](fn::process& self) {
    const fn::binary one = make_page();  // the table has room for some
    std::vector<fn::binary> all(200);
    for (auto& each : all) each = make_page();
    EXPECT_EQ(pages_of(self), 201u);
    std::vector<fn::binary> more(1000);
    for (auto& each : more) {
      probe.refuse_nth(2);  // the first is the buffer's block
      each = fn::binary::take(std::string(page, 'x')).value();
      probe.refuse_nth(0);
    }
    EXPECT_GT(probe.refused(), 0);
    EXPECT_EQ(pages_of(self), 1201u - static_cast<std::size_t>(probe.refused()));
    more.clear();
    all.clear();
    EXPECT_EQ(pages_of(self), 1u);
  });
}

}  // namespace
}  // namespace foundation::testing
