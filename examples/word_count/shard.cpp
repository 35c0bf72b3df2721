// SPDX-License-Identifier: Apache-2.0
#include "shard.hpp"

#include <algorithm>
#include <stdexcept>

namespace word_count {

void shard::handle(fn::process& self, const partial_counts& part) {
  part.words.for_each([this](std::string_view word, std::size_t hash, std::uint64_t times) {
    counts_.add(word, hash, times);
    words_ += times;
  });
  self.consume(1 + static_cast<std::uint32_t>(part.words.size() / 16));
  tell(self, part.from, merged{});
}

void shard::handle(fn::process&, const summarise& request) {
  fn::send(request.from, summary{words_, counts_.size(), counts_.top(request.top)}).value();
}

void expect_alive(const std::vector<fn::pid>& shards) {
  if (!std::all_of(shards.begin(), shards.end(), fn::is_alive)) {
    throw std::runtime_error("a process that held a part of the result has ended");
  }
}

}  // namespace word_count
