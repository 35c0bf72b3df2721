// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <foundation/detail/envelope.hpp>
#include <foundation/errc.hpp>
#include <foundation/pid.hpp>

#include "memory/memory.hpp"

namespace foundation::proc {

/// The answer to a request: made by the asker together with the question, filled by whoever answers, and then a signal to
/// the asker, so that answering cannot fail. It has one owner at a time: the asker until it is sent along; then who has the
/// `reply_handle`; then the asker's queue.
struct reply_cell : detail::envelope {
  [[nodiscard]] bool has_value() const noexcept { return failure == errc{}; }
  void destroy_value() noexcept {
    if (has_value()) ops->destroy(payload());
  }

  pid asker;
  std::uint64_t number = 0;
  errc failure{};      ///< why there is no value
  bool taken = false;  ///< the question has come into the hands of user code
};

/// The replies that one process awaits, by number. The owner's alone.
///
/// A number is a place and the place's generation, so a reply that comes after its place was given to another is known to be
/// late, and dropped before anybody looks at it.
class reply_slots {
 public:
  /// A free place, in `slots` or in a larger one that takes its place; 0 when memory is refused.
  [[nodiscard]] static std::uint64_t open(reply_slots*& slots) noexcept;

  /// Keeps a reply that is awaited. False: it is late.
  [[nodiscard]] bool put(reply_cell& reply) noexcept;
  /// What has arrived, or null.
  [[nodiscard]] reply_cell* get(std::uint64_t number) const noexcept;
  /// The number is good no more. @returns what has arrived
  [[nodiscard]] reply_cell* close(std::uint64_t number) noexcept;

  /// At the end of the process: `drop(reply)` for each that nobody has taken.
  template <typename Drop>
  static void discard(reply_slots* slots, Drop&& drop) noexcept {
    if (slots == nullptr) return;
    for (std::uint32_t i = 0; i < slots->capacity_; ++i) {
      if (slots->places()[i].reply != nullptr) drop(*slots->places()[i].reply);
    }
    memory::deallocate(slots);
  }

  std::uint64_t awaited = 0;  ///< the one that the process waits for just now

 private:
  static constexpr std::uint32_t first_capacity = 4;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct place {
    reply_cell* reply = nullptr;
    std::uint32_t generation = 0;  // odd: somebody awaits a reply here
    std::uint32_t next_free = none;
  };

  reply_slots() noexcept = default;
  [[nodiscard]] static reply_slots* make(std::uint32_t capacity) noexcept;
  [[nodiscard]] place* places() noexcept { return reinterpret_cast<place*>(this + 1); }
  [[nodiscard]] const place* places() const noexcept { return reinterpret_cast<const place*>(this + 1); }
  [[nodiscard]] const place* find(std::uint64_t number) const noexcept;

  std::uint32_t capacity_ = 0;
  std::uint32_t first_free_ = none;
};

}  // namespace foundation::proc
