// SPDX-License-Identifier: Apache-2.0
//
// Erlang's rules of signals (reference manual, "Processes"; `erlang:monitor/3`, `erlang:alias/1`), as simple as they can be
// written: each signal is received the moment it is sent, and nothing else goes on meanwhile.
#pragma once

#include <foundation/foundation.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "unit/process/reasons.hpp"

namespace foundation::testing {

namespace fn = ::foundation;

/// Processes and references are numbers, in the order they are made. Messages are texts.
class signals_model {
 public:
  static constexpr int nobody = -1;  // a plain thread

  struct message {
    std::string text;
    int step;                 // the end of one process tells many in no particular order: all within one step
    int down_of = nobody;     // the monitor's reference
  };

  struct process {
    bool alive = true;
    bool trapping = false;
    std::string why = {};  // it ended
    std::set<int> links = {};
    struct watch {
      int other;
      bool priority;
    };
    std::map<int, watch> watching = {};
    struct alias {
      fn::alias_mode mode;
      bool priority;
    };
    std::map<int, alias> aliases = {};
    std::vector<message> urgent = {};  // messages with priority, and the others
    std::vector<message> mail = {};
  };

  // -- what messages look like -------------------------------------------------------------------------------------------
  static std::string exited_text(int from, const fn::exit_reason& reason) {
    return "exited from " + std::to_string(from) + ": " + without_where(reason).description();
  }
  static std::string down_text(int ref, int from, const fn::exit_reason& reason) {
    return "down " + std::to_string(ref) + " from " + std::to_string(from) + ": " + without_where(reason).description();
  }
  static std::string number_text(int n) { return "number " + std::to_string(n); }

  // -- what can be asked ---------------------------------------------------------------------------------------------------
  [[nodiscard]] bool alive(int p) const { return at(p).alive; }
  [[nodiscard]] const std::string& why(int p) const { return at(p).why; }
  [[nodiscard]] int process_count() const { return static_cast<int>(processes_.size()); }
  [[nodiscard]] std::uint64_t dead_letters() const { return dead_letters_; }
  /// Whether there is a chain of links from one to the other.
  [[nodiscard]] bool connected(int p, int q) const {
    std::set<int> reached{p};
    std::vector<int> open{p};
    while (!open.empty()) {
      const int next = open.back();
      open.pop_back();
      for (const int neighbour : at(next).links) {
        if (reached.insert(neighbour).second) open.push_back(neighbour);
      }
    }
    return reached.count(q) != 0;
  }
  /// All that a process has in its mailbox, which is then empty.
  std::vector<message> take_mail(int p) {
    process& it = at(p);
    std::vector<message> all = std::move(it.urgent);
    all.insert(all.end(), it.mail.begin(), it.mail.end());
    it.urgent.clear();
    it.mail.clear();
    return all;
  }

  // -- what processes do, and plain threads ----------------------------------------------------------------------------------
  void next_step() { ++step_; }

  int spawn() {
    processes_.emplace_back();
    return process_count() - 1;
  }

  void link(int p, int q) {
    if (p == q || at(p).links.count(q) != 0) return;
    if (!alive(q)) return receive_linked_exit(p, q, fn::exit_kind::noproc);
    at(p).links.insert(q);
    at(q).links.insert(p);
  }

  void unlink(int p, int q) {
    at(p).links.erase(q);
    at(q).links.erase(p);
  }

  void monitor(int p, int q, int ref, const fn::monitor_options& options) {
    if (p == q) return;
    at(p).watching[ref] = {q, options.priority};
    if (options.alias) at(p).aliases[ref] = {*options.alias, options.priority};
    if (!alive(q)) receive_down(p, ref, fn::exit_kind::noproc);
  }

  bool demonitor(int p, int ref, fn::demonitor_mode mode) {
    if (at(p).watching.count(ref) != 0) {
      end_monitor(p, ref);
      return true;
    }
    if (mode == fn::demonitor_mode::flush) {
      for (auto* const list : {&at(p).urgent, &at(p).mail}) {
        std::erase_if(*list, [ref](const message& m) { return m.down_of == ref; });
      }
    }
    return false;
  }

  bool trap_exit(int p, bool on) { return std::exchange(at(p).trapping, on); }

  void exit(int from, int to, const fn::exit_reason& reason) {
    if (!alive(to)) return;
    if (reason.kind() == fn::exit_kind::kill) return end(to, fn::exit_kind::killed);
    if (at(to).trapping) return put(to, exited_text(from, reason));
    if (!reason.is_normal() || from == to) end(to, reason);
  }

  void make_alias(int p, int ref, const fn::alias_options& options) { at(p).aliases[ref] = {options.mode, options.priority}; }
  bool unalias(int p, int ref) { return at(p).aliases.erase(ref) != 0; }

  void send(int to, int n) {
    if (alive(to)) {
      put(to, number_text(n));
    } else {
      ++dead_letters_;
    }
  }

  void send_to_alias(int owner, int ref, int n, bool priority) {
    const auto found = at(owner).aliases.find(ref);
    if (found == at(owner).aliases.end()) {
      ++dead_letters_;
      return;
    }
    const process::alias alias = found->second;
    if (alias.mode == fn::alias_mode::reply) at(owner).aliases.erase(ref);
    if (alias.mode == fn::alias_mode::reply_demonitor) {
      at(owner).aliases.erase(ref);
      at(owner).watching.erase(ref);
    }
    put(owner, number_text(n), priority && alias.priority);
  }

  /// It ends of itself, or is ended.
  void end(int p, const fn::exit_reason& reason) {
    process it = std::exchange(at(p), {});
    at(p).alive = false;
    at(p).why = without_where(reason).description();
    for (const int q : it.links) {
      at(q).links.erase(p);
      if (alive(q)) receive_linked_exit(q, p, reason);
    }
    for (int q = 0; q != process_count(); ++q) {
      for (const int ref : monitors_on(p, q)) receive_down(q, ref, reason);
    }
  }

 private:
  process& at(int p) { return processes_[static_cast<std::size_t>(p)]; }
  const process& at(int p) const { return processes_[static_cast<std::size_t>(p)]; }

  void put(int to, std::string text, bool priority = false, int down_of = nobody) {
    (priority ? at(to).urgent : at(to).mail).push_back({std::move(text), step_, down_of});
  }

  /// Those that `q` has on `p`.
  [[nodiscard]] std::vector<int> monitors_on(int p, int q) const {
    std::vector<int> found;
    for (const auto& [ref, watch] : at(q).watching) {
      if (watch.other == p) found.push_back(ref);
    }
    return found;
  }

  void receive_linked_exit(int to, int from, const fn::exit_reason& reason) {
    if (at(to).trapping) return put(to, exited_text(from, reason));
    if (!reason.is_normal()) end(to, reason);
  }

  void receive_down(int to, int ref, const fn::exit_reason& reason) {
    const process::watch watch = at(to).watching[ref];
    end_monitor(to, ref);
    put(to, down_text(ref, watch.other, reason), watch.priority, ref);
  }

  void end_monitor(int p, int ref) {
    at(p).watching.erase(ref);
    const auto alias = at(p).aliases.find(ref);
    if (alias != at(p).aliases.end() && alias->second.mode != fn::alias_mode::explicit_unalias) at(p).aliases.erase(alias);
  }

  std::vector<process> processes_;
  int step_ = 0;
  std::uint64_t dead_letters_ = 0;
};

}  // namespace foundation::testing
