// SPDX-License-Identifier: Apache-2.0
//
// What a process's arena and scratch are measured beside, each as a std::pmr::memory_resource.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <vector>

#include <foundation/process.hpp>

namespace bench {

enum class source { arena, scratch, malloc, mimalloc, pool, monotonic };

/// `operator new` without a word in between but the virtual call that all of these have.
[[nodiscard]] std::pmr::memory_resource& malloc_resource() noexcept;

/// The library that the runtime takes its own memory from, loaded as privately; null where there is none.
[[nodiscard]] std::pmr::memory_resource* mimalloc_resource() noexcept;

/// One of them for one process, for as long as a program would keep it.
class resource {
 public:
  resource(source from, foundation::process& self);
  resource(const resource&) = delete;
  resource& operator=(const resource&) = delete;

  /// False: it is not on this machine.
  explicit operator bool() const noexcept { return used_ != nullptr; }
  std::pmr::memory_resource* operator*() const noexcept { return used_; }

  /// Takes everything back at once, where that is how it works.
  void end_turn() noexcept;

 private:
  const source from_;
  foundation::process& self_;
  std::vector<std::byte> buffer_;  // what a program would give to a monotonic resource that it uses again and again
  std::optional<std::pmr::monotonic_buffer_resource> monotonic_;
  std::optional<std::pmr::unsynchronized_pool_resource> pool_;
  std::pmr::memory_resource* used_ = nullptr;
};

}  // namespace bench
