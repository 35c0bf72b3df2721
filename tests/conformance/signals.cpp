// SPDX-License-Identifier: Apache-2.0
//
// Plays a file of scenarios (signals.scenarios, as run.sh expands it) and prints what happens, as signals.escript does, and on
// one scheduler for the same reason.
#include <foundation/foundation.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fn = foundation;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

words split(const std::string& text, char at) {
  words parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

void print(const std::string& line) { std::printf("%s\n", line.c_str()); }

[[noreturn]] void give_up(const std::string& why) {
  print("this cannot be played: " + why);
  std::fflush(stdout);
  std::_Exit(EXIT_FAILURE);
}

template <typename Map>
const auto& look_up(const Map& map, const std::string& name) {
  const auto found = map.find(name);
  if (found == map.end()) give_up("nothing is called " + name);
  return found->second;
}

// -- reasons --------------------------------------------------------------------------------------------------------------

fn::exit_reason reason_of(const std::string& text) {
  const words parts = split(text.substr(0, text.find(')')), '(');
  if (parts.size() == 2) {
    const int n = std::stoi(parts[1]);
    return parts[0] == "user" ? fn::exit_reason::user(n) : fn::exit_reason::shutdown_with(n);
  }
  static const std::map<std::string, fn::exit_kind> kinds = {
      {"normal", fn::exit_kind::normal}, {"shutdown", fn::exit_kind::shutdown}, {"kill", fn::exit_kind::kill},
      {"killed", fn::exit_kind::killed}, {"noproc", fn::exit_kind::noproc},     {"noconnection", fn::exit_kind::noconnection}};
  return look_up(kinds, text);
}

std::string text_of(const fn::exit_reason& reason) {
  const auto with_value = [&](std::string name) {
    const int* const n = reason.get_if<int>();
    return n == nullptr ? name : name + "(" + std::to_string(*n) + ")";
  };
  switch (reason.kind()) {
    case fn::exit_kind::normal: return "normal";
    case fn::exit_kind::shutdown: return with_value("shutdown");
    case fn::exit_kind::kill: return "kill";
    case fn::exit_kind::killed: return "killed";
    case fn::exit_kind::noproc: return "noproc";
    case fn::exit_kind::noconnection: return "noconnection";
    case fn::exit_kind::exception: return "exception";
    case fn::exit_kind::user: return with_value("user");
  }
  return "unknown";
}

fn::alias_mode mode_of(const std::string& text) {
  static const std::map<std::string, fn::alias_mode> modes = {{"explicit_unalias", fn::alias_mode::explicit_unalias},
                                                              {"reply", fn::alias_mode::reply},
                                                              {"demonitor", fn::alias_mode::demonitor},
                                                              {"reply_demonitor", fn::alias_mode::reply_demonitor}};
  return look_up(modes, text);
}

// -- a process of a scenario ----------------------------------------------------------------------------------------------

/// What a scenario's names mean. Whose turn it is has it: it travels with the messages.
struct world {
  std::map<std::string, fn::pid> pids;
  std::map<std::string, fn::alias> references;  // of a monitor or alias, and who made it

  [[nodiscard]] fn::pid pid(const std::string& name) const { return look_up(pids, name); }
  [[nodiscard]] fn::alias ref(const std::string& name) const { return look_up(references, name); }
  [[nodiscard]] std::string name_of(fn::pid p) const {
    for (const auto& [name, value] : pids) {
      if (value == p) return name;
    }
    return p ? "a stranger" : "nobody";
  }
  [[nodiscard]] std::string name_of(fn::reference r) const {
    for (const auto& [name, value] : references) {
      if (value.ref() == r) return name;
    }
    return "a stranger";
  }
};

struct perform {
  fn::pid from;
  std::vector<words> actions;
  world names;
};
struct performed {
  words lines;
  words children;
  world names;
};

class actor {
 public:
  explicit actor(std::string name) : name_(std::move(name)) {}

  void operator()(fn::process& self) {
    for (;;) {
      self.receive([&](perform p) {
        performed result{{}, {}, std::move(p.names)};
        for (const words& each : p.actions) {
          act(self, each, result);
          // Erlang's processes end within the call that sends them their own exit.
          static_cast<void>(self.checkpoint());
        }
        fn::send(p.from, std::move(result));
      });
    }
  }

 private:
  void act(fn::process& self, const words& a, performed& result) {
    world& names = result.names;
    const std::string& what = a[0];
    const auto say = [&](const std::string& text) { result.lines.push_back(name_ + " " + text); };
    const auto answer = [&](bool yes) { say((what == "trap" ? "trapped" : what) + (yes ? ": true" : ": false")); };
    const auto keep = [&](const std::string& name, fn::reference made) { names.references[name] = fn::alias(self.id(), made); };
    const auto attempt = [&](const fn::result<void>& done) { say(what + (done ? ": ok" : ": refused")); };

    if (what == "trap") {
      answer(self.trap_exit(a[1] == "on"));
    } else if (what == "link") {
      self.link(names.pid(a[1])).value();
    } else if (what == "unlink") {
      self.unlink(names.pid(a[1])).value();
    } else if (what == "monitor") {
      fn::monitor_options options;
      if (a.size() == 4) options.alias = mode_of(a[3]);
      keep(a[2], self.monitor(names.pid(a[1]), options).value());
    } else if (what == "monitor_name") {
      keep(a[2], self.monitor(a[1]).value());
    } else if (what == "demonitor") {
      const auto mode = a.size() == 3 ? fn::demonitor_mode::flush : fn::demonitor_mode::keep;
      answer(self.demonitor(names.ref(a[1]).ref(), mode));
    } else if (what == "spawn_link") {
      names.pids[a[1]] = fn::spawn_link(self, actor(a[1])).value();
      result.children.push_back(a[1]);
    } else if (what == "spawn_monitor") {
      const fn::monitored made = fn::spawn_monitor(self, actor(a[1])).value();
      names.pids[a[1]] = made.id;
      result.children.push_back(a[1]);
      keep(a[2], made.monitor);
    } else if (what == "exit") {
      fn::exit(names.pid(a[1]), reason_of(a[2])).value();
    } else if (what == "die") {
      self.exit(reason_of(a[1]));
    } else if (what == "crash") {
      throw std::runtime_error("boom");
    } else if (what == "alias") {
      keep(a[1], self.make_alias({.mode = mode_of(a[2])}).value().ref());
    } else if (what == "unalias") {
      answer(self.unalias(names.ref(a[1])));
    } else if (what == "send") {
      fn::send(names.pid(a[1]), std::stoi(a[2]));
    } else if (what == "send_alias") {
      fn::send(names.ref(a[1]), std::stoi(a[2]));
    } else if (what == "send_name") {
      attempt(fn::send(self, a[1], std::stoi(a[2])));
    } else if (what == "register") {
      attempt(fn::register_name(self, a[1], names.pid(a[2])));
    } else if (what == "unregister") {
      attempt(fn::unregister_name(self, a[1]));
    } else if (what == "whereis") {
      say("whereis: " + names.name_of(fn::whereis(self, a[1])));
    } else if (what == "read" || what == "sorted" || what == "rest") {
      const bool rest = what == "rest";
      for (int i = 0; rest && i != 200; ++i) static_cast<void>(self.sleep(0ms));
      words read = messages(self, rest ? 1000 : std::stoi(a[1]), rest ? 0s : 20s, names);
      if (what == "sorted") std::sort(read.begin(), read.end());
      for (const std::string& text : read) say(text);
    } else {
      give_up("no such action: " + what);
    }
  }

  static words messages(fn::process& self, int count, std::chrono::seconds patience, const world& names) {
    words got;
    for (bool more = true; more && count != 0; --count) {
      self.receive(
          [&](const fn::exited& e) { got.push_back("got exit from " + names.name_of(e.from) + ": " + text_of(e.reason)); },
          [&](const fn::down& d) {
            const std::string of = d.name.empty() ? names.name_of(d.from) : "name " + d.name;
            got.push_back("got down " + names.name_of(d.monitor) + " of " + of + ": " + text_of(d.reason));
          },
          [&](int n) { got.push_back("got " + std::to_string(n)); },
          fn::after(patience, [&] {
            got.push_back("got nothing more");
            more = false;
          }));
    }
    return got;
  }

  std::string name_;
};

// -- the player -----------------------------------------------------------------------------------------------------------

class player {
 public:
  player(const fn::runtime& rt, fn::process& self, const std::string& file) : rt_(rt), self_(self), in_(file) {
    if (!in_) give_up("no file " + file);
  }

  void play() {
    for (std::string line; std::getline(in_, line);) {
      const words parts = split(line, ' ');
      if (parts.empty()) continue;
      if (parts[0] == "scenario") {
        over();
        print(line);
      } else if (parts[0] == "processes") {
        for (std::size_t i = 1; i != parts.size(); ++i) {
          names_.pids[parts[i]] = fn::spawn(self_, actor(parts[i])).value();
          watch(parts[i]);
        }
      } else if (parts[0] == "wait") {
        print(line);
        if (is_left(parts[1])) ended(parts[1], gone(parts[1]));
      } else {
        print(line);
        const std::string name = line.substr(0, line.find(':'));
        if (!is_left(name)) {
          print("  " + name + " is gone");
          continue;
        }
        std::vector<words> actions;
        for (const std::string& action : split(line.substr(name.size() + 1), ';')) actions.push_back(split(action, ' '));
        have_performed(name, std::move(actions));
      }
    }
    over();
  }

 private:
  void watch(const std::string& name) {
    watched_.emplace_back(name, self_.monitor(names_.pid(name)).value());
  }
  /// Whether its end has not been seen yet.
  [[nodiscard]] bool is_left(const std::string& name) const {
    return std::any_of(watched_.begin(), watched_.end(), [&](const auto& each) { return each.first == name; });
  }
  [[nodiscard]] fn::reference monitor_of(const std::string& name) const {
    for (const auto& [watched, ref] : watched_) {
      if (watched == name) return ref;
    }
    give_up(name + " has ended before");
  }

  fn::exit_reason gone(const std::string& name) {
    fn::exit_reason reason;
    const fn::reference ref = monitor_of(name);
    self_.receive(fn::when([&](const fn::down& d) { return d.monitor == ref; }, [&](const fn::down& d) { reason = d.reason; }),
                  fn::after(20s, [&] { give_up(name + " hangs"); }));
    return reason;
  }

  void ended(const std::string& name, const fn::exit_reason& reason) {
    print("  " + name + " ended: " + text_of(reason));
    std::erase_if(watched_, [&](const auto& each) { return each.first == name; });
    while (rt_.process_count() > watched_.size() + 1) static_cast<void>(self_.sleep(0ms));  // it has told everybody
  }

  void have_performed(const std::string& name, std::vector<words> actions) {
    const fn::reference ref = monitor_of(name);
    fn::send(names_.pid(name), perform{self_.id(), std::move(actions), names_});
    self_.receive(
        [&](performed p) {
          for (const std::string& line : p.lines) print("  " + line);
          names_ = std::move(p.names);
          for (const std::string& child : p.children) watch(child);
        },
        fn::when([&](const fn::down& d) { return d.monitor == ref; }, [&](const fn::down& d) { ended(name, d.reason); }),
        fn::after(20s, [&] { give_up(name + " does not answer"); }));
  }

  /// Whoever is left dies of being killed; the others of something else.
  void over() {
    for (const auto& [name, ref] : watched_) fn::exit(names_.pid(name), fn::exit_kind::kill).value();
    for (const auto& [name, ref] : watched_) {
      const fn::exit_reason reason = gone(name);
      print("  " + name + " at the end: " + (reason.kind() == fn::exit_kind::killed ? "alive" : text_of(reason)));
    }
    watched_.clear();
    names_ = {};
  }

  const fn::runtime& rt_;
  fn::process& self_;
  std::ifstream in_;
  world names_;
  std::vector<std::pair<std::string, fn::reference>> watched_;  // in the order they came
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) give_up("usage: signals FILE");
  std::atomic<bool> done{false};
  {
    fn::runtime rt({.schedulers = 1, .log = {.sink = [](fn::log_level, std::string_view) {}}});
    fn::spawn(rt, [&](fn::process& self) {
      player(rt, self, argv[1]).play();
      done = true;
    }).value();
    while (!done) std::this_thread::sleep_for(1ms);
  }
  return EXIT_SUCCESS;
}
