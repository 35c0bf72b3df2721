// SPDX-License-Identifier: Apache-2.0
//
// Who talks to whom:
//
//   connection (a plain thread) ── put, get, await ─▶ shard    requests: the shard replies, to await when it can
//   connection ─────────────────── watch ──────────▶ shard    and monitors it meanwhile; the shard monitors the watcher
//   shard ──────────────────────── changed ────────▶ connection, once
//   main ───────────────────────── which_shards ───▶ keeper   a request; the keeper is linked to the shards
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <foundation/foundation.hpp>

namespace key_value {

namespace fn = foundation;

struct put {  // the reply is void
  std::string key;
  std::string value;
};

struct get {
  std::string key;
};
using found = std::optional<std::string>;  // the reply to it

struct await {  // the reply is the value, as soon as there is one
  std::string key;
};

struct watch {
  std::string key;
  fn::pid watcher;
};

struct changed {
  std::string value;
};

struct which_shards {};
using shard_list = std::vector<fn::pid>;  // the reply to it

}  // namespace key_value
