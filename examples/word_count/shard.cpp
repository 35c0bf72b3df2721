// SPDX-License-Identifier: Apache-2.0
#include "shard.hpp"

namespace word_count {

void shard::handle(fn::process& self, const partial_counts& part) {
  part.words.for_each([this](std::string_view word, std::size_t hash, std::uint64_t times) {
    counts_.add(word, hash, times);
    words_ += times;
  });
  self.consume(1 + static_cast<std::uint32_t>(part.words.size() / 16));
  fn::send(part.from, merged{});
}

void shard::handle(fn::process&, const summarise& request) {
  fn::send(request.from, summary{words_, counts_.size(), counts_.top(request.top)});
}

}  // namespace word_count
