// SPDX-License-Identifier: Apache-2.0
#include "os/call_site.hpp"

#include <cstring>

namespace foundation::os {

namespace {

// DWARF pointer encodings (LSB Core, 10.5.1): a format in the low half, what it is relative to in the high half.
constexpr std::uint8_t omitted = 0xff;
constexpr std::uint8_t format_mask = 0x0f;
constexpr std::uint8_t format_address = 0x00;
constexpr std::uint8_t format_uleb128 = 0x01;
constexpr std::uint8_t format_udata2 = 0x02;
constexpr std::uint8_t format_udata4 = 0x03;
constexpr std::uint8_t format_udata8 = 0x04;
constexpr std::uint8_t format_sdata4 = 0x0b;
constexpr std::uint8_t format_sdata8 = 0x0c;
constexpr std::uint8_t relative_mask = 0x70;
constexpr std::uint8_t relative_to_itself = 0x10;
constexpr std::uint8_t indirect = 0x80;

class table_reader {
 public:
  explicit table_reader(const std::byte* at) noexcept : at_(at) {}

  [[nodiscard]] const std::byte* at() const noexcept { return at_; }
  [[nodiscard]] bool readable() const noexcept { return readable_; }

  [[nodiscard]] std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(*at_++); }

  [[nodiscard]] std::uintptr_t uleb128() noexcept {
    std::uintptr_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t b = byte();
      if (shift < 64) value |= static_cast<std::uintptr_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return value;
    }
  }

  [[nodiscard]] std::uintptr_t encoded(std::uint8_t encoding) noexcept {
    const auto itself = reinterpret_cast<std::uintptr_t>(at_);
    std::uintptr_t value = 0;
    switch (encoding & format_mask) {
      case format_address:
        value = fixed<std::uintptr_t>();
        break;
      case format_uleb128:
        value = uleb128();
        break;
      case format_udata2:
        value = fixed<std::uint16_t>();
        break;
      case format_udata4:
        value = fixed<std::uint32_t>();
        break;
      case format_udata8:
        value = fixed<std::uint64_t>();
        break;
      case format_sdata4:
        value = static_cast<std::uintptr_t>(std::intptr_t{fixed<std::int32_t>()});
        break;
      case format_sdata8:
        value = static_cast<std::uintptr_t>(fixed<std::int64_t>());
        break;
      default:
        readable_ = false;
        return 0;
    }
    const auto relative = encoding & relative_mask;
    if ((relative != 0 && relative != relative_to_itself) || (encoding & indirect) != 0) readable_ = false;
    return value != 0 && relative == relative_to_itself ? value + itself : value;
  }

 private:
  template <typename T>
  [[nodiscard]] T fixed() noexcept {
    T value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  const std::byte* at_;
  bool readable_ = true;
};

}  // namespace

call_site find_call_site(const std::byte* table, std::uintptr_t function, std::uintptr_t at) noexcept {
  table_reader reader(table);
  const std::uint8_t pad_base_encoding = reader.byte();
  const std::uintptr_t pad_base = pad_base_encoding == omitted ? function : reader.encoded(pad_base_encoding);
  // The types that handlers name: none of them is ours, so which they are does not matter.
  if (reader.byte() != omitted) static_cast<void>(reader.uleb128());
  const std::uint8_t encoding = reader.byte();
  const std::uintptr_t length = reader.uleb128();
  const std::byte* end = reader.at() + length;

  // Entries: start, length, landing pad (0: none), action. Sorted by start.
  while (reader.at() < end && reader.readable()) {
    const std::uintptr_t start = function + reader.encoded(encoding);
    const std::uintptr_t size = reader.encoded(encoding);
    const std::uintptr_t pad = reader.encoded(encoding);
    static_cast<void>(reader.uleb128());
    if (at < start) break;
    if (at - start >= size) continue;
    if (!reader.readable()) break;
    if (pad == 0) return {call_site_kind::no_landing_pad};
    return {call_site_kind::landing_pad, pad_base + pad};
  }
  return {reader.readable() ? call_site_kind::missing : call_site_kind::unreadable};
}

}  // namespace foundation::os
