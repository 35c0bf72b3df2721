// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages.hpp"

namespace key_value {

/// The keys whose hash says so. Only this process sees them: there is no lock.
class shard {
 public:
  using messages = fn::messages<put, get, await, watch, fn::down>;

  void handle(fn::process& self, put request);
  void handle(fn::process& self, const get& request);
  void handle(fn::process& self, await request);
  void handle(fn::process& self, watch request);
  void handle(fn::process& self, const fn::down& ended);  // a watcher

 private:
  struct watcher {
    fn::pid id;
    fn::reference monitor;
  };

  std::unordered_map<std::string, std::string> values_;
  std::unordered_map<std::string, std::vector<watcher>> watchers_;
  std::unordered_map<std::string, std::vector<fn::reply_to<std::string>>> waiting_;
};

/// The shards of a service. They live until the runtime is shut down.
class store {
 public:
  /// Should a shard end before, its part of the data is lost: `lost` is asked to stop. @errors as fn::spawn and fn::request
  static fn::result<store> start(fn::runtime& rt, unsigned shards, std::stop_source lost);

  [[nodiscard]] fn::pid shard_of(std::string_view key) const noexcept {
    return shards_[std::hash<std::string_view>()(key) % shards_.size()];
  }

 private:
  explicit store(shard_list shards) : shards_(std::move(shards)) {}

  shard_list shards_;
};

}  // namespace key_value
