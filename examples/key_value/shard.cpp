// SPDX-License-Identifier: Apache-2.0
#include "shard.hpp"

#include <algorithm>
#include <utility>

namespace key_value {

void shard::handle(fn::process& self, put request) {
  if (auto watched = watchers_.extract(request.key)) {
    for (const watcher& each : watched.mapped()) {
      fn::send(each.id, changed{request.value});
      self.demonitor(each.monitor, fn::demonitor_mode::flush);
    }
  }
  values_.insert_or_assign(std::move(request.key), std::move(request.value));
  self.reply();
}

void shard::handle(fn::process& self, const get& request) {
  const auto at = values_.find(request.key);
  self.reply(at == values_.end() ? found() : found(at->second));
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

fn::result<store> store::start(fn::runtime& rt, unsigned shards) {
  std::vector<fn::pid> all;
  for (unsigned i = 0; i != shards; ++i) {
    const auto made = fn::spawn(rt, shard(), {.label = "shard"});
    if (!made) return made.error();
    all.push_back(*made);
  }
  return store(std::move(all));
}

}  // namespace key_value
