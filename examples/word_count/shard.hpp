// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <foundation/foundation.hpp>

#include "messages.hpp"

namespace word_count {

/// A share of the result: the words whose hash says so. A handler object: one call for each message, and no stack
/// between two of them.
class shard {
 public:
  using messages = fn::messages<partial_counts, summarise>;

  void handle(fn::process& self, const partial_counts& part);
  void handle(fn::process& self, const summarise& request);

 private:
  word_table counts_;
  std::uint64_t words_ = 0;
};

/// Throws when a shard has ended: it will answer nobody, and what it had counted is lost.
void expect_alive(const std::vector<fn::pid>& shards);

}  // namespace word_count
