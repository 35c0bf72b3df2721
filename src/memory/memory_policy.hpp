// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <foundation/memory_strategy.hpp>

#include "memory/chunk_cache.hpp"

namespace foundation::memory {

/// What a memory strategy and a gc strategy come to.
struct memory_policy {
  std::size_t first_chunk = smallest_chunk;  ///< bytes; the next ones are as large as all before, up to `largest_chunk`
  std::size_t largest_chunk = largest_kept_chunk;
  chunk_source source = chunk_source::shared;
  bool prefault = false;                     ///< the first chunk is taken and touched before the process begins
  std::uint32_t trim_every = 0;              ///< turns; 0: not by turns
  bool trim_when_idle = true;
  std::size_t worth_trimming = 16 * 1024;    ///< when idle: from so many free bytes on
  std::size_t share_from = 10 * 1024;        ///< bytes of a message from which sharing it pays
};

[[nodiscard]] constexpr memory_policy policy_of(memory_strategy strategy, gc_strategy gc) noexcept {
  memory_policy p;
  switch (strategy) {
    case memory_strategy::standard: break;
    case memory_strategy::isolated_heaps:
      p.first_chunk = 4096;
      p.source = chunk_source::own_pages;
      break;
    case memory_strategy::shared_binaries: p.share_from = 64; break;
    case memory_strategy::frequent_gc:
      p.trim_every = 1;
      p.trim_when_idle = false;
      break;
    case memory_strategy::low_latency:
      p.first_chunk = largest_kept_chunk;
      p.prefault = true;
      p.trim_when_idle = false;
      break;
  }
  switch (gc.when()) {
    case gc_strategy::moment::by_memory_strategy: break;
    case gc_strategy::moment::every_turns:
      p.trim_every = gc.turns();
      p.trim_when_idle = false;
      break;
    case gc_strategy::moment::when_idle:
      p.trim_every = 0;
      p.trim_when_idle = true;
      p.worth_trimming = 1;
      break;
    case gc_strategy::moment::never:
      p.trim_every = 0;
      p.trim_when_idle = false;
      break;
  }
  return p;
}

}  // namespace foundation::memory
