// SPDX-License-Identifier: Apache-2.0
//
// Links, monitors and aliases by the hundred thousand, and made and ended from all sides at once: everybody is told
// exactly once, and nothing is left.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

class LinkStorm : public RuntimeTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  void start_here() { start({.schedulers = GetParam()}); }
  void wait_gone() {
    wait_until([&] { return rt().process_count() == 0; });
  }
};
INSTANTIATE_TEST_SUITE_P(schedulers, LinkStorm, ::testing::Values(1u, 2u, 4u));

/// Counts those that there are.
struct counted {
  explicit counted(std::atomic<long>& count) : count_(&count) { ++*count_; }
  counted(const counted& other) : count_(other.count_) { ++*count_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*count_; }

 private:
  std::atomic<long>* count_;
};

// -- many ------------------------------------------------------------------------------------------------------------------

struct grow {
  long more;
  fn::pid first;
};

/// Spawns the next, linked; the last one links itself to the first.
struct ring_member {
  using messages = fn::messages<grow>;
  std::atomic<long>* count;
  std::atomic<bool>* closed;
  counted mine{*count};
  void handle(fn::process& self, grow g) {
    if (g.more == 0) {
      self.link(g.first).value();
      *closed = true;
      return;
    }
    fn::send(fn::spawn_link(self, ring_member{count, closed}).value(), grow{g.more - 1, g.first});
  }
};

TEST_P(LinkStorm, a_ring_of_linked_processes_dies_of_one_death) {
  start_here();
  const long size = static_cast<long>(scaled(100'000, 1000));
  std::atomic<long> members{0};
  std::atomic<bool> closed{false};
  const fn::pid first = fn::spawn(rt(), ring_member{&members, &closed}).value();
  fn::send(first, grow{size - 1, first});
  wait_until([&] { return closed.load(); });
  EXPECT_EQ(rt().process_count(), static_cast<std::size_t>(size));
  std::atomic<int> told{0};
  std::atomic<bool> linked{false};
  const fn::pid watcher = fn::spawn(rt(), [&](fn::process& self) {
                            self.trap_exit(true);
                            self.link(first).value();
                            linked = true;
                            self.receive([&](const fn::exited& e) {
                              EXPECT_EQ(e.from, first);
                              EXPECT_EQ(e.reason.kind(), fn::exit_kind::killed);
                              ++told;
                            });
                          }).value();
  wait_until([&] { return linked.load(); });
  ASSERT_TRUE(fn::exit(first, fn::exit_kind::kill));
  wait_gone();
  EXPECT_FALSE(fn::is_alive(watcher));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(members, 0);
}

struct spoke {
  using messages = fn::messages<fn::pid>;
  std::atomic<long>* count;
  std::atomic<std::size_t>* linked;
  counted mine{*count};
  void handle(fn::process& self, fn::pid hub) {
    self.link(hub).value();
    ++*linked;
  }
};

TEST_P(LinkStorm, all_that_are_linked_to_one_die_with_it) {
  start_here();
  const std::size_t size = scaled(100'000, 1000);
  std::atomic<long> members{0};
  std::atomic<std::size_t> linked{0};
  std::vector<fn::pid> half;
  const fn::pid hub = fn::spawn(rt(), [&](fn::process& self) {
                        self.trap_exit(true);
                        for (std::size_t i = 0; i != size; ++i) {
                          if (i % 2 == 0) {
                            half.push_back(fn::spawn_link(self, spoke{&members, &linked}).value());
                            ++linked;
                          } else {
                            fn::send(fn::spawn(self, spoke{&members, &linked}).value(), self.id());
                          }
                        }
                        std::set<fn::pid> gone;
                        while (gone.size() != half.size()) {
                          self.receive([&](const fn::exited& e) { EXPECT_TRUE(gone.insert(e.from).second); });
                        }
                        EXPECT_EQ(gone, std::set<fn::pid>(half.begin(), half.end()));
                        self.exit(fn::exit_reason::user(1));
                      }).value();
  wait_until([&] { return linked == size; });
  for (const fn::pid p : half) EXPECT_TRUE(fn::exit(p, fn::exit_kind::kill));
  wait_dead(hub);
  wait_gone();
  EXPECT_EQ(members, 0);
}

TEST_P(LinkStorm, one_watcher_is_told_of_each_of_its_monitors) {
  start_here();
  const std::size_t size = scaled(100'000, 1000);
  const fn::pid watched = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  fn::spawn(rt(), [&, watched](fn::process& self) {
    std::set<fn::reference> open;
    for (std::size_t i = 0; i != size; ++i) {
      const fn::reference ref = self.monitor(watched).value();
      if (i % 3 == 0) {
        EXPECT_TRUE(self.demonitor(ref));
      } else {
        open.insert(ref);
      }
    }
    fn::send(watched, 1);
    while (!open.empty()) {
      self.receive([&](const fn::down& d) {
        EXPECT_TRUE(d.reason.is_normal());
        EXPECT_EQ(open.erase(d.monitor), 1u);
      });
    }
    self.receive([](const fn::down&) { ADD_FAILURE() << "told twice"; }, fn::after(0ms));
  }).value();
  wait_gone();
}

struct watcher {
  using messages = fn::messages<fn::pid, fn::down>;
  std::atomic<long>* watching;
  std::atomic<long>* told;
  int downs = 0;
  void handle(fn::process& self, fn::pid p) {
    static_cast<void>(self.monitor(p).value());
    ++*watching;
  }
  void handle(fn::process&, const fn::down& d) {
    EXPECT_EQ(d.reason.kind(), fn::exit_kind::killed);
    EXPECT_EQ(++downs, 1);
    ++*told;
  }
};

TEST_P(LinkStorm, all_watchers_of_one_are_told_once) {
  start_here();
  const long size = static_cast<long>(scaled(100'000, 1000));
  std::atomic<long> watching{0};
  std::atomic<long> told{0};
  const fn::pid watched = fn::spawn(rt(), [](fn::process& self) { self.receive([](int) {}); }).value();
  std::vector<fn::pid> watchers;
  for (long i = 0; i != size; ++i) {
    watchers.push_back(fn::spawn(rt(), watcher{&watching, &told}).value());
    fn::send(watchers.back(), watched);
  }
  wait_until([&] { return watching == size; });
  ASSERT_TRUE(fn::exit(watched, fn::exit_kind::kill));
  wait_until([&] { return told == size; });
  for (const fn::pid p : watchers) EXPECT_TRUE(fn::exit(p, fn::exit_kind::kill));
  wait_gone();
  EXPECT_EQ(told, size);
}

// -- from all sides ------------------------------------------------------------------------------------------------------

/// The processes of a storm that die and are made again. The lock is never held across a call of the library.
class population {
 public:
  explicit population(std::size_t size) : pids_(size) {}

  fn::pid pick(std::mt19937_64& random) { return at(random() % pids_.size()); }

  /// A new process in place of one that is gone.
  template <typename Where>
  void renew(Where& where, std::mt19937_64& random) {
    const std::size_t place = random() % pids_.size();
    if (fn::is_alive(at(place))) return;
    const auto seed = random();
    const fn::pid made = fn::spawn(where, [this, seed](fn::process& self) { live(self, seed); }).value();
    static_cast<void>(fn::exit(replace(place, made), fn::exit_kind::kill));  // somebody else may have made it
  }

  void kill_all() {
    for (std::size_t i = 0; i != pids_.size(); ++i) static_cast<void>(fn::exit(at(i), fn::exit_kind::kill));
  }

 private:
  /// Links itself to others of its kind, and monitors them, until one of them takes it along.
  void live(fn::process& self, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    self.trap_exit(random() % 4 == 0);
    std::vector<fn::reference> monitors;
    for (;;) {
      const fn::pid other = pick(random);
      switch (random() % 6) {
        case 0: self.link(other).value(); break;
        case 1: self.unlink(other).value(); break;
        case 2: monitors.push_back(self.monitor(other, {.alias = fn::alias_mode::demonitor}).value()); break;
        case 3:
          if (monitors.empty()) break;
          self.demonitor(monitors.back(), fn::demonitor_mode::flush);
          monitors.pop_back();
          break;
        case 4: self.receive([](const fn::exited&) {}, [](const fn::down&) {}, fn::after(50us)); break;
        default: static_cast<void>(self.checkpoint());
      }
    }
  }

  fn::pid at(std::size_t place) {
    const std::lock_guard lock(mutex_);
    return pids_[place];
  }
  fn::pid replace(std::size_t place, fn::pid by) {
    const std::lock_guard lock(mutex_);
    return std::exchange(pids_[place], by);
  }

  std::mutex mutex_;
  std::vector<fn::pid> pids_;
};

/// Keeps account of every link and monitor that it makes: each is ended by itself, or told of once.
class keeper {
 public:
  keeper(population& others, std::uint64_t seed, long rounds) : others_(&others), random_(seed), rounds_(rounds) {}

  void operator()(fn::process& self) {
    self.trap_exit(true);
    for (long i = 0; i != rounds_; ++i) {
      act(self);
      if (random_() % 8 == 0) look(self, 0ms);
      if (random_() % 32 == 0) static_cast<void>(self.sleep(0ms));
    }
    while (!open_.empty() || some_link_is_open()) {
      others_->kill_all();  // and those that were made meanwhile
      look(self, 1ms);
    }
    look(self, 0ms);
  }

 private:
  struct link {
    long made = 0;  // calls since the last unlink; each but the one that the death ended may have found nobody
    long told = 0;
    bool died = false;
  };

  void act(fn::process& self) {
    const fn::pid other = others_->pick(random_);
    switch (random_() % 8) {
      case 0:
      case 1: open_.insert(self.monitor(other).value()); break;
      case 2: demonitor(self); break;
      case 3:
      case 4:
        self.link(other).value();
        ++links_[other].made;
        break;
      case 5: unlink(self, other); break;
      case 6: static_cast<void>(fn::exit(other, random_() % 2 == 0 ? fn::exit_kind::kill : fn::exit_kind::shutdown)); break;
      default: others_->renew(self, random_);
    }
  }

  void demonitor(fn::process& self) {
    if (open_.empty()) return;
    const auto it = std::next(open_.begin(), static_cast<std::ptrdiff_t>(random_() % std::min<std::size_t>(open_.size(), 8)));
    const bool flush = random_() % 2 == 0;
    const bool was_there = self.demonitor(*it, flush ? fn::demonitor_mode::flush : fn::demonitor_mode::keep);
    if (was_there || flush) open_.erase(it);  // otherwise it has been told, and finds it when it looks
  }

  void unlink(fn::process& self, fn::pid other) {
    self.unlink(other).value();
    for (bool more = true; more;) {
      self.receive(fn::when([&](const fn::exited& e) { return e.from == other; }, [&](const fn::exited& e) { note(e); }),
                   fn::after(0ms, [&] { more = false; }));
    }
    link& it = links_[other];
    it.made = it.told = 0;
  }

  void note(const fn::exited& e) {
    link& it = links_[e.from];
    EXPECT_LE(++it.told, it.made) << "an exit without a link";
    const bool again = e.reason.kind() != fn::exit_kind::noproc && std::exchange(it.died, true);
    EXPECT_FALSE(again) << "died twice";
  }

  void look(fn::process& self, std::chrono::milliseconds patience) {
    for (bool more = true; more;) {
      self.receive([&](const fn::down& d) { EXPECT_EQ(open_.erase(d.monitor), 1u) << "a down without a monitor"; },
                   [&](const fn::exited& e) { note(e); }, fn::after(patience, [&] { more = false; }));
    }
  }

  [[nodiscard]] bool some_link_is_open() const {
    return std::any_of(links_.begin(), links_.end(), [](const auto& each) { return each.second.made != 0 && each.second.told == 0; });
  }

  population* others_;
  std::mt19937_64 random_;
  long rounds_;
  std::set<fn::reference> open_;
  std::map<fn::pid, link> links_;
};

TEST_P(LinkStorm, whoever_links_and_monitors_the_dying_is_told_of_each_once) {
  start_here();
  population others(24);
  const long rounds = static_cast<long>(scaled(50'000, 1000));
  std::vector<fn::pid> keepers;
  for (std::uint64_t k = 0; k != 4; ++k) keepers.push_back(fn::spawn(rt(), keeper(others, k, rounds)).value());
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t != 2; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(100 + t);
      while (!over) {
        others.renew(rt(), random);
        static_cast<void>(fn::exit(others.pick(random), fn::exit_reason::user(static_cast<int>(random() % 10))));
        std::this_thread::sleep_for(50us);
      }
    });
  }
  for (const fn::pid k : keepers) wait_dead(k);
  over = true;
  for (auto& t : threads) t.join();
  others.kill_all();
  wait_gone();
}

// -- aliases ---------------------------------------------------------------------------------------------------------------

struct tagged {
  long alias_number;
  unsigned sender;
  long n;
};

TEST_P(LinkStorm, nothing_comes_through_an_alias_that_was_taken_back) {
  start_here();
  const long rounds = static_cast<long>(scaled(3'000, 300));
  std::mutex mutex;
  fn::alias current;
  long number = 0;
  std::atomic<bool> over{false};
  std::atomic<long> sent{0};
  std::atomic<int> ended{0};
  const auto publish = [&](fn::alias a) {
    const std::lock_guard lock(mutex);
    current = a;
    return ++number;
  };
  const auto send_on = [&](unsigned sender, long n) {
    fn::alias to;
    long alias_number = 0;
    {
      const std::lock_guard lock(mutex);
      to = current;
      alias_number = number;
    }
    if (!to) return;
    if (n % 4 == 0) {
      EXPECT_TRUE(fn::send(to, tagged{alias_number, sender, n}, fn::priority_message));
    } else {
      EXPECT_TRUE(fn::send(to, tagged{alias_number, sender, n}));
    }
    ++sent;
  };
  std::vector<std::thread> threads;
  for (unsigned t = 0; t != 2; ++t) {
    threads.emplace_back([&, t] {
      for (long n = 0; !over; ++n) {
        send_on(t, n);
        if (n % 8 == 0) std::this_thread::sleep_for(20us);
      }
      ++ended;
    });
  }
  std::vector<fn::pid> senders;
  for (unsigned p = 2; p != 4; ++p) {
    senders.push_back(fn::spawn(rt(), [&, p](fn::process& self) {
                        for (long n = 0; !over; ++n) {
                          send_on(p, n);
                          if (n % 8 == 0) static_cast<void>(self.sleep(20us));
                        }
                        ++ended;
                      }).value());
  }
  std::atomic<long> received{0};
  const fn::pid owner = fn::spawn(rt(), [&](fn::process& self) {
                          std::mt19937_64 random(7);
                          for (long i = 0; i != rounds; ++i) {
                            const bool reply = random() % 2 == 0;
                            const auto mode = reply ? fn::alias_mode::reply : fn::alias_mode::explicit_unalias;
                            const fn::alias a = self.make_alias({.mode = mode, .priority = random() % 2 == 0}).value();
                            const long mine = publish(a);
                            long got = 0;
                            std::map<std::pair<unsigned, bool>, long> last;
                            const auto take = [&](const tagged& m) {
                              EXPECT_EQ(m.alias_number, mine) << "came after the end of its alias";
                              const auto [it, first] = last.emplace(std::pair(m.sender, m.n % 4 == 0), -1);
                              EXPECT_LT(it->second, m.n);
                              it->second = m.n;
                              ++got;
                            };
                            const auto enough = random() % 3;
                            for (unsigned n = 0; n != enough; ++n) self.receive(take, fn::after(100us));
                            const bool was_good = self.unalias(a);
                            for (bool more = true; more;) self.receive(take, fn::after(0ms, [&] { more = false; }));
                            EXPECT_TRUE(reply || was_good);
                            EXPECT_TRUE(!reply || got == (was_good ? 0 : 1)) << got;
                            received += got;
                          }
                          over = true;
                          while (ended != 4) static_cast<void>(self.sleep(20us));
                          self.receive([](const tagged&) { ADD_FAILURE() << "came after the end of the last alias"; },
                                       fn::after(0ms, [] {}));  // takes over what is there
                        }).value();
  wait_dead(owner);
  for (auto& t : threads) t.join();
  wait_gone();
  EXPECT_EQ(static_cast<std::uint64_t>(sent - received), rt().dead_letters()) << "each came or was dropped";
}

struct question {
  fn::alias answer_to;
  long number;
};
struct answer {
  long number;
};

/// Answers each question more than once, and dies now and then before it has.
void answer_for_ever(fn::process& self, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (;;) {
    self.receive([&](const question& q) {
      if (random() % 16 == 0) self.exit(fn::exit_reason::user(1));
      for (auto times = random() % 3; times != 0; --times) fn::send(q.answer_to, answer{q.number});
      if (random() % 16 == 0) self.exit(fn::exit_reason::user(2));
    });
  }
}

TEST_P(LinkStorm, a_question_has_one_answer_or_one_down_and_nothing_comes_late) {
  start_here();
  const long rounds = static_cast<long>(scaled(5'000, 300));
  std::vector<fn::pid> askers;
  for (std::uint64_t a = 0; a != 4; ++a) {
    askers.push_back(fn::spawn(rt(), [rounds, a](fn::process& self) {
                       fn::pid server;
                       for (long i = 0; i != rounds; ++i) {
                         if (!fn::is_alive(server)) {
                           server = fn::spawn(self, [a, i](fn::process& s) { answer_for_ever(s, a + 10 * static_cast<std::uint64_t>(i)); }).value();
                         }
                         const fn::reference ref = self.monitor(server, {.alias = fn::alias_mode::reply_demonitor}).value();
                         fn::send(server, question{fn::alias(self.id(), ref), i});
                         self.receive([&](const answer& got) { EXPECT_EQ(got.number, i); },
                                      [&](const fn::down& d) { EXPECT_EQ(d.monitor, ref); },
                                      fn::after(200us, [&] { self.demonitor(ref, fn::demonitor_mode::flush); }));
                         // An answer may have come just before the time was up; then it is the only thing there is.
                         int more = 0;
                         for (bool looking = true; looking;) {
                           self.receive([&](const answer& got) {
                             EXPECT_EQ(got.number, i);
                             ++more;
                           },
                                        [&](const fn::down&) { ADD_FAILURE() << "a down after an answer or a demonitor"; },
                                        fn::after(0ms, [&] { looking = false; }));
                         }
                         EXPECT_LE(more, 1);
                       }
                       static_cast<void>(fn::exit(server, fn::exit_kind::kill));
                     }).value());
  }
  for (const fn::pid p : askers) wait_dead(p);
  wait_gone();
}

// -- the abandoned -----------------------------------------------------------------------------------------------------

/// Links itself to one and monitors it, before and after it is told to die, and counts what it is told.
class mourner {
 public:
  mourner(fn::pid p, std::atomic<bool>& over, std::atomic<int>& told, std::uint64_t seed)
      : dying_(p), over_(&over), told_(&told), random_(seed) {}

  void operator()(fn::process& self) {
    self.trap_exit(true);
    bool linked = random_() % 4 != 0;
    if (linked) self.link(dying_).value();
    for (auto n = random_() % 50; n != 0; --n) {
      const fn::reference ref = self.monitor(dying_).value();
      if (random_() % 4 == 0) {
        self.demonitor(ref, fn::demonitor_mode::flush);
      } else {
        open_.insert(ref);
      }
    }
    while (linked || !open_.empty()) {
      self.receive([&](const fn::down& d) { EXPECT_EQ(open_.erase(d.monitor), 1u); },
                   [&](const fn::exited& e) {
                     EXPECT_EQ(e.from, dying_);
                     EXPECT_TRUE(std::exchange(linked, false));
                   });
    }
    ++*told_;
    while (!*over_) static_cast<void>(self.sleep(100us));
    self.receive([](const fn::down&) { ADD_FAILURE() << "told twice"; },
                 [](const fn::exited&) { ADD_FAILURE() << "told twice"; }, fn::after(0ms));
  }

 private:
  fn::pid dying_;
  std::atomic<bool>* over_;
  std::atomic<int>* told_;
  std::mt19937_64 random_;
  std::set<fn::reference> open_;
};

class GivenUpStorm : public RuntimeTest, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(grace, GivenUpStorm, ::testing::Values(0, 1, 3));

TEST_P(GivenUpStorm, who_is_given_up_has_told_everybody_once) {
  start({.schedulers = 4, .kill_grace = std::chrono::milliseconds(GetParam())});
  std::mt19937_64 random(11);
  for (std::size_t round = 0; round != scaled(100, 10); ++round) {
    std::atomic<bool> inside{false};
    std::atomic<bool> come_back{false};
    std::atomic<bool> over{false};
    std::atomic<int> told{0};
    std::atomic<bool> trapping{false};
    const fn::pid bystander = fn::spawn(rt(), [&](fn::process& self) {
                                self.trap_exit(true);
                                trapping = true;
                                self.receive([&](const fn::exited&) { ++told; });
                              }).value();
    wait_until([&] { return trapping.load(); });
    const fn::pid stuck = fn::spawn(rt(), [&, bystander](fn::process& self) {
                            self.link(bystander).value();
                            static_cast<void>(self.monitor(bystander).value());
                            static_cast<void>(self.make_alias().value());
                            inside = true;
                            while (!come_back) std::this_thread::yield();
                            for (;;) static_cast<void>(self.checkpoint());
                          }).value();
    const auto mourn = [&] {
      return fn::spawn(rt(), mourner(stuck, over, told, random())).value();
    };
    std::vector<fn::pid> mourners;
    if (round % 3 == 0) mourners = {mourn(), mourn()};  // before it is stuck, perhaps
    wait_until([&] { return inside.load(); });
    while (mourners.size() != 4) mourners.push_back(mourn());
    if (round % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
    EXPECT_TRUE(fn::exit(stuck, fn::exit_kind::kill));
    while (mourners.size() != 6) mourners.push_back(mourn());
    if (round % 4 == 0) come_back = true;  // while the monitor decides
    wait_until([&] { return told == 7; });
    come_back = true;
    wait_until([&] { return rt().abandoned_count() == 0 && !fn::is_alive(stuck); });
    over = true;
    wait_until([&] { return rt().process_count() == 0 && rt().abandoned_count() == 0; });
  }
}

}  // namespace
}  // namespace foundation::testing
