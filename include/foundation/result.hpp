// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include <foundation/error.hpp>
#include <foundation/export.hpp>

// GCC 12 with -fsanitize=address no longer sees that a value is read only where there is one, and warns of each use.
#if defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace foundation::inline v0 {

template <typename T>
class result;

/// What `result::value()` throws when there is no value; `what()` is the error's message.
class FOUNDATION_API bad_result_access : public std::exception {
 public:
  explicit bad_result_access(error cause) noexcept;
  bad_result_access(const bad_result_access&) noexcept = default;
  bad_result_access& operator=(const bad_result_access&) noexcept = default;
  ~bad_result_access() override;

  [[nodiscard]] const char* what() const noexcept override;
  [[nodiscard]] const error& cause() const noexcept { return cause_; }

 private:
  error cause_;
};

/// Selects the constructor that makes a result's error in place, as `std::unexpect`.
struct unexpect_t {
  explicit unexpect_t() = default;
};
inline constexpr unexpect_t unexpect{};

namespace detail {

[[noreturn]] FOUNDATION_API void throw_bad_result_access(const error& cause);

template <typename T>
inline constexpr bool is_result = false;
template <typename T>
inline constexpr bool is_result<result<T>> = true;

/// Types whose conversion to a result means "the error", whatever the value type could be made from.
template <typename T>
concept error_like = std::is_same_v<T, error> || std::is_same_v<T, errc>;

template <typename T>
concept result_value = std::is_void_v<T> || (std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T> &&
                                             std::is_destructible_v<T> && !error_like<T> &&
                                             !std::is_same_v<T, std::in_place_t> && !std::is_same_v<T, unexpect_t>);

}  // namespace detail

/// A value, or the error why there is none: C++23's `std::expected<T, error>`, with its names and semantics.
///
/// Errors convert implicitly: `return errc::timeout;` or `return error::out_of_range(…);`. A default-constructed result
/// holds a default-constructed value. A moved-from result still holds a (moved-from) value, or its error's code.
///
/// `operator*`, `->` and `error()` do not check; `value()` does and throws `bad_result_access`. As any value type it is
/// for one thread at a time. Not `[[nodiscard]]` as a type, since some results are free to ignore: functions say so.
///
/// Differences: no comparison of errors' messages, no `transform_error`, no `unexpected<E>` wrapper (the error type is
/// always `error`, so the implicit conversion is never ambiguous).
template <typename T>
class result {
  static_assert(detail::result_value<T>, "result<T>: T must be void or an object type that is not an error");

 public:
  using value_type = T;
  using error_type = foundation::error;

  result() noexcept(std::is_nothrow_default_constructible_v<T>)
    requires std::is_default_constructible_v<T>
      : error_(detail::no_error_t{}), value_() {}

  result(foundation::error failure) noexcept : error_(std::move(failure)) {}  // NOLINT: implicit by design
  result(errc code) noexcept : error_(code) {}                                // NOLINT: implicit by design

  template <typename U = T>
    requires(!detail::is_result<std::remove_cvref_t<U>> && !detail::error_like<std::remove_cvref_t<U>> &&
             !std::is_same_v<std::remove_cvref_t<U>, std::in_place_t> &&
             !std::is_same_v<std::remove_cvref_t<U>, unexpect_t> && std::is_constructible_v<T, U>)
  explicit(!std::is_convertible_v<U, T>) result(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>)
      : error_(detail::no_error_t{}), value_(std::forward<U>(value)) {}

  template <typename U>
    requires(!std::is_same_v<U, T> && std::is_constructible_v<T, U> && !std::is_constructible_v<T, result<U>>)
  explicit(!std::is_convertible_v<U, T>) result(result<U> other)
      : error_(std::move(other.error_)) {
    if (error_.is_none()) ::new (address()) T(std::move(other.value_));
  }

  template <typename... Args>
    requires std::is_constructible_v<T, Args...>
  explicit result(std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>)
      : error_(detail::no_error_t{}), value_(std::forward<Args>(args)...) {}

  template <typename... Args>
    requires std::is_constructible_v<foundation::error, Args...>
  explicit result(unexpect_t, Args&&... args) noexcept : error_(std::forward<Args>(args)...) {}

  result(const result& other) noexcept(std::is_nothrow_copy_constructible_v<T>)
    requires std::is_copy_constructible_v<T>
      : error_(other.error_) {
    if (error_.is_none()) ::new (address()) T(other.value_);
  }
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
    requires std::is_move_constructible_v<T>
      : error_(std::move(other.error_)) {
    if (error_.is_none()) ::new (address()) T(std::move(other.value_));
  }

  result& operator=(const result& other) noexcept(std::is_nothrow_copy_constructible_v<T> &&
                                                  std::is_nothrow_copy_assignable_v<T>)
    requires std::is_copy_constructible_v<T> && std::is_copy_assignable_v<T>
  {
    assign(other);
    return *this;
  }
  result& operator=(result&& other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                             std::is_nothrow_move_assignable_v<T>)
    requires std::is_move_constructible_v<T> && std::is_move_assignable_v<T>
  {
    assign(std::move(other));
    return *this;
  }

  ~result() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      if (error_.is_none()) value_.~T();
    }
  }

  /// Replaces what is held by a new value and returns it. Only for a constructor that cannot throw, as in the standard.
  template <typename... Args>
    requires std::is_nothrow_constructible_v<T, Args...>
  T& emplace(Args&&... args) noexcept {
    reset_value();
    error_ = foundation::error(detail::no_error_t{});
    return *::new (address()) T(std::forward<Args>(args)...);
  }

  [[nodiscard]] bool has_value() const noexcept { return error_.is_none(); }
  [[nodiscard]] explicit operator bool() const noexcept { return error_.is_none(); }

  /// The value; throws `bad_result_access` when there is none.
  T& value() & {
    check();
    return value_;
  }
  const T& value() const& {
    check();
    return value_;
  }
  T&& value() && {
    check();
    return std::move(value_);
  }
  const T&& value() const&& {
    check();
    return std::move(value_);
  }

  /// The value, unchecked; pre: `has_value()`.
  [[nodiscard]] T& operator*() & noexcept { return value_; }
  [[nodiscard]] const T& operator*() const& noexcept { return value_; }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(value_); }
  [[nodiscard]] const T&& operator*() const&& noexcept { return std::move(value_); }
  [[nodiscard]] T* operator->() noexcept { return std::addressof(value_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::addressof(value_); }

  /// The error, unchecked; pre: `!has_value()`.
  [[nodiscard]] foundation::error& error() & noexcept { return error_; }
  [[nodiscard]] const foundation::error& error() const& noexcept { return error_; }
  [[nodiscard]] foundation::error&& error() && noexcept { return std::move(error_); }

  template <typename U>
  [[nodiscard]] T value_or(U&& other) const& {
    return has_value() ? value_ : static_cast<T>(std::forward<U>(other));
  }
  template <typename U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  /// `f(value)`, which returns a result, or this error.
  template <typename F>
  auto and_then(F&& f) & {
    return and_then_of(*this, std::forward<F>(f));
  }
  template <typename F>
  auto and_then(F&& f) const& {
    return and_then_of(*this, std::forward<F>(f));
  }
  template <typename F>
  auto and_then(F&& f) && {
    return and_then_of(std::move(*this), std::forward<F>(f));
  }

  /// A result of what `f(value)` returns, or this error.
  template <typename F>
  auto transform(F&& f) & {
    return transform_of(*this, std::forward<F>(f));
  }
  template <typename F>
  auto transform(F&& f) const& {
    return transform_of(*this, std::forward<F>(f));
  }
  template <typename F>
  auto transform(F&& f) && {
    return transform_of(std::move(*this), std::forward<F>(f));
  }

  /// This value, or `f(error)`, which returns a `result<T>`.
  template <typename F>
  result or_else(F&& f) const& {
    return has_value() ? result(std::in_place, value_) : result(std::forward<F>(f)(error_));
  }
  template <typename F>
  result or_else(F&& f) && {
    return has_value() ? result(std::in_place, std::move(value_)) : result(std::forward<F>(f)(std::move(error_)));
  }

  /// Equal values, or errors with the same code.
  template <typename U>
    requires(!std::is_void_v<U>)
  [[nodiscard]] friend bool operator==(const result& a, const result<U>& b) {
    if (a.has_value() != b.has_value()) return false;
    return a.has_value() ? static_cast<bool>(*a == *b) : a.error() == b.error();
  }
  template <typename U>
    requires(!detail::is_result<U> && !detail::error_like<U>)
  [[nodiscard]] friend bool operator==(const result& a, const U& b) {
    return a.has_value() && static_cast<bool>(*a == b);
  }
  [[nodiscard]] friend bool operator==(const result& a, errc b) noexcept { return !a.has_value() && a.error_ == b; }

 private:
  template <typename U>
  friend class result;

  void check() const {
    if (!error_.is_none()) [[unlikely]]
      detail::throw_bad_result_access(error_);
  }

  void* address() noexcept { return const_cast<void*>(static_cast<const volatile void*>(std::addressof(value_))); }

  void reset_value() noexcept {
    if (error_.is_none()) value_.~T();
  }

  /// A throw leaves a result that holds what it held before (a value to assign to keeps its own guarantee).
  template <typename Other>
  void assign(Other&& other) {
    if (error_.is_none() && other.error_.is_none()) {
      value_ = std::forward<Other>(other).value_;
    } else if (other.error_.is_none()) {
      ::new (address()) T(std::forward<Other>(other).value_);
      error_ = foundation::error(detail::no_error_t{});
    } else if (this != std::addressof(other)) {
      reset_value();
      error_ = std::forward<Other>(other).error_;
    }
  }

  template <typename Self, typename F>
  static auto and_then_of(Self&& self, F&& f) {
    using next = std::remove_cvref_t<decltype(std::forward<F>(f)(std::forward<Self>(self).value_))>;
    static_assert(detail::is_result<next>, "result::and_then: the function must return a result");
    if (self.has_value()) return next(std::forward<F>(f)(std::forward<Self>(self).value_));
    return next(std::forward<Self>(self).error_);
  }

  template <typename Self, typename F>
  static auto transform_of(Self&& self, F&& f) {
    using next = std::remove_cv_t<decltype(std::forward<F>(f)(std::forward<Self>(self).value_))>;
    if (!self.has_value()) return result<next>(std::forward<Self>(self).error_);
    if constexpr (std::is_void_v<next>) {
      std::forward<F>(f)(std::forward<Self>(self).value_);
      return result<next>();
    } else {
      return result<next>(std::in_place, std::forward<F>(f)(std::forward<Self>(self).value_));
    }
  }

  foundation::error error_;  // none: `value_` is alive
  union {
    T value_;
  };
};

/// Success, or the error why not. One word, 0 on success, so that a result nobody looks at costs a store and a test.
template <>
class result<void> {
 public:
  using value_type = void;
  using error_type = foundation::error;

  result() noexcept : error_(detail::no_error_t{}) {}
  explicit result(std::in_place_t) noexcept : result() {}
  result(foundation::error failure) noexcept : error_(std::move(failure)) {}  // NOLINT: implicit by design
  result(errc code) noexcept : error_(code) {}                                // NOLINT: implicit by design
  template <typename... Args>
    requires std::is_constructible_v<foundation::error, Args...>
  explicit result(unexpect_t, Args&&... args) noexcept : error_(std::forward<Args>(args)...) {}

  void emplace() noexcept { error_ = foundation::error(detail::no_error_t{}); }

  [[nodiscard]] bool has_value() const noexcept { return error_.is_none(); }
  [[nodiscard]] explicit operator bool() const noexcept { return error_.is_none(); }

  /// Throws `bad_result_access` unless this is a success.
  void value() const {
    if (!error_.is_none()) [[unlikely]]
      detail::throw_bad_result_access(error_);
  }
  void operator*() const noexcept {}

  /// The error, unchecked; pre: `!has_value()`.
  [[nodiscard]] foundation::error& error() & noexcept { return error_; }
  [[nodiscard]] const foundation::error& error() const& noexcept { return error_; }
  [[nodiscard]] foundation::error&& error() && noexcept { return std::move(error_); }

  template <typename F>
  auto and_then(F&& f) const {
    using next = std::remove_cvref_t<decltype(std::forward<F>(f)())>;
    static_assert(detail::is_result<next>, "result::and_then: the function must return a result");
    return has_value() ? next(std::forward<F>(f)()) : next(error_);
  }

  template <typename F>
  auto transform(F&& f) const {
    using next = std::remove_cv_t<decltype(std::forward<F>(f)())>;
    if (!has_value()) return result<next>(error_);
    if constexpr (std::is_void_v<next>) {
      std::forward<F>(f)();
      return result<next>();
    } else {
      return result<next>(std::in_place, std::forward<F>(f)());
    }
  }

  template <typename F>
  result or_else(F&& f) const {
    return has_value() ? result() : result(std::forward<F>(f)(error_));
  }

  [[nodiscard]] friend bool operator==(const result& a, const result& b) noexcept {
    return a.has_value() == b.has_value() && (a.has_value() || a.error_ == b.error_);
  }
  [[nodiscard]] friend bool operator==(const result& a, errc b) noexcept { return !a.has_value() && a.error_ == b; }

 private:
  foundation::error error_;
};

}  // namespace foundation::inline v0

#if defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
