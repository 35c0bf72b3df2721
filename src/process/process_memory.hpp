// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <foundation/detail/envelope.hpp>
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
/// message that is taken over, the stack at waits. A process that runs takes its messages over at the end of each slice that a
/// call of the library ends, so what waits outside is counted within a slice. A binary counts for the process whose code made
/// or copied it, or that it was sent to: it is let go when it is sent, and held when the message has arrived.
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
  /// Null: there is no limit.
  [[nodiscard]] detail::binary_holder* binaries() const noexcept { return binaries_; }

  /// It holds nothing, and nobody was or is to be warned: nothing is to be done after a turn. So a limit alone costs a turn
  /// little.
  [[nodiscard]] bool is_at_rest() const noexcept { return at_rest_; }
  /// A handler has returned, or a function has received a message: when it is not at rest.
  void after_turn() noexcept;
  void after_message() noexcept;
  /// It has nothing to do.
  void before_idle() noexcept;
  /// At its end: gives back a bounded part of all it holds; true when there is more.
  [[nodiscard]] bool give_back_some() noexcept { return arena_.drop_some(); }
  /// Gives back all it can. @returns the bytes
  std::size_t give_back() noexcept;

  /// A message has joined the mailbox, or left it.
  void on_arrival(const detail::envelope& message) noexcept {
    if (limit_ != 0 && message.ops->parts != nullptr) count_arrival(message);
  }
  void on_departure(const detail::envelope& message) noexcept {
    if (limit_ != 0 && message.ops->parts != nullptr) count_departure(message);
  }
  /// Its binaries count for this process.
  void hold_binaries(const detail::envelope& message) noexcept {
    if (limit_ != 0 && message.ops->parts != nullptr) hold_binaries(*message.ops->parts, message.payload());
  }
  /// For `operator new` (heap_charge.hpp), anywhere in the user's code or the library's: a breach is only noted, and found where
  /// the process next looks at its signals or its turn ends. @returns null when memory is refused
  [[nodiscard]] detail::heap_account* charge_heap(std::size_t bytes) noexcept;
  /// Null: nothing was ever charged.
  [[nodiscard]] detail::heap_account* heap() const noexcept { return heap_; }
  /// All messages that have come have been counted.
  void note_queued() noexcept { check(); }
  /// As deep as it is at a wait; 0 when a handler has returned.
  void note_stack(std::size_t bytes) noexcept {
    stack_ = bytes;
    at_rest_ = false;
    check();
  }

 private:
  process_memory(const memory::memory_policy& policy, std::size_t limit, memory_breach on_breach) noexcept;
  ~process_memory();

  void count_arrival(const detail::envelope& message) noexcept;
  void count_departure(const detail::envelope& message) noexcept;
  static void holds_more(void* self, std::size_t bytes) noexcept;
  [[nodiscard]] bool is_low(std::size_t total) const noexcept { return total <= limit_ / 10 * 9; }
  void hold_binaries(const detail::payload_parts& parts, const void* payload) noexcept;
  void check() noexcept {
    if (limit_ != 0) check_limit();
  }
  void check_limit() noexcept;
  /// What a trim would look at.
  [[nodiscard]] std::size_t free_bytes() const noexcept { return arena_.free_bytes(); }
  void breach() noexcept;
  std::size_t trim() noexcept;
  static void grew(void* self, std::ptrdiff_t bytes) noexcept;

  bool at_rest_ = true;      // false from whatever may change that on, until `after_message` has looked
  const memory_breach on_breach_;
  const std::size_t limit_;  // 0: none
  const memory::memory_policy policy_;
  bool reported_ = false;
  bool beyond_ = false;  // found by `charge_heap`
  std::uint32_t turns_ = 0;  // since it was last trimmed
  std::size_t kept_free_ = 0;  // by the last trim: a walk over these again would find nothing
  std::size_t stack_ = 0;
  std::size_t message_parts_ = 0;  // of the messages in the mailbox, elsewhere
  detail::binary_holder* binaries_ = nullptr;
  detail::heap_account* heap_ = nullptr;
  control_block* owner_ = nullptr;
  memory::arena arena_;
  memory::scratch scratch_;
};

}  // namespace foundation::proc
