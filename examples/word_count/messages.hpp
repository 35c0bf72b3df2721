// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <foundation/foundation.hpp>

#include "counting.hpp"

/// What the processes of word_count say to each other. Any movable type is a message; nothing has to be registered.
///
///     worker  ── partial_counts ──> shard        the words of one file that belong to this shard
///     worker  <── merged ────────── shard
///     worker  ── counted ─────────> coordinator  or `skipped`: the worker's last word
///     ticker  ── tick ────────────> coordinator  time to draw the progress line
///     shard   <── summarise ─────── coordinator  when every file is done
///     shard   ── summary ─────────> coordinator
namespace word_count {

namespace fn = foundation;

struct partial_counts {
  fn::pid from;
  word_table words;
};
struct merged {};

struct counted {
  std::uint64_t bytes;
};
struct skipped {
  std::string path;
  std::string reason;
};

struct tick {};

struct summarise {
  fn::pid from;
  std::size_t top;
};
struct summary {
  std::uint64_t words = 0;
  std::uint64_t different = 0;
  std::vector<word_and_times> top;
};

/// Sends what the other one waits for: again and again while there is no memory for it.
template <typename Message>
void tell(fn::process& self, fn::pid to, const Message& message) {
  while (!fn::send(to, message)) self.sleep(std::chrono::milliseconds(10));
}

}  // namespace word_count
