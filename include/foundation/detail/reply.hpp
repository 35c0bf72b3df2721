// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <foundation/detail/envelope.hpp>
#include <foundation/errc.hpp>
#include <foundation/export.hpp>
#include <foundation/pid.hpp>
#include <foundation/result.hpp>

namespace foundation::proc {
struct reply_cell;
}

namespace foundation::inline v0::detail {

/// The duty to answer one request: kept, handed on, or, when it is destroyed, answered with an error. Any thread.
class FOUNDATION_API reply_handle {
 public:
  reply_handle() noexcept = default;
  explicit reply_handle(proc::reply_cell* cell) noexcept : cell_(cell) {}
  reply_handle(reply_handle&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  reply_handle& operator=(reply_handle&& other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~reply_handle() {
    if (cell_ != nullptr) drop();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return cell_ != nullptr; }
  /// The question is in the hands of user code.
  void note_taken() noexcept;
  /// Whether the asker wants a value of this type; if not, it has been told.
  [[nodiscard]] result<void> check(const std::type_info& type) noexcept;
  /// Where the value is to be constructed, once `check` has said yes.
  [[nodiscard]] void* room() noexcept;
  /// It has been.
  void send() noexcept;
  /// Tells the asker instead that there will be none.
  void fail(errc why) noexcept;

 private:
  void drop() noexcept;

  proc::reply_cell* cell_ = nullptr;
};

/// What stands for the value of a reply that has none.
struct no_value {};
template <typename R>
using reply_value = std::conditional_t<std::is_void_v<R>, no_value, R>;

/// The asker's side of a request. Of the process that asks, which is the calling one; of a plain thread that is none, a
/// process made for it alone.
class FOUNDATION_API reply_wait {
 public:
  /// For a request to `to`. `expected`, and the size and alignment: of the reply.
  reply_wait(pid to, const message_ops& expected, std::size_t size, std::size_t alignment) noexcept;
  reply_wait(reply_wait&& other) noexcept;
  reply_wait& operator=(reply_wait&& other) noexcept;
  ~reply_wait();

  /// Whether the request can be sent. @errors see `request`
  [[nodiscard]] const result<void>& opened() const noexcept { return opened_; }
  /// To be sent along with the question; once.
  [[nodiscard]] reply_handle take_handle() noexcept { return std::move(handle_); }

  /// Waits for the reply. @errors see `request`. Throws the process's exit when it has been told to exit.
  [[nodiscard]] result<void> wait(std::chrono::nanoseconds timeout);
  /// Of the reply, among those that the asker awaits.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// After a `wait` that ended well.
  [[nodiscard]] void* value() const noexcept;

 private:
  [[nodiscard]] result<void> check_caller() const noexcept;

  process* asker_ = nullptr;
  pid asker_pid_;
  bool owned_ = false;  // the asker was made for this
  std::uint64_t number_ = 0;
  result<void> opened_;
  reply_handle handle_;
};

/// The duty to answer what the process handles now, for a value of that type.
[[nodiscard]] FOUNDATION_API result<reply_handle> take_question(process& self, const std::type_info& type) noexcept;

/// Costs a process its reduction for a reply that it gives later; may end the slice.
FOUNDATION_API void charge_late_reply() noexcept;

/// Constructs the answer in its place, at home there (rehome.hpp), and sends it.
/// @errors errc::system_limit when it has to be made anew and memory is refused: the asker is told the same
template <typename R, typename... Args>
result<void> answer(reply_handle to, Args&&... args) {
  if constexpr (!needs_rehoming<R>) {
    let_go_of(*::new (to.room()) R(std::forward<Args>(args)...));
  } else {
    try {
      if constexpr ((std::is_same_v<R, std::remove_cvref_t<Args>> && ...) && sizeof...(Args) == 1) {
        let_go_of(*::new (to.room()) R(rehome<R>(std::forward<Args>(args)...)));
      } else {
        let_go_of(*::new (to.room()) R(rehome<R>(R(std::forward<Args>(args)...))));
      }
    } catch (const std::bad_alloc&) {
      to.fail(errc::system_limit);
      return errc::system_limit;
    }
  }
  to.send();
  return {};
}

/// A request's payload: the message, and behind it the duty to answer.
template <typename T>
struct question {
  static constexpr std::size_t alignment = std::max(alignof(T), alignof(reply_handle));
  static constexpr std::size_t handle_offset =
      (sizeof(T) + alignof(reply_handle) - 1) / alignof(reply_handle) * alignof(reply_handle);
  static constexpr std::size_t size = handle_offset + sizeof(reply_handle);

  static reply_handle& handle_of(void* payload) noexcept {
    return *std::launder(reinterpret_cast<reply_handle*>(static_cast<std::byte*>(payload) + handle_offset));
  }
  static void destroy(void* payload) noexcept {
    static_cast<T*>(payload)->~T();
    handle_of(payload).~reply_handle();
  }
  static inline const message_ops ops = {&typeid(T), &destroy, &handle_of, counts_for(size), find_parts<T>()};

  /// Empty when memory was refused; throws what the constructor throws.
  template <typename... Args>
  [[nodiscard]] static owned_envelope make(reply_handle&& to, Args&&... args) {
    envelope* const e = allocate_envelope(size, alignment);
    if (e == nullptr) return {};
    if constexpr (needs_rehoming<T>) {
      if (!build_payload<T>(e, [&] { return rehome<T>(std::forward<Args>(args)...); })) return {};
    } else {
      unfinished_envelope unfinished{e};
      let_go_of(*::new (e->payload()) T(std::forward<Args>(args)...));
      unfinished.memory = nullptr;
    }
    ::new (static_cast<std::byte*>(e->payload()) + handle_offset) reply_handle(std::move(to));
    e->ops = &ops;
    return owned_envelope(e);
  }
};

}  // namespace foundation::inline v0::detail
