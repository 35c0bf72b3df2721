// SPDX-License-Identifier: Apache-2.0
#include "shard.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace key_value {

void shard::handle(fn::process& self, put request) {
  if (auto watched = watchers_.extract(request.key)) {
    for (const watcher& each : watched.mapped()) {
      fn::send(each.id, changed{request.value});
      self.demonitor(each.monitor, fn::demonitor_mode::flush);
    }
  }
  if (auto waited = waiting_.extract(request.key)) {
    for (auto& each : waited.mapped()) each.reply(request.value);
  }
  values_.insert_or_assign(std::move(request.key), std::move(request.value));
  self.reply();
}

void shard::handle(fn::process& self, const get& request) {
  const auto at = values_.find(request.key);
  self.reply(at == values_.end() ? found() : found(at->second));
}

void shard::handle(fn::process& self, await request) {
  if (const auto at = values_.find(request.key); at != values_.end()) {
    self.reply(at->second);
  } else if (auto later = self.reply_later<std::string>()) {
    waiting_[std::move(request.key)].push_back(std::move(*later));
  }
}

void shard::handle(fn::process& self, watch request) {
  const auto monitor = self.monitor(request.watcher);
  if (monitor) watchers_[std::move(request.key)].push_back({request.watcher, *monitor});
}

void shard::handle(fn::process&, const fn::down& ended) {
  for (auto at = watchers_.begin(); at != watchers_.end();) {
    std::erase_if(at->second, [&](const watcher& each) { return each.monitor == ended.monitor; });
    at = at->second.empty() ? watchers_.erase(at) : std::next(at);
  }
}

namespace {

using namespace std::chrono_literals;

/// Linked to the shards: it ends with none of them, but hears of it; they end with it.
void keep(fn::process& self, unsigned count, std::stop_source& lost) {
  self.trap_exit(true);
  shard_list all;
  for (unsigned i = 0; i != count; ++i) all.push_back(fn::spawn_link(self, shard(), {.label = "shard"}).value());
  for (;;) {
    self.receive([&](which_shards) { self.reply(all); },
                 [&](const fn::exited& e) {
                   lost.request_stop();
                   self.exit(e.reason);
                 });
  }
}

}  // namespace

fn::result<store> store::start(fn::runtime& rt, unsigned shards, std::stop_source lost) {
  const auto keeper =
      fn::spawn(rt, [shards, lost](fn::process& self) mutable { keep(self, shards, lost); }, {.label = "keeper"});
  if (!keeper) return keeper.error();
  auto all = fn::request<shard_list>(*keeper, which_shards{}, 5s);
  if (!all) return all.error();
  return store(*std::move(all));
}

}  // namespace key_value
