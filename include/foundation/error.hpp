// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <foundation/errc.hpp>
#include <foundation/export.hpp>

namespace foundation::inline v0 {

namespace detail {
struct no_error_t {};
}  // namespace detail

/// An `errc` and, where there is more to say, a message.
///
/// One word wide. An error that is only a code allocates nothing; a message lives in a shared, immutable,
/// reference-counted block, so that copies are cheap and may be used from different threads at once. A message whose
/// block cannot be allocated is dropped and the code alone remains: making an error never fails.
///
/// Moving from an error leaves its plain code behind. Two errors are equal when their codes are: messages are for
/// people.
class FOUNDATION_API error {
 public:
  /// An error that is the code alone. Implicit, so that a function returning `result<T>` can `return errc::timeout;`.
  error(errc code) noexcept : word_(static_cast<std::uintptr_t>(code)) {}

  /// An error with a message. `message` is copied.
  /// Any thread; one allocation; when that fails, the code alone.
  error(errc code, std::string_view message) noexcept;

  /// `invalid_argument`: "`field`: `given` given, `allowed` allowed".
  [[nodiscard]] static error out_of_range(std::string_view field, std::string_view given,
                                          std::string_view allowed) noexcept;

  /// The same for a number: "`field`: `given` given, `least`..`most` allowed".
  [[nodiscard]] static error out_of_range(std::string_view field, std::int64_t given, std::int64_t least,
                                          std::int64_t most) noexcept;

  /// An error that a system call answered with: "`call`: <text of `errno_value`> (errno 12)".
  [[nodiscard]] static error from_errno(errc code, std::string_view call, int errno_value) noexcept;

  error(const error& other) noexcept : word_(other.word_) {
    if (other.has_block()) retain();
  }
  error(error&& other) noexcept : word_(other.word_) {
    if (other.has_block()) other.word_ = other.code_word();
  }
  error& operator=(const error& other) noexcept {
    error copy(other);
    swap(copy);
    return *this;
  }
  error& operator=(error&& other) noexcept {
    error taken(static_cast<error&&>(other));
    swap(taken);
    return *this;
  }
  ~error() {
    if (has_block()) release();
  }

  /// Exchanges two errors; nothing is allocated or copied.
  void swap(error& other) noexcept {
    const std::uintptr_t word = word_;
    word_ = other.word_;
    other.word_ = word;
  }

  /// What programs decide by.
  [[nodiscard]] errc code() const noexcept { return static_cast<errc>(has_block() ? code_word() : word_); }

  /// The whole text: the message, or the code's description where there is none. Ends in a NUL outside the view.
  /// Valid while this error or a copy of it lives.
  [[nodiscard]] std::string_view message() const noexcept;

  [[nodiscard]] friend bool operator==(const error& a, const error& b) noexcept { return a.code() == b.code(); }
  [[nodiscard]] friend bool operator==(const error& a, errc b) noexcept { return a.code() == b; }

 private:
  template <typename T>
  friend class result;

  static constexpr std::uintptr_t largest_code = 0xff;

  /// "No error": what a `result` with a value holds. No other error is ever in this state.
  constexpr explicit error(detail::no_error_t) noexcept : word_(0) {}
  [[nodiscard]] bool is_none() const noexcept { return word_ == 0; }

  [[nodiscard]] bool has_block() const noexcept { return word_ > largest_code; }
  [[nodiscard]] std::uintptr_t code_word() const noexcept;  // of the block; pre: has_block()
  void retain() const noexcept;                             // pre: has_block()
  void release() noexcept;                                  // pre: has_block()

  /// 0: none; up to `largest_code`: a plain code; else the address of a block (src/base/error.cpp).
  std::uintptr_t word_;
};

}  // namespace foundation::inline v0
