// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <chrono>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace key_value {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;

/// A client's thread. It is a process as long as it serves, so that it can watch and be watched, and its requests need
/// not make it one each time.
class connection {
 public:
  connection(fn::runtime& rt, const store& keys, const socket& client, std::stop_source stop)
      : self_(rt, "connection"), keys_(keys), lines_(client), stop_(std::move(stop)) {}

  void run() {
    std::string line;
    while (lines_.read(line) && obey(std::istringstream(line))) {
    }
  }

 private:
  /// False: that was the last one.
  bool obey(std::istringstream line) {
    std::string command;
    std::string key;
    line >> command;
    if (command == "quit" || command == "stop") {
      lines_.write("bye");
      if (command == "stop") stop_.request_stop();
      return false;
    }
    if (command == "mget") return get_many(line);
    if (!(line >> key)) return complain("a command and a key are wanted: put, get, mget, await, watch; or quit, stop");
    if (command == "put") return put_one(std::move(key), line);
    if (command == "get") return say(fn::request<found>(keys_.shard_of(key), get{key}, patience));
    if (command == "await") return wait_for_value(key);
    if (command == "watch") return wait_for_change(key);
    return complain("unknown command: " + command);
  }

  bool put_one(std::string key, std::istringstream& line) {
    std::string value;
    if (!std::getline(line >> std::ws, value)) return complain("put: no value given");
    const fn::pid to = keys_.shard_of(key);
    const auto done = fn::request<void>(to, put{std::move(key), std::move(value)}, patience);
    return done ? lines_.write("ok") : complain(done.error().message());
  }

  /// The shards work at the same time.
  bool get_many(std::istringstream& line) {
    std::vector<fn::result<fn::future<found>>> asked;
    for (std::string key; line >> key;) asked.push_back(fn::send_request<found>(keys_.shard_of(key), get{key}));
    if (asked.empty()) return complain("mget: no key given");
    bool there = true;
    for (auto& each : asked) {
      there = each ? say(each->get(patience)) : complain(each.error().message());
      if (!there) break;
    }
    return there;
  }

  /// Blocks the thread, as reading from the socket does; a shutdown of the runtime ends it.
  bool wait_for_value(const std::string& key) {
    const auto got = fn::request<std::string>(keys_.shard_of(key), await{key}, fn::infinity);
    return got ? lines_.write("value " + *got) : complain(got.error().message());
  }

  /// The same for the next change; it hears of the shard's end by a monitor.
  bool wait_for_change(const std::string& key) {
    const fn::pid shard = keys_.shard_of(key);
    const auto monitor = self_->monitor(shard);
    if (!monitor) return complain(monitor.error().message());
    fn::send(shard, watch{key, self_->id()});
    bool there = false;
    const auto received = self_->receive([&](const changed& c) { there = lines_.write("changed " + c.value); },
                                         [&](const fn::down& d) { there = complain(d.reason.description()); });
    self_->demonitor(*monitor, fn::demonitor_mode::flush);
    return received && there;
  }

  bool say(const fn::result<found>& got) {
    if (!got) return complain(got.error().message());
    return lines_.write(*got ? "value " + **got : "none");
  }
  bool complain(std::string_view what) { return lines_.write("error " + std::string(what)); }

  fn::thread_process self_;
  const store& keys_;
  line_stream lines_;
  std::stop_source stop_;
};

}  // namespace

void serve(fn::runtime& rt, const store& keys, const socket& client, std::stop_source stop) {
  connection(rt, keys, client, std::move(stop)).run();
}

}  // namespace key_value
