// SPDX-License-Identifier: Apache-2.0
//
// Random programs of signals: what each process gets, who is alive, and what the others ended of, is what Erlang's rules
// say (signals_model.hpp). Each step is over, with all that it leads to, before the next begins.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <variant>

#include "support/runtime_fixture.hpp"
#include "unit/process/settled.hpp"
#include "unit/process/signals_model.hpp"

namespace foundation::testing {
namespace {

using namespace std::chrono_literals;

/// What a step asks a process to do.
using command = std::function<void(fn::process&)>;

/// What processes have got and noticed, for the test to look at.
class notes {
 public:
  using signal = std::variant<fn::exited, fn::down, int>;

  void note(signal s) {
    const std::lock_guard lock(mutex_);
    signals_.push_back(std::move(s));
  }
  std::vector<signal> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(signals_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<signal> signals_;
};

/// Leaves its messages in the mailbox until a command reads them.
struct patient {
  void operator()(fn::process& self) const {
    for (;;) self.receive([&](const command& run) { run(self); });
  }
  static void read(fn::process& self, notes& to) {
    for (bool more = true; more;) {
      self.receive([&](fn::exited e) { to.note(std::move(e)); }, [&](fn::down d) { to.note(std::move(d)); },
                   [&](int n) { to.note(n); }, fn::after(0ms, [&] { more = false; }));
    }
  }
};

/// Reads them when they come.
struct eager {
  using messages = fn::messages<command, fn::exited, fn::down, int>;
  notes* mine;
  void handle(fn::process& self, const command& run) { run(self); }
  void handle(fn::process&, fn::exited e) { mine->note(std::move(e)); }
  void handle(fn::process&, fn::down d) { mine->note(std::move(d)); }
  void handle(fn::process&, int n) { mine->note(n); }
};

/// Monitors everybody, and tells what they ended of.
struct recorder {
  using messages = fn::messages<fn::pid, fn::down>;
  notes* mine;
  void handle(fn::process& self, fn::pid p) { static_cast<void>(self.monitor(p).value()); }
  void handle(fn::process&, fn::down d) { mine->note(std::move(d)); }
};

class random_program {
 public:
  random_program(fn::runtime& rt, std::uint64_t seed) : rt_(rt), random_(seed), dead_letters_before_(rt.dead_letters()) {
    recorder_ = fn::spawn(rt_, recorder{&ends_}).value();
    for (int i = 0; i != 4; ++i) {
      const int p = new_peer();
      begin("by a thread", model_.spawn());
      peers_[index(p)].id = peers_[index(p)].eager ? fn::spawn(rt_, eager{&peers_[index(p)].log}).value()
                                                   : fn::spawn(rt_, patient{}).value();
      end_of_step(p);
    }
  }

  void run(int steps) {
    for (int i = 0; i != steps && !living().empty(); ++i) {
      step();
      if (::testing::Test::HasFailure()) return;
    }
    finish();
  }

  /// The program so far, for whoever has to find out what went wrong.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct peer {
    fn::pid id;
    bool eager;
    notes log;
  };
  struct known_reference {
    int owner;
    fn::reference value;
  };

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool one_in(int n) { return below(n) == 0; }
  int any_peer() { return below(static_cast<int>(peers_.size())); }
  std::vector<int> living() const {
    std::vector<int> all;
    for (int p = 0; p != model_.process_count(); ++p) {
      if (model_.alive(p)) all.push_back(p);
    }
    return all;
  }
  int any_living() {
    const auto all = living();
    return all[index(below(static_cast<int>(all.size())))];
  }

  // -- a step: lines of the program, what a process does for each, and what must come of it --------------------------------
  template <typename... Parts>
  void line(Parts&&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    text_ += out.str() + "\n";
  }
  void begin(const char* who, int p) { line(who, ": spawn ", p, peers_[index(p)].eager ? " as a handler" : ""); }

  int new_peer() {
    peers_.emplace_back();
    peers_.back().eager = one_in(3);
    return static_cast<int>(peers_.size()) - 1;
  }

  /// One action more of the step's process.
  void act(command what) { actions_.push_back(std::move(what)); }

  void step() {
    model_.next_step();
    if (one_in(8)) return thread_step();
    const int p = any_living();
    switch (below(12)) {
      case 0: links_back_and_forth(p); break;
      case 1: monitors_for_a_moment(p); break;
      case 2: prepares_an_end(p); break;
      case 3: comes_too_late(p); break;
      default: action(p); break;
    }
    perform(p);
    check_results();
    check_eager();
    if (reads_) {
      compare(p, model_.take_mail(p));
      reads_ = false;
    }
    check_who_lives();
  }

  /// Has the process do all that was collected, and waits until nothing of it goes on.
  void perform(int p) {
    std::atomic<bool> done{false};
    fn::send(peers_[index(p)].id, command([&done, actions = std::exchange(actions_, {})](fn::process& self) {
               struct at_the_end {
                 std::atomic<bool>& done;
                 ~at_the_end() { done = true; }
               };
               const at_the_end set{done};  // also where it ends there
               for (const command& each : actions) each(self);
             }));
    while (!done) std::this_thread::yield();
    settle();
  }

  void action(int p) {
    switch (below(20)) {
      case 0: return spawn(p);
      case 1:
      case 2:
      case 3: return link(p, any_peer());
      case 4: return unlink(p, any_peer());
      case 5:
      case 6:
      case 7: return monitor(p, any_peer());
      case 8:
      case 9: return demonitor(p, any_reference());
      case 10: return trap_exit(p);
      case 11: return exit(p, any_peer());
      case 12: return make_alias(p);
      case 13: return unalias(p, any_reference());
      case 14:
      case 15:
      case 16: return send_to_alias(p, any_reference());
      case 17: return send(p, any_peer());
      case 18: return one_in(2) ? die(p) : crash(p);
      default: return read(p);
    }
  }

  // -- several actions in one go: nobody has answered the first when the next is done ---------------------------------------
  void links_back_and_forth(int p) {
    const int q = any_living();
    for (int i = 1 + below(5); i != 0; --i) one_in(2) ? link(p, q) : unlink(p, q);
  }
  void monitors_for_a_moment(int p) {
    const int q = any_living();
    for (int i = 1 + below(3); i != 0; --i) {
      monitor(p, q);
      if (one_in(2)) demonitor(p, static_cast<int>(references_.size()) - 1);
    }
  }
  void prepares_an_end(int p) {
    const int q = any_living();
    for (int i = 1 + below(3); i != 0; --i) {
      switch (below(5)) {
        case 0: link(p, q); break;
        case 1: unlink(p, q); break;
        case 2: monitor(p, q); break;
        case 3: send(p, q); break;
        default: trap_exit(p); break;
      }
    }
    one_in(2) ? exit(p, q) : die(p);
  }
  /// Links itself to one that has been told to die, or monitors it: there is nobody to be found.
  void comes_too_late(int p) {
    const int q = any_living();
    if (q == p || model_.connected(p, q)) return action(p);
    exit(p, q);
    if (model_.alive(q)) return;
    monitor(p, q);
    link(p, q);
  }

  // -- single actions ----------------------------------------------------------------------------------------------------
  void spawn(int p) {
    if (peers_.size() >= 12) return read(p);
    const int child = new_peer();
    const int how = below(3);
    model_.spawn();
    begin(std::to_string(p).c_str(), child);
    peer& made = peers_[index(child)];
    const int ref = how == 2 ? new_reference(p) : 0;
    if (how == 1) {
      line("  linked");
      model_.link(p, child);
    } else if (how == 2) {
      line("  monitored: ", ref);
      model_.monitor(p, child, ref, {});
    }
    act([this, &made, how, ref](fn::process& self) {
      const auto make = [&](auto body) {
        switch (how) {
          case 0: made.id = fn::spawn(self, std::move(body)).value(); break;
          case 1: made.id = fn::spawn_link(self, std::move(body)).value(); break;
          default: {
            const fn::monitored both = fn::spawn_monitor(self, std::move(body)).value();
            made.id = both.id;
            references_[index(ref)].value = both.monitor;
          }
        }
      };
      made.eager ? make(eager{&made.log}) : make(patient{});
      fn::send(recorder_, made.id);
    });
  }

  void link(int p, int q) {
    line(p, ": link ", q);
    model_.link(p, q);
    act([this, q](fn::process& self) { self.link(peers_[index(q)].id).value(); });
  }

  void unlink(int p, int q) {
    line(p, ": unlink ", q);
    model_.unlink(p, q);
    act([this, q](fn::process& self) { self.unlink(peers_[index(q)].id).value(); });
  }

  void monitor(int p, int q) {
    fn::monitor_options options{.priority = one_in(3)};
    if (one_in(2)) {
      constexpr fn::alias_mode modes[] = {fn::alias_mode::explicit_unalias, fn::alias_mode::demonitor,
                                          fn::alias_mode::reply_demonitor};
      options.alias = modes[below(3)];
    }
    const int ref = new_reference(p);
    line(p, ": monitor ", q, " = ", ref, options.priority ? ", priority" : "");
    if (options.alias) line("  alias, mode ", static_cast<int>(*options.alias));
    model_.monitor(p, q, ref, options);
    act([this, q, ref, options](fn::process& self) {
      references_[index(ref)].value = self.monitor(peers_[index(q)].id, options).value();
    });
  }

  void demonitor(int p, int ref) {
    if (ref < 0) return read(p);
    const auto mode = one_in(2) ? fn::demonitor_mode::flush : fn::demonitor_mode::keep;
    line(p, ": demonitor ", ref, mode == fn::demonitor_mode::flush ? ", flush" : "");
    expect(model_.demonitor(p, ref, mode));
    act([this, ref, mode](fn::process& self) { results_.push_back(self.demonitor(references_[index(ref)].value, mode)); });
  }

  void trap_exit(int p) {
    const bool on = !one_in(3);
    line(p, ": trap_exit ", on);
    expect(model_.trap_exit(p, on));
    act([this, on](fn::process& self) { results_.push_back(self.trap_exit(on)); });
  }

  void exit(int p, int q) {
    const fn::exit_reason reason = any_reason();
    line(p, ": exit ", q, ", ", reason.description());
    model_.exit(p, q, reason);
    act([this, q, reason](fn::process&) { fn::exit(peers_[index(q)].id, reason).value(); });
  }

  void make_alias(int p) {
    const fn::alias_options options{one_in(2) ? fn::alias_mode::reply : fn::alias_mode::explicit_unalias, one_in(2)};
    const int ref = new_reference(p);
    line(p, ": alias = ", ref, ", mode ", static_cast<int>(options.mode), options.priority ? ", priority" : "");
    model_.make_alias(p, ref, options);
    act([this, ref, options](fn::process& self) {
      references_[index(ref)].value = self.make_alias(options).value().ref();
    });
  }

  void unalias(int p, int ref) {
    if (ref < 0) return read(p);
    line(p, ": unalias ", ref);
    expect(model_.unalias(p, ref));
    act([this, ref](fn::process& self) { results_.push_back(self.unalias(alias_of(ref))); });
  }

  void send_to_alias(int p, int ref) {
    if (ref < 0) return read(p);
    const bool priority = one_in(2);
    const int n = ++numbers_;
    line(p, ": send ", n, " to alias ", ref, priority ? ", priority" : "");
    model_.send_to_alias(references_[index(ref)].owner, ref, n, priority);
    act([this, ref, n, priority](fn::process&) { send_number(alias_of(ref), n, priority); });
  }

  void send(int p, int q) {
    const int n = ++numbers_;
    line(p, ": send ", n, " to ", q);
    model_.send(q, n);
    act([this, q, n](fn::process&) { fn::send(peers_[index(q)].id, n); });
  }

  void die(int p) {
    const fn::exit_reason reason = any_reason();
    line(p, ": ends, ", reason.description());
    model_.end(p, reason);
    act([reason](fn::process& self) { self.exit(reason); });
  }

  void crash(int p) {
    line(p, ": crashes");
    const auto fail = [] { throw std::runtime_error("out of paper"); };
    try {
      fail();
    } catch (...) {
      model_.end(p, fn::exit_reason_of_current_exception());
    }
    act([fail](fn::process&) { fail(); });
  }

  void read(int p) {
    if (peers_[index(p)].eager) return;
    line(p, ": reads");
    reads_ = true;
    act([this, p](fn::process& self) { patient::read(self, peers_[index(p)].log); });
  }

  /// What a plain thread can do.
  void thread_step() {
    const int q = any_peer();
    const int ref = any_reference();
    switch (below(3)) {
      case 0: {
        const fn::exit_reason reason = any_reason();
        line("a thread: exit ", q, ", ", reason.description());
        model_.exit(signals_model::nobody, q, reason);
        EXPECT_TRUE(fn::exit(peers_[index(q)].id, reason));
        break;
      }
      case 1: {
        line("a thread: send ", ++numbers_, " to ", q);
        model_.send(q, numbers_);
        EXPECT_TRUE(fn::send(peers_[index(q)].id, numbers_));
        break;
      }
      default: {
        if (ref < 0) return;
        const bool priority = one_in(2);
        line("a thread: send ", ++numbers_, " to alias ", ref, priority ? ", priority" : "");
        model_.send_to_alias(references_[index(ref)].owner, ref, numbers_, priority);
        send_number(alias_of(ref), numbers_, priority);
        break;
      }
    }
    settle();
    check_eager();
    check_who_lives();
  }

  // -- parts of actions ------------------------------------------------------------------------------------------------------
  fn::exit_reason any_reason() {
    switch (below(6)) {
      case 0: return fn::exit_reason::normal;
      case 1: return fn::exit_reason::kill;
      case 2: return fn::exit_reason::shutdown;
      case 3: return fn::exit_reason::shutdown_with(below(100));
      default: return fn::exit_reason::user(below(100));
    }
  }
  int new_reference(int owner) {
    references_.push_back({owner, {}});
    return static_cast<int>(references_.size()) - 1;
  }
  /// Rather a new one; below 0 if there is none yet.
  int any_reference() {
    const int count = static_cast<int>(references_.size());
    if (count == 0) return -1;
    return one_in(4) ? below(count) : count - 1 - below(std::min(count, 5));
  }
  fn::alias alias_of(int ref) const {
    const known_reference& known = references_[index(ref)];
    return {peers_[index(known.owner)].id, known.value};
  }
  static void send_number(fn::alias to, int n, bool priority) {
    const auto sent = priority ? fn::send(to, n, fn::priority_message) : fn::send(to, n);
    EXPECT_TRUE(sent);
  }

  // -- checks ------------------------------------------------------------------------------------------------------------------
  void settle() {
    while (!is_settled(rt_)) std::this_thread::yield();
  }
  void end_of_step(int p) {
    fn::send(recorder_, peers_[index(p)].id);
    settle();
  }
  void expect(bool result) { expected_results_.push_back(result); }
  void check_results() {
    EXPECT_EQ(std::exchange(results_, {}), std::exchange(expected_results_, {})) << "what the actions returned";
  }

  void check_eager() {
    for (int p = 0; p != model_.process_count(); ++p) {
      if (peers_[index(p)].eager && model_.alive(p)) compare(p, model_.take_mail(p));
    }
  }

  /// What one process has got against what it should have, each step's messages in any order.
  void compare(int p, std::vector<signals_model::message> expected) {
    if (!model_.alive(p)) return;
    std::vector<std::string> wanted;
    std::vector<std::string> got;
    for (const auto& s : peers_[index(p)].log.take()) got.push_back(text_of(s));
    for (std::size_t first = 0; first != expected.size();) {
      std::size_t last = first;
      while (last != expected.size() && expected[last].step == expected[first].step) wanted.push_back(expected[last++].text);
      const auto from = static_cast<std::ptrdiff_t>(first);
      const auto to = static_cast<std::ptrdiff_t>(last);
      std::sort(wanted.begin() + from, wanted.begin() + to);
      if (last <= got.size()) std::sort(got.begin() + from, got.begin() + to);
      first = last;
    }
    EXPECT_EQ(got, wanted) << "what process " << p << " got";
  }

  void check_who_lives() {
    for (int p = 0; p != model_.process_count(); ++p) {
      EXPECT_EQ(fn::is_alive(peers_[index(p)].id), model_.alive(p)) << "process " << p;
    }
    for (const auto& s : ends_.take()) {
      const auto& told = std::get<fn::down>(s);
      const int p = number_of(told.from);
      EXPECT_EQ(without_where(told.reason).description(), model_.why(p)) << "why process " << p << " ended";
      EXPECT_EQ(++told_ends_[p], 1);
    }
    EXPECT_EQ(told_ends_.size() + living().size(), peers_.size());
    EXPECT_EQ(rt_.dead_letters() - dead_letters_before_, model_.dead_letters());
  }

  std::string text_of(const notes::signal& s) const {
    if (const auto* e = std::get_if<fn::exited>(&s)) return signals_model::exited_text(number_of(e->from), e->reason);
    if (const auto* d = std::get_if<fn::down>(&s)) {
      for (int ref = 0; ref != static_cast<int>(references_.size()); ++ref) {
        if (references_[index(ref)].value == d->monitor) {
          return signals_model::down_text(ref, number_of(d->from), d->reason);
        }
      }
      return "down of a monitor that nobody made";
    }
    return signals_model::number_text(std::get<int>(s));
  }
  int number_of(fn::pid p) const {
    for (int i = 0; i != static_cast<int>(peers_.size()); ++i) {
      if (peers_[index(i)].id == p) return i;
    }
    return signals_model::nobody;
  }

  /// All read what they still have, and are killed.
  void finish() {
    for (const int p : living()) {
      model_.next_step();
      read(p);
      perform(p);
      if (std::exchange(reads_, false)) compare(p, model_.take_mail(p));
    }
    for (const int p : living()) {
      model_.next_step();
      line("the end of ", p);
      model_.exit(signals_model::nobody, p, fn::exit_reason::kill);
      EXPECT_TRUE(fn::exit(peers_[index(p)].id, fn::exit_reason::kill));
      settle();
      check_who_lives();
    }
    EXPECT_TRUE(fn::exit(recorder_, fn::exit_reason::kill));
    settle();
  }

  fn::runtime& rt_;
  std::mt19937_64 random_;
  const std::uint64_t dead_letters_before_;
  signals_model model_;
  std::deque<peer> peers_;
  std::deque<known_reference> references_;
  std::vector<command> actions_;  // of the step
  std::vector<bool> results_;
  std::vector<bool> expected_results_;
  notes ends_;
  std::map<int, int> told_ends_;
  fn::pid recorder_;
  bool reads_ = false;
  int numbers_ = 0;
  std::string text_;
};

class SignalsProperty : public RuntimeTest {
 protected:
  void check(unsigned schedulers, std::uint64_t first_seed, std::size_t programs) {
    start({.schedulers = schedulers});
    for (std::uint64_t seed = first_seed; seed != first_seed + programs; ++seed) {
      random_program program(rt(), seed);
      program.run(60);
      if (HasFailure()) {
        stop();  // while there is what its processes refer to
        FAIL() << "seed " << seed << ":\n" << program.text();
      }
    }
  }
};

TEST_F(SignalsProperty, any_program_gives_what_erlangs_rules_say) { check(1, 1, scaled(500, 50)); }

TEST_F(SignalsProperty, any_program_gives_what_erlangs_rules_say_on_several_schedulers) {
  check(3, 1'000'000, scaled(200, 20));
}

}  // namespace
}  // namespace foundation::testing
