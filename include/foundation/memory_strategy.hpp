// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace foundation::inline v0 {

/// How a process's arena gets its memory, and what it keeps. An option of `spawn`; what each brings is measured in
/// docs/benchmarks.md.
///
/// | strategy          | first chunk | chunks come from                    | free memory is looked for  | beyond that            |
/// |-------------------|-------------|-------------------------------------|----------------------------|------------------------|
/// | `standard`        | 1 KiB       | what the scheduler keeps for reuse  | when idle, if it is much   |                        |
/// | `isolated_heaps`  | one page    | the system, pages of its own        | when idle, if it is much   | returned to the system |
/// | `shared_binaries` | 1 KiB       | what the scheduler keeps for reuse  | when idle, if it is much   | shares from 64 bytes   |
/// | `frequent_gc`     | 1 KiB       | what the scheduler keeps for reuse  | after each turn            |                        |
/// | `low_latency`     | 64 KiB      | what the scheduler keeps for reuse  | never                      | taken and touched at spawn |
enum class memory_strategy : std::uint8_t {
  standard,
  isolated_heaps,
  shared_binaries,
  frequent_gc,
  low_latency,
};

/// When a process gives back the memory of its arena that it does not use: by its memory strategy, unless this says otherwise.
///
///     fn::spawn(rt, cache{}, {.memory = fn::memory_strategy::standard, .gc = fn::gc_strategy::every(100)});
///
/// There is nothing to collect in C++: what a process frees is free at once and reused by it. This is about giving whole chunks
/// back to others, which takes a walk over what is free.
class gc_strategy {
 public:
  enum class moment : std::uint8_t { by_memory_strategy, every_turns, when_idle, never };

  /// As the memory strategy has it.
  constexpr gc_strategy() noexcept = default;
  /// After so many turns, of a handler, or messages received, of a function; 1 or more.
  [[nodiscard]] static constexpr gc_strategy every(std::uint32_t turns) noexcept { return {moment::every_turns, turns}; }
  /// Whenever it has nothing to do, however little there is to give back.
  [[nodiscard]] static constexpr gc_strategy when_idle() noexcept { return {moment::when_idle, 0}; }
  [[nodiscard]] static constexpr gc_strategy never() noexcept { return {moment::never, 0}; }

  [[nodiscard]] constexpr moment when() const noexcept { return when_; }
  /// For `every_turns`.
  [[nodiscard]] constexpr std::uint32_t turns() const noexcept { return turns_; }

  friend constexpr bool operator==(gc_strategy, gc_strategy) noexcept = default;

 private:
  constexpr gc_strategy(moment when, std::uint32_t turns) noexcept : when_(when), turns_(turns) {}

  moment when_ = moment::by_memory_strategy;
  std::uint32_t turns_ = 0;
};

}  // namespace foundation::inline v0
