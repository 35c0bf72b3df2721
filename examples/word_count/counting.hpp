// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace word_count {

/// A word is a run of ASCII letters, digits and underscores, upper and lower case being different. A run of more than
/// 255 bytes is data, not a word, and is not counted.
inline constexpr std::size_t longest_word = 255;

[[nodiscard]] constexpr bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Finds the words of a text that comes in chunks; one may begin in one chunk and end in another.
class word_scanner {
 public:
  /// Calls `on_word(std::string_view)` for each word that ends in this chunk.
  template <typename OnWord>
  void feed(std::string_view chunk, OnWord&& on_word) {
    const char* at = chunk.data();
    const char* const end = at + chunk.size();
    if (!begun_.empty()) {
      const char* const stop = end_of_word(at, end);
      begin({at, stop});
      if (stop == end) return;
      finish(on_word);
      at = stop;
    }
    for (;;) {
      while (at != end && !is_word_byte(*at)) ++at;
      const char* const stop = end_of_word(at, end);
      if (stop == end) return begin({at, stop});
      if (const std::string_view word(at, stop); word.size() <= longest_word) on_word(word);
      at = stop;
    }
  }

  /// The text is over: its last word, if it ends in one.
  template <typename OnWord>
  void finish(OnWord&& on_word) {
    if (!begun_.empty() && begun_.size() <= longest_word) on_word(std::string_view(begun_));
    begun_.clear();
  }

 private:
  [[nodiscard]] static const char* end_of_word(const char* at, const char* end) noexcept {
    while (at != end && is_word_byte(*at)) ++at;
    return at;
  }

  /// One byte more than a word may have is enough to know that it is none.
  void begin(std::string_view part) { begun_ += part.substr(0, longest_word + 1 - begun_.size()); }

  std::string begun_;  // of a word whose end has not come yet
};

struct word_and_times {
  std::string word;
  std::uint64_t times;
};

/// How often each word was seen: a hash table with open addressing whose words lie in one string, so that millions of
/// them cost two allocations, and moving it into another process's mailbox copies nothing.
class word_table {
 public:
  [[nodiscard]] static std::size_t hash(std::string_view word) noexcept { return std::hash<std::string_view>{}(word); }

  /// `hash` is the word's, which the caller may have at hand.
  void add(std::string_view word, std::size_t hash, std::uint64_t times);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The `count` most frequent words, the first first; of two seen equally often the alphabet decides.
  [[nodiscard]] std::vector<word_and_times> top(std::size_t count) const;

  /// Calls `visit(word, hash, times)` for each word.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const slot& s : slots_) {
      if (s.times != 0) visit(text_of(s), s.hash, s.times);
    }
  }

 private:
  struct slot {
    std::size_t hash = 0;
    std::size_t begin = 0;  // in text_
    std::size_t length = 0;
    std::uint64_t times = 0;  // 0: the slot is free
  };

  [[nodiscard]] std::string_view text_of(const slot& s) const noexcept { return {text_.data() + s.begin, s.length}; }
  [[nodiscard]] slot& find(std::string_view word, std::size_t hash) noexcept;
  void grow();

  std::vector<slot> slots_;  // a power of two of them, at most half in use
  std::string text_;
  std::size_t size_ = 0;
};

/// Whether `a` comes before `b` in a list of the most frequent words.
[[nodiscard]] bool more_frequent(const word_and_times& a, const word_and_times& b) noexcept;

}  // namespace word_count
