// SPDX-License-Identifier: Apache-2.0
//
// Who talks to whom:
//
//   connection (a plain thread) ── put, get ──▶ shard      requests: the shard replies
//   connection ─────────────────── watch ─────▶ shard      and monitors it meanwhile; the shard monitors the watcher
//   shard ──────────────────────── changed ───▶ connection, once
#pragma once

#include <optional>
#include <string>

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

struct watch {
  std::string key;
  fn::pid watcher;
};

struct changed {
  std::string value;
};

}  // namespace key_value
