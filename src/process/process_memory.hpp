// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <foundation/process_memory.hpp>
#include <foundation/spawn_options.hpp>

#include "memory/memory.hpp"

namespace foundation::proc {

class control_block;

/// The arena, the scratch and the limit of one process. Made when the process first asks for its memory, or with it where its
/// options say something about memory; most processes have none.
///
/// The owner's, except while it is made.
///
/// What counts against the limit is looked at where it grows: the arena and the scratch with each chunk, the mailbox with each
/// message that is taken over, the stack at waits. A process that runs gathers its messages at the end of each slice, so what
/// waits outside is counted within a slice.
class process_memory {
 public:
  /// Null when memory is refused, also that of a first chunk that is to be there from the beginning.
  [[nodiscard]] static process_memory* make(memory_strategy strategy, gc_strategy gc, std::size_t limit,
                                            memory_breach on_breach) noexcept;
  static void discard(process_memory* m) noexcept;
  process_memory(const process_memory&) = delete;
  process_memory& operator=(const process_memory&) = delete;

  void belongs_to(control_block& owner) noexcept { owner_ = &owner; }

  [[nodiscard]] memory::arena& arena() noexcept { return arena_; }
  [[nodiscard]] memory::scratch& scratch() noexcept { return scratch_; }
  [[nodiscard]] memory_usage usage() const noexcept;
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  /// A handler has returned, or a function has received a message.
  void after_turn() noexcept;
  void after_message() noexcept;
  /// It has nothing to do.
  void before_idle() noexcept;
  /// Gives back all it can. @returns the bytes
  std::size_t give_back() noexcept;

  /// A message has joined the mailbox.
  void note_queued() noexcept { check(); }
  /// Whether to look at the stack at this wait: microseconds, so at one in sixteen.
  [[nodiscard]] bool stack_is_due() noexcept { return waits_++ % 16 == 0; }
  void note_stack(std::size_t bytes) noexcept {
    stack_ = bytes;
    check();
  }

 private:
  process_memory(const memory::memory_policy& policy, std::size_t limit, memory_breach on_breach) noexcept;

  void check() noexcept {
    if (limit_ != 0 && usage().total() > limit_) [[unlikely]] breach();
  }
  void breach() noexcept;
  std::size_t trim() noexcept;
  static void grew(void* self, std::ptrdiff_t bytes) noexcept;

  const memory::memory_policy policy_;
  const std::size_t limit_;  // 0: none
  const memory_breach on_breach_;
  bool reported_ = false;
  std::uint32_t waits_ = 0;
  std::uint32_t turns_ = 0;  // since it was last trimmed
  std::size_t stack_ = 0;
  control_block* owner_ = nullptr;
  memory::arena arena_;
  memory::scratch scratch_;
};

}  // namespace foundation::proc
