// SPDX-License-Identifier: Apache-2.0
#include "os/instruction.hpp"

#if defined(__x86_64__)

#include <cstring>

/// Lengths and branches of x86-64 instructions (Intel SDM volume 2, appendix A). What compilers do not emit is
/// `unknown`.
namespace foundation::os {

namespace {

class code_reader {
 public:
  explicit code_reader(const std::byte* at) noexcept : start_(at), at_(at) {}

  [[nodiscard]] std::uint8_t peek() const noexcept { return static_cast<std::uint8_t>(*at_); }
  std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(*at_++); }
  void skip(std::size_t count) noexcept { at_ += count; }

  [[nodiscard]] const std::byte* relative8() noexcept {
    const auto distance = static_cast<std::int8_t>(byte());
    return at_ + distance;
  }
  [[nodiscard]] const std::byte* relative32() noexcept {
    std::int32_t distance;
    std::memcpy(&distance, at_, sizeof distance);
    at_ += sizeof distance;
    return at_ + distance;
  }

  [[nodiscard]] instruction ends(flow kind, const std::byte* target = nullptr,
                                 const void* slot = nullptr) const noexcept {
    return {.kind = kind, .length = static_cast<std::uint8_t>(at_ - start_), .target = target, .slot = slot};
  }

 private:
  const std::byte* start_;
  const std::byte* at_;
};

constexpr instruction not_understood{};

struct prefixes {
  bool operand_16 = false;
  bool wide = false;  // REX.W
};

prefixes read_prefixes(code_reader& code) noexcept {
  prefixes found;
  for (;; code.skip(1)) {
    switch (code.peek()) {
      case 0x66:
        found.operand_16 = true;
        continue;
      case 0x67:
      case 0xf0:
      case 0xf2:
      case 0xf3:
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
      case 0x64:
      case 0x65:
        continue;
      default:
        break;
    }
    if ((code.peek() & 0xf0) == 0x40) found.wide = (code.byte() & 0x08) != 0;  // REX comes last
    return found;
  }
}

struct operand {
  unsigned reg;                     // the middle field: a register, or part of the operation code
  const std::byte* word = nullptr;  // the address, if it counts from the instruction pointer
};

/// Reads a ModRM byte and what belongs to it.
operand read_operand(code_reader& code) noexcept {
  const std::uint8_t modrm = code.byte();
  const unsigned mode = modrm >> 6;
  const unsigned rm = modrm & 7;
  operand result{.reg = static_cast<unsigned>(modrm >> 3 & 7)};
  if (mode == 3) return result;
  if (rm == 4) {
    const unsigned base = code.byte() & 7;
    if (mode == 0 && base == 5) code.skip(4);
  } else if (mode == 0 && rm == 5) {
    result.word = code.relative32();
  }
  if (mode == 1) code.skip(1);
  if (mode == 2) code.skip(4);
  return result;
}

/// Operations that begin with 0F, or those of vectors with the same numbers.
instruction decode_two_byte(code_reader& code) noexcept {
  const std::uint8_t op = code.byte();
  if (op >= 0x80 && op <= 0x8f) {
    const std::byte* target = code.relative32();
    return code.ends(flow::branch, target);
  }
  if (op == 0x0b) return code.ends(flow::stop);  // ud2
  if (op == 0x05 || op == 0x31 || op == 0x77 || op == 0xa2 || (op >= 0xc8 && op <= 0xcf)) return code.ends(flow::next);
  if (op < 0x0d || (op >= 0x30 && op <= 0x37) || op == 0xa0 || op == 0xa1 || op == 0xa8 || op == 0xa9 || op == 0xaa) {
    return not_understood;  // of the system, or never compiled to
  }
  const bool three_byte = op == 0x38 || op == 0x3a;
  if (three_byte) code.skip(1);
  static_cast<void>(read_operand(code));
  const bool immediate = op == 0x3a || (op >= 0x70 && op <= 0x73) || op == 0xa4 || op == 0xac || op == 0xba ||
                         op == 0xc2 || (op >= 0xc4 && op <= 0xc6);
  if (immediate) code.skip(1);
  return code.ends(flow::next);
}

/// Operations with a VEX (C4, C5) or EVEX (62) prefix: the operation map is a field of it.
instruction decode_vector(code_reader& code, std::uint8_t prefix) noexcept {
  unsigned map = 1;
  if (prefix == 0xc5) {
    code.skip(1);
  } else {
    map = code.byte() & (prefix == 0xc4 ? 0x1f : 0x07);
    code.skip(prefix == 0xc4 ? 1 : 2);
  }
  if (map == 0 || map > 3) return not_understood;
  const std::uint8_t op = code.byte();
  if (map == 1 && op == 0x77) return code.ends(flow::next);  // vzeroupper
  static_cast<void>(read_operand(code));
  if (map == 3 || (map == 1 && ((op >= 0x70 && op <= 0x73) || op == 0xc2 || (op >= 0xc4 && op <= 0xc6)))) code.skip(1);
  return code.ends(flow::next);
}

/// FE and FF: increments, and calls and jumps through registers and memory.
instruction decode_group_five(code_reader& code) noexcept {
  const operand o = read_operand(code);
  const void* slot = o.word;
  switch (o.reg) {
    case 2:
      return code.ends(flow::call, nullptr, slot);
    case 4:
      return code.ends(flow::jump, nullptr, slot);
    case 3:
    case 5:
    case 7:
      return not_understood;
    default:
      return code.ends(flow::next);
  }
}

instruction with_operand(code_reader& code, std::size_t immediate) noexcept {
  static_cast<void>(read_operand(code));
  code.skip(immediate);
  return code.ends(flow::next);
}

instruction with_immediate(code_reader& code, std::size_t immediate) noexcept {
  code.skip(immediate);
  return code.ends(flow::next);
}

}  // namespace

instruction decode(const std::byte* at) noexcept {
  code_reader code(at);
  const prefixes p = read_prefixes(code);
  const std::size_t immediate = p.operand_16 ? 2 : 4;
  const std::uint8_t op = code.byte();
  if (op == 0x0f) return decode_two_byte(code);
  if (op < 0x40) {
    if ((op & 7) < 4) return with_operand(code, 0);
    if ((op & 7) == 4) return with_immediate(code, 1);
    return (op & 7) == 5 ? with_immediate(code, immediate) : not_understood;
  }
  if ((op >= 0x50 && op <= 0x5f) || (op >= 0x6c && op <= 0x6f)) return code.ends(flow::next);
  if ((op >= 0x70 && op <= 0x7f) || (op >= 0xe0 && op <= 0xe3)) {
    const std::byte* target = code.relative8();
    return code.ends(flow::branch, target);
  }
  if (op >= 0x84 && op <= 0x8f) return with_operand(code, 0);
  if (op >= 0x90 && op <= 0x9f) return op == 0x9a ? not_understood : code.ends(flow::next);
  if (op >= 0xa0 && op <= 0xa3) return with_immediate(code, 8);
  if (op >= 0xa4 && op <= 0xaf) return with_immediate(code, op == 0xa8 ? 1 : op == 0xa9 ? immediate : 0);
  if (op >= 0xb0 && op <= 0xb7) return with_immediate(code, 1);
  if (op >= 0xb8 && op <= 0xbf) return with_immediate(code, p.wide ? 8 : immediate);
  if (op >= 0xd0 && op <= 0xdf && (op < 0xd4 || op > 0xd7)) return with_operand(code, 0);
  switch (op) {
    case 0x62:
    case 0xc4:
    case 0xc5:
      return decode_vector(code, op);
    case 0x63:
      return with_operand(code, 0);
    case 0x68:
      return with_immediate(code, immediate);
    case 0x69:
    case 0x81:
    case 0xc7:
      return with_operand(code, immediate);
    case 0x6a:
      return with_immediate(code, 1);
    case 0x6b:
    case 0x80:
    case 0x83:
    case 0xc0:
    case 0xc1:
    case 0xc6:
      return with_operand(code, 1);
    case 0xc2:
    case 0xc3:
    case 0xcc:
    case 0xf4:
      return code.ends(flow::stop);
    case 0xc9:
    case 0xf5:
    case 0xf8:
    case 0xf9:
    case 0xfc:
    case 0xfd:
      return code.ends(flow::next);
    case 0xe8: {
      const std::byte* target = code.relative32();
      return code.ends(flow::call, target);
    }
    case 0xe9: {
      const std::byte* target = code.relative32();
      return code.ends(flow::jump, target);
    }
    case 0xeb: {
      const std::byte* target = code.relative8();
      return code.ends(flow::jump, target);
    }
    case 0xf6:
    case 0xf7: {
      const operand o = read_operand(code);
      if (o.reg < 2) code.skip(op == 0xf6 ? 1 : immediate);  // test; the others have no immediate
      return code.ends(flow::next);
    }
    case 0xfe:
    case 0xff:
      return decode_group_five(code);
    default:
      return not_understood;
  }
}

const void* stub_slot(const std::byte* function) noexcept {
  constexpr std::uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
  if (std::memcmp(function, endbr64, sizeof endbr64) == 0) function += sizeof endbr64;
  const instruction first = decode(function);
  return first.kind == flow::jump ? first.slot : nullptr;
}

bool is_two_calls_without_return(const std::byte* function) noexcept {
  constexpr std::uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
  constexpr std::uint8_t push_rax[] = {0x50};
  constexpr std::uint8_t frame_pointer[] = {0x55, 0x48, 0x89, 0xe5};
  const auto skip = [&function](const auto& bytes) noexcept {
    if (std::memcmp(function, bytes, sizeof bytes) == 0) function += sizeof bytes;
  };
  skip(endbr64);
  skip(push_rax);
  skip(frame_pointer);
  for (int calls = 0; calls < 2; ++calls) {
    const instruction i = decode(function);
    if (i.kind != flow::call) return false;
    function += i.length;
  }
  // A function that comes back would now restore its stack: pop, leave, add rsp, ret.
  const auto after = static_cast<std::uint8_t>(*function);
  const bool restores = (after >= 0x58 && after <= 0x5f) || after == 0xc9 || after == 0xc3 ||
                        (after == 0x48 && static_cast<std::uint8_t>(function[1]) == 0x83);
  return !restores;
}

}  // namespace foundation::os

#endif
