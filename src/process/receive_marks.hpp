// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <optional>

#include <foundation/detail/envelope.hpp>
#include <foundation/reference.hpp>

#include "memory/memory.hpp"

namespace foundation::proc {

using detail::envelope;

/// Where the mailbox ended when each of the process's last references was made: what `since` starts from, so that
/// waiting for a fresh reference costs the same however long the queue (Erlang's receive markers). The owner's alone.
///
/// Rule K1: a mark names a message still in the inner queue, or null for its beginning; when that message is taken, the
/// mark moves to the one before it.
class receive_marks {
 public:
  static constexpr std::size_t kept = 4;

  receive_marks() noexcept = default;
  ~receive_marks() { memory::deallocate(table_); }
  receive_marks(const receive_marks&) = delete;
  receive_marks& operator=(const receive_marks&) = delete;

  /// Without memory there is no mark, and the later receive looks at every message.
  void set(reference ref, envelope* last) noexcept {
    if (table_ == nullptr) {
      void* memory = memory::allocate(sizeof(table));
      if (memory == nullptr) return;
      table_ = ::new (memory) table;
    }
    mark& oldest = table_->marks[table_->next];
    table_->next = (table_->next + 1) % kept;
    oldest = {ref, last};
  }

  /// The message behind which to start, or nothing when this reference is not remembered.
  [[nodiscard]] std::optional<envelope*> find(reference ref) const noexcept {
    if (table_ == nullptr || !ref) return std::nullopt;
    for (const mark& m : table_->marks) {
      if (m.ref == ref) return m.last;
    }
    return std::nullopt;
  }

  /// `taken` is unlinked; `before` was in front of it (K1).
  void move(const envelope* taken, envelope* before) noexcept {
    if (table_ == nullptr) return;
    for (mark& m : table_->marks) {
      if (m.last == taken) m.last = before;
    }
  }

 private:
  struct mark {
    reference ref;
    envelope* last = nullptr;
  };
  struct table {
    std::array<mark, kept> marks;
    std::size_t next = 0;
  };
  table* table_ = nullptr;
};

}  // namespace foundation::proc
