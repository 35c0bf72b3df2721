// SPDX-License-Identifier: Apache-2.0
//
// What comes from outside: an error or the right bytes, within the caller's bound.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>

#include <foundation/optimize_binary.hpp>

#include "memory/memory.hpp"
#include "support/scale.hpp"

namespace fn = foundation;

namespace {

using fn::binary_encoding;
using ::testing::HasSubstr;

constexpr std::size_t for_zstd = 200 << 10;  // bytes that its context may take

fn::binary of(std::string_view text) { return fn::binary::copy(text).value(); }

/// Adds up what is allocated in its life, without what is given back meanwhile: at least the most that was held at once.
class allocated_bytes {
 public:
  allocated_bytes() { sum_.store(0); }
  [[nodiscard]] static std::size_t sum() { return sum_.load(); }

 private:
  static inline fn::sync::atomic<std::size_t> sum_{0};
  static constexpr fn::memory::backing_table table{
      .allocate = [](std::size_t bytes) noexcept -> void* {
        sum_.fetch_add(bytes);
        return fn::memory::scoped_backing::original().allocate(bytes);
      },
      .deallocate = [](void* block) noexcept { fn::memory::scoped_backing::original().deallocate(block); },
      .name = "adds up"};
  fn::memory::scoped_backing scope_{table};
};

fn::result<fn::binary> restore(std::string_view data, std::size_t max_size = 1 << 20) {
  return fn::restore_binary(of(data), binary_encoding::zstd, {.max_size = max_size});
}
std::string compressed(std::string_view text, int level = 3) {
  const auto made = fn::optimize_binary(of(text), fn::binary_strategy::storage, {.ratio = 1, .level = level}).value();
  EXPECT_EQ(made.encoding, binary_encoding::zstd);
  return std::string(made.data.text());
}

constexpr std::string_view magic("\x28\xb5\x2f\xfd", 4);

std::string little_endian(std::uint64_t number, int bytes) {
  std::string out;
  for (int i = 0; i != bytes; ++i) out += static_cast<char>(number >> (8 * i));
  return out;
}
/// A frame by hand (RFC 8878): it says that it makes `says` bytes, and has blocks that repeat 'a'.
std::string repeating(std::uint64_t says, std::initializer_list<std::uint32_t> blocks) {
  std::string out(magic);
  out += '\xe0';  // a single segment, its size in eight bytes, no checksum
  out += little_endian(says, 8);
  std::size_t left = blocks.size();
  for (const std::uint32_t size : blocks) {
    out += little_endian((--left == 0 ? 1u : 0u) | 1u << 1 | size << 3, 3);
    out += 'a';
  }
  return out;
}

TEST(RestoreBinary, takes_plain_data_as_it_is_within_the_bound) {
  const fn::binary data = of(std::string(1000, 'x'));
  EXPECT_EQ(fn::restore_binary(data, binary_encoding::plain, {.max_size = 1000}).value().buffer(), data.buffer());
  const auto refused = fn::restore_binary(data, binary_encoding::plain, {.max_size = 999});
  ASSERT_EQ(refused, fn::errc::invalid_data);
  EXPECT_EQ(refused.error().message(), "max_size: 1000 bytes given, 0..999 allowed");
}

TEST(RestoreBinary, knows_the_encodings_that_there_are) {
  const auto refused = fn::restore_binary(of("data"), static_cast<binary_encoding>(2));
  ASSERT_EQ(refused, fn::errc::invalid_argument);
  EXPECT_EQ(refused.error().message(), "encoding: 2 given, 0..1 allowed");
}

TEST(RestoreBinary, refuses_a_bomb_by_what_it_says_before_it_allocates_anything) {
  const std::string bomb = compressed(std::string(std::size_t{8} << 20, '\0'));
  EXPECT_LT(bomb.size(), 2000u);
  const fn::binary given = of(bomb);
  const allocated_bytes allocated;
  const auto refused = fn::restore_binary(given, binary_encoding::zstd, {.max_size = (std::size_t{8} << 20) - 1});
  ASSERT_EQ(refused, fn::errc::invalid_data);
  EXPECT_EQ(refused.error().message(), "max_size: a zstd frame of 8388608 bytes given, 0..8388607 allowed");
  EXPECT_EQ(allocated.sum(), 0u);
  EXPECT_EQ(fn::restore_binary(given, binary_encoding::zstd, {.max_size = std::size_t{8} << 20}).value().size(),
            8u << 20);
}

TEST(RestoreBinary, refuses_a_frame_that_makes_more_than_it_says) {
  EXPECT_EQ(restore(repeating(1000, {1000})).value(), std::string(1000, 'a')) << "made by hand, but right";
  EXPECT_EQ(restore(repeating(1000, {600, 400})).value(), std::string(1000, 'a'));
  for (const std::uint64_t says : {0u, 1u, 999u, 1001u, 100'000u}) {
    const allocated_bytes allocated;
    EXPECT_EQ(restore(repeating(says, {1000})), fn::errc::invalid_data) << says;
    EXPECT_EQ(restore(repeating(says, {100'000, 100'000, 100'000})), fn::errc::invalid_data) << says;
    EXPECT_LE(allocated.sum(), 2 * (says + for_zstd));
  }
}

TEST(RestoreBinary, refuses_a_size_that_no_frame_of_this_length_can_make_before_it_allocates_anything) {
  const std::string liar = repeating(std::uint64_t{50} << 20, {1000});
  const fn::binary given = of(liar);
  const allocated_bytes allocated;
  const auto refused = fn::restore_binary(given, binary_encoding::zstd);
  ASSERT_EQ(refused, fn::errc::invalid_data);
  EXPECT_THAT(std::string(refused.error().message()), HasSubstr("says it makes 52428800"));
  EXPECT_EQ(allocated.sum(), 0u);
  EXPECT_EQ(restore(repeating(~std::uint64_t{0} - 2, {1000})), fn::errc::invalid_data);
}

TEST(RestoreBinary, takes_one_frame_whole_and_alone) {
  const std::string frame = compressed(std::string(1000, 'x'));
  for (std::size_t size = 0; size != frame.size(); ++size) {
    EXPECT_EQ(restore(std::string_view(frame).substr(0, size)), fn::errc::invalid_data) << size;
  }
  EXPECT_EQ(restore(frame + '\0'), fn::errc::invalid_data);
  EXPECT_EQ(restore(frame + frame), fn::errc::invalid_data);
  EXPECT_EQ(restore(' ' + frame), fn::errc::invalid_data);
  const std::string skippable = std::string("\x50\x2a\x4d\x18", 4) + little_endian(3, 4) + "abc";
  EXPECT_EQ(restore(skippable), fn::errc::invalid_data);
  EXPECT_EQ(restore(skippable + frame), fn::errc::invalid_data);
  EXPECT_EQ(restore(frame + skippable), fn::errc::invalid_data);
  EXPECT_EQ(restore(frame + repeating(0, {0})), fn::errc::invalid_data);
  EXPECT_EQ(restore(frame).value(), std::string(1000, 'x'));
}

TEST(RestoreBinary, refuses_a_frame_that_does_not_say_its_size) {
  std::string frame(magic);
  frame += '\0';  // no size, no single segment
  frame += '\0';  // the smallest window
  frame += little_endian(1u | 0u << 1 | 3u << 3, 3) + "abc";
  const auto refused = restore(frame);
  ASSERT_EQ(refused, fn::errc::invalid_data);
  EXPECT_THAT(std::string(refused.error().message()), HasSubstr("does not say its size"));
}

TEST(RestoreBinary, notices_every_single_flipped_bit_that_matters) {
  std::string text;
  for (int i = 0; i != 200; ++i) text += "line " + std::to_string(i) + '\n';
  const std::string frame = compressed(text);
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit != frame.size() * 8; ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto restored = restore(flipped);
    if (restored) {
      ASSERT_EQ(*restored, text) << "bit " << bit;  // as the one that the format calls unused
    } else {
      ASSERT_EQ(restored, fn::errc::invalid_data);
      ++refused;
    }
  }
  EXPECT_GE(refused, frame.size() * 8 - 16);
}

/// Frames and garbage, damaged in some ways at once.
class fuzzed_frames {
 public:
  explicit fuzzed_frames(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i != 6; ++i) {
      std::string text = std::string(below(50), static_cast<char>(random_())) + "some text that comes again ";
      while (text.size() < below(20'000)) text += text.substr(below(text.size())) + static_cast<char>(random_());
      texts_.push_back(text + text);
      frames_.push_back(compressed(texts_.back(), 1 + static_cast<int>(below(6))));
    }
  }

  void round() {
    const std::size_t which = below(frames_.size());
    std::string frame = frames_[which];
    for (std::size_t changes = 1 + below(3); changes != 0; --changes) damage(frame);
    const std::size_t max_size = below(4) == 0 ? below(5000) : std::size_t{64} << 10;
    const fn::binary given = of(frame);
    const allocated_bytes allocated;
    const auto restored = fn::restore_binary(given, binary_encoding::zstd, {.max_size = max_size});
    ASSERT_LE(allocated.sum(), max_size + for_zstd);
    if (!restored) {
      ASSERT_EQ(restored, fn::errc::invalid_data);
      ASSERT_NE(restored.error().message(), "");
    } else {
      ASSERT_LE(restored->size(), max_size);
      // What a checksum is over is right; a damage that takes it away leaves no room for it in the frame.
      const bool known = std::find(texts_.begin(), texts_.end(), restored->text()) != texts_.end();
      ASSERT_TRUE(known || frame.size() != frames_[which].size());
    }
    if (restored) ++taken_;
  }
  [[nodiscard]] std::size_t taken() const { return taken_; }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  void damage(std::string& frame) {
    if (frame.empty()) return;
    const std::size_t at = below(frame.size());
    switch (below(9)) {
      case 0: frame[at] = static_cast<char>(frame[at] ^ 1 << below(8)); break;
      case 1: frame[at] = static_cast<char>(random_()); break;
      case 2: frame.resize(at); break;
      case 3: frame += static_cast<char>(random_()); break;
      case 4: frame.erase(at, 1 + below(8)); break;
      case 5: frame.insert(at, frame.substr(below(frame.size()), below(50))); break;
      case 6:
        frame[below(std::min<std::size_t>(frame.size(), 16))] = static_cast<char>(random_());
        break;  // the header
      case 7: {
        const std::string& other = frames_[below(frames_.size())];
        frame = frame.substr(0, at) + other.substr(std::min(at, other.size()));
        break;
      }
      default: {
        for (std::size_t i = std::min<std::size_t>(at, 4); i != frame.size(); ++i) {
          if (below(3) == 0) frame[i] = static_cast<char>(random_());
        }
      }
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> texts_;
  std::vector<std::string> frames_;
  std::size_t taken_ = 0;
};

class RestoreBinaryFuzz : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RestoreBinaryFuzz, damaged_frames_are_errors_within_the_bound_or_the_right_bytes) {
  for (std::uint64_t seed = GetParam(); seed != GetParam() + fn::testing::scaled(40, 5); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    fuzzed_frames frames(seed);
    for (int i = 0; i != 300; ++i) {
      frames.round();
      if (HasFatalFailure()) return;
    }
    ASSERT_LT(frames.taken(), 100u) << "most damage is damage";
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, RestoreBinaryFuzz, ::testing::Values(1'000, 2'000'000));
INSTANTIATE_TEST_SUITE_P(nightly, RestoreBinaryFuzz, ::testing::Values(10'000'000, 20'000'000));

}  // namespace
