// SPDX-License-Identifier: Apache-2.0
#include "memory/utf8.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace foundation::memory {
namespace {

/// The bytes of a number as UTF-8 writes code points, with as many bytes as asked: also where that is not well-formed.
std::string encoded(std::uint32_t c, int bytes) {
  if (bytes == 1) return {static_cast<char>(c)};
  std::string out;
  for (int i = 0; i + 1 < bytes; ++i) out.insert(out.begin(), static_cast<char>(0x80 | (c >> (6 * i) & 0x3f)));
  const std::uint32_t lead = 0xf00u >> bytes & 0xffu;
  out.insert(out.begin(), static_cast<char>(lead | c >> (6 * (bytes - 1))));
  return out;
}

int shortest(std::uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

TEST(Utf8, every_code_point_is_valid_in_its_shortest_form_but_a_surrogate) {
  for (std::uint32_t c = 0; c < 0x110000; ++c) {
    const utf8_text seen = read_utf8(encoded(c, shortest(c)));
    const bool surrogate = c >= 0xd800 && c <= 0xdfff;
    ASSERT_EQ(seen.valid, !surrogate) << c;
    ASSERT_EQ(seen.characters, surrogate ? 0u : 1u) << c;
  }
}

TEST(Utf8, no_code_point_is_valid_in_a_longer_form) {
  for (std::uint32_t c = 0; c < 0x10000; ++c) {
    for (int bytes = shortest(c) + 1; bytes <= 4; ++bytes) {
      ASSERT_FALSE(read_utf8(encoded(c, bytes)).valid) << c << " in " << bytes;
    }
  }
}

TEST(Utf8, nothing_beyond_the_last_code_point_is_valid) {
  for (std::uint32_t c = 0x110000; c < 0x200000; ++c) ASSERT_FALSE(read_utf8(encoded(c, 4)).valid) << c;
}

TEST(Utf8, no_beginning_of_a_sequence_is_valid_alone) {
  const std::string four = encoded(0x1f600, 4);
  for (std::size_t size = 1; size < four.size(); ++size) {
    EXPECT_FALSE(read_utf8(four.substr(0, size)).valid) << size;
    EXPECT_FALSE(read_utf8(four.substr(0, size) + "a").valid) << size;
  }
}

TEST(Utf8, characters_are_counted_up_to_the_first_bad_byte_which_is_named) {
  const utf8_text whole = read_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_TRUE(whole.valid);
  EXPECT_EQ(whole.characters, 4u);
  const utf8_text broken = read_utf8("a\xc3\xa4\xff z");
  EXPECT_FALSE(broken.valid);
  EXPECT_EQ(broken.characters, 2u);
  EXPECT_EQ(broken.bad_byte, 3u);
  EXPECT_TRUE(read_utf8("").valid);
}

}  // namespace
}  // namespace foundation::memory
