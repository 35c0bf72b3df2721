// SPDX-License-Identifier: Apache-2.0
#include "memory/utf8.hpp"

namespace foundation::memory {

namespace {

/// Bytes of a well-formed sequence at the front of `text`, which is not empty; 0: there is none.
std::size_t sequence_at(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t size = 0;
  unsigned char least = 0x80;  // of the second byte, which tells overlong forms, surrogates and what is beyond U+10FFFF
  unsigned char most = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    size = 3;
    if (lead == 0xe0) least = 0xa0;
    if (lead == 0xed) most = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4;
    if (lead == 0xf0) least = 0x90;
    if (lead == 0xf4) most = 0x8f;
  } else {
    return 0;
  }
  if (text.size() < size || byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return size;
}

}  // namespace

utf8_text read_utf8(std::string_view text) noexcept {
  utf8_text seen;
  for (std::size_t at = 0; at < text.size(); ++seen.characters) {
    const std::size_t size = sequence_at(text.substr(at));
    if (size == 0) {
      seen.valid = false;
      seen.bad_byte = at;
      return seen;
    }
    at += size;
  }
  return seen;
}

}  // namespace foundation::memory
