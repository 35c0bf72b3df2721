// SPDX-License-Identifier: Apache-2.0
#include "os/instruction.hpp"

#if defined(__aarch64__)

#include <cstring>

/// Branches of AArch64 (Arm ARM, C4.1): every instruction is four bytes.
namespace foundation::os {

namespace {

std::uint32_t word_at(const std::byte* at) noexcept {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// `at` plus four times the signed number in `count` bits from bit `low` on.
const std::byte* relative(const std::byte* at, std::uint32_t word, unsigned low, unsigned count) noexcept {
  const auto shifted = static_cast<std::int32_t>(word << (32 - low - count));
  return at + std::ptrdiff_t{shifted >> (32 - count)} * 4;
}

instruction made(flow kind, const std::byte* target = nullptr) noexcept {
  return {.kind = kind, .length = 4, .target = target};
}

}  // namespace

instruction decode(const std::byte* at) noexcept {
  const std::uint32_t word = word_at(at);
  if ((word & 0xfc000000u) == 0x94000000u) return made(flow::call, relative(at, word, 0, 26));    // bl
  if ((word & 0xfc000000u) == 0x14000000u) return made(flow::jump, relative(at, word, 0, 26));    // b
  if ((word & 0xff000000u) == 0x54000000u) return made(flow::branch, relative(at, word, 5, 19));  // b.cond
  if ((word & 0x7e000000u) == 0x34000000u) return made(flow::branch, relative(at, word, 5, 19));  // cbz, cbnz
  if ((word & 0x7e000000u) == 0x36000000u) return made(flow::branch, relative(at, word, 5, 14));  // tbz, tbnz
  if ((word & 0xfe000000u) == 0xd6000000u) {                                                      // through a register
    const std::uint32_t operation = word >> 21 & 0xf;
    if (operation == 1 || operation == 9) return made(flow::call);  // blr, blraa
    if (operation == 2) return made(flow::stop);                    // ret, retaa
    return made(flow::jump);                                        // br
  }
  if ((word & 0xffe0001fu) == 0xd4200000u) return made(flow::stop);  // brk
  if ((word & 0xffff0000u) == 0) return made(flow::stop);            // udf
  return made(flow::next);
}

const void* stub_slot(const std::byte* function) noexcept {
  constexpr std::uint32_t bti_c = 0xd503245f;
  if (word_at(function) == bti_c) function += 4;
  const std::uint32_t adrp = word_at(function);
  const std::uint32_t load = word_at(function + 4);
  if ((adrp & 0x9f00001fu) != 0x90000010u || (load & 0xffc003ffu) != 0xf9400211u)
    return nullptr;  // x16; x17, [x16, #n]
  const auto pages = static_cast<std::int32_t>((adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3));
  const std::int64_t distance = std::int64_t{static_cast<std::int32_t>(pages << 11) >> 11} * 4096;
  const auto page = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(function) & ~std::uintptr_t{4095});
  return reinterpret_cast<const void*>(page + distance + (load >> 10 & 0xfff) * 8);
}

bool is_two_calls_without_return(const std::byte* function) noexcept {
  for (int prologue = 0; prologue < 4; ++prologue) {
    if (decode(function).kind != flow::next) break;
    function += 4;
  }
  if (decode(function).kind != flow::call || decode(function + 4).kind != flow::call) return false;
  // A function that comes back would now restore x29 and x30: ldp or ldr from the stack.
  const std::uint32_t after = word_at(function + 8);
  const bool restores = (after & 0xfe4003e0u) == 0xa84003e0u || (after & 0xffc003e0u) == 0xf84003e0u;
  return !restores;
}

}  // namespace foundation::os

#endif
