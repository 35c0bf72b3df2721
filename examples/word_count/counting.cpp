// SPDX-License-Identifier: Apache-2.0
#include "counting.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace word_count {

void word_table::add(std::string_view word, std::size_t hash, std::uint64_t times) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  slot& s = find(word, hash);
  if (s.times == 0) {
    s = {hash, text_.size(), word.size(), 0};
    text_ += word;
    ++size_;
  }
  s.times += times;
}

word_table::slot& word_table::find(std::string_view word, std::size_t hash) noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    slot& s = slots_[i];
    if (s.times == 0 || (s.hash == hash && text_of(s) == word)) return s;
  }
}

void word_table::grow() {
  const auto old = std::exchange(slots_, std::vector<slot>(std::max<std::size_t>(64, 2 * slots_.size())));
  const std::size_t mask = slots_.size() - 1;
  for (const slot& s : old) {
    if (s.times == 0) continue;
    std::size_t i = s.hash & mask;
    while (slots_[i].times != 0) i = (i + 1) & mask;
    slots_[i] = s;
  }
}

std::vector<word_and_times> word_table::top(std::size_t count) const {
  std::vector<slot> used;
  used.reserve(size_);
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(used), [](const slot& s) { return s.times != 0; });
  const auto last = used.begin() + static_cast<std::ptrdiff_t>(std::min(count, used.size()));
  std::partial_sort(used.begin(), last, used.end(), [this](const slot& a, const slot& b) {
    return a.times != b.times ? a.times > b.times : text_of(a) < text_of(b);
  });
  std::vector<word_and_times> words;
  for (auto s = used.begin(); s != last; ++s) words.push_back({std::string(text_of(*s)), s->times});
  return words;
}

bool more_frequent(const word_and_times& a, const word_and_times& b) noexcept {
  return a.times != b.times ? a.times > b.times : a.word < b.word;
}

}  // namespace word_count
