// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <foundation/detail/rehome.hpp>
#include <foundation/detail/type_identity.hpp>
#include <foundation/export.hpp>

namespace foundation::inline v0 {

/// The kinds of exit reasons, as Erlang's. `noconnection` is made by no one yet: other nodes are
/// planned.
enum class exit_kind : std::uint8_t {
  normal,        ///< it returned, or asked to end
  shutdown,      ///< it was told to end by whoever is responsible for it, perhaps with a value that says why
  kill,          ///< sent, it ends the receiver even if that traps exits; the receiver's own reason is then `killed`
  killed,        ///< it was ended by `kill`
  noproc,        ///< it was linked or monitored when it was gone already
  noconnection,  ///< its node is not reachable
  exception,     ///< an exception left its function
  user,          ///< any other value, given by `exit_reason::user`
};

/// What is known of an exception that ended a process. The views live as long as the exit_reason they came from.
struct exit_exception {
  std::string_view type;   ///< the demangled name of its type
  std::string_view what;   ///< its `what()`, or the text itself if a string was thrown; else empty
  /// What it left, for people: the type of the process's function, or of its handler and of the turn's message. The place of
  /// the throw is not known. May be empty.
  std::string_view where;
};

namespace detail {

/// What an exit_reason holds beyond its kind: shared, never changed, freed by whoever lets go last.
class FOUNDATION_API exit_payload {
 public:
  exit_payload(const exit_payload&) = delete;
  exit_payload& operator=(const exit_payload&) = delete;

  void retain() const noexcept;
  void release() const noexcept;

  /// The value's type, or that of the payload itself for one that is no user's value.
  [[nodiscard]] virtual const std::type_info& type() const noexcept = 0;
  [[nodiscard]] virtual const void* value() const noexcept = 0;
  /// pre: `other` is of the same type. May throw what the value's own comparison throws.
  [[nodiscard]] virtual bool equals(const exit_payload& other) const = 0;
  virtual void describe(std::string& out) const = 0;

 protected:
  exit_payload() noexcept;
  virtual ~exit_payload();

 private:
  /// Room for the count, an atomic that src/base/exit_reason.cpp makes here: atomics stay out of public headers.
  alignas(8) mutable unsigned char references_[8];
};

/// Appends "value of type <demangled>".
FOUNDATION_API void describe_value_of(std::string& out, const std::type_info& type);

template <typename T>
class exit_value final : public exit_payload {
 public:
  template <typename U>
  explicit exit_value(U&& value) : value_(std::forward<U>(value)) {}
  template <typename U>
    requires needs_rehoming<T>
  explicit exit_value(U&& value) : value_(rehome<T>(std::forward<U>(value))) {}

  [[nodiscard]] const std::type_info& type() const noexcept override { return typeid(T); }
  [[nodiscard]] const void* value() const noexcept override { return &value_; }

  [[nodiscard]] bool equals(const exit_payload& other) const override {
    if constexpr (requires(const T& a, const T& b) { static_cast<bool>(a == b); }) {
      return static_cast<bool>(value_ == *static_cast<const T*>(other.value()));
    } else {
      return this == &other;
    }
  }

  void describe(std::string& out) const override {
    if constexpr (std::is_same_v<T, std::string>) {
      out += value_;
    } else if constexpr (std::is_same_v<T, bool>) {
      out += value_ ? "true" : "false";
    } else if constexpr (std::is_arithmetic_v<T> && requires(const T& v) { std::to_string(v); }) {
      out += std::to_string(value_);
    } else if constexpr (requires(const T& v) { { v.description() } -> std::convertible_to<std::string_view>; }) {
      out += value_.description();
    } else {
      describe_value_of(out, typeid(T));
    }
  }

 private:
  T value_;
};

/// How a value is kept: decayed, and text as a std::string, since a view or a pointer may not outlive its process.
template <typename T>
inline constexpr bool is_borrowed_text =
    std::is_same_v<T, const char*> || std::is_same_v<T, char*> || std::is_same_v<T, std::string_view>;
template <typename T>
using exit_value_type = std::conditional_t<is_borrowed_text<std::decay_t<T>>, std::string, std::decay_t<T>>;

}  // namespace detail

/// Why a process ended. It stands in the report of a crash; links and monitors are told it.
///
///     self.exit(fn::exit_reason::shutdown);                    // a kind
///     self.exit(fn::exit_reason::user(disk_full{"/var"}));     // any value
///     if (auto* full = down.reason.get_if<disk_full>()) …      // and back
///
/// 16 bytes; copies share what they hold, which never changes, so they may be copied, read and destroyed on any threads
/// at once; copying and moving never fail. A reason whose value or text cannot be stored, for want of memory or because
/// copying the value threw, keeps its kind alone: making a reason never fails either. The kinds and their meaning are
/// Erlang's; `{shutdown, Term}` is `shutdown_with`.
class FOUNDATION_API exit_reason {
 public:
  using exit_kind::kill;
  using exit_kind::killed;
  using exit_kind::noconnection;
  using exit_kind::noproc;
  using exit_kind::normal;
  using exit_kind::shutdown;

  /// `normal`.
  exit_reason() noexcept = default;
  exit_reason(exit_kind kind) noexcept : kind_(kind) {}  // NOLINT: implicit by design

  /// An exception left a process. The texts are copied.
  [[nodiscard]] static exit_reason exception(std::string_view type, std::string_view what,
                                             std::string_view where = {}) noexcept;

  /// A reason of the user's own: any movable value that shows nothing of its process's (as `sendable`, message.hpp), stored
  /// once; text of any kind is stored as a std::string, pmr memory is made anew with `message_resource()`. Reports show text,
  /// numbers, and what a member `description()` returns as text; of other values the type.
  template <typename T>
  [[nodiscard]] static exit_reason user(T&& value) noexcept {
    return {exit_kind::user, store(std::forward<T>(value))};
  }

  /// Erlang's `{shutdown, Value}`: an orderly end that says more.
  template <typename T>
  [[nodiscard]] static exit_reason shutdown_with(T&& value) noexcept {
    return {exit_kind::shutdown, store(std::forward<T>(value))};
  }

  exit_reason(const exit_reason& other) noexcept : payload_(other.payload_), kind_(other.kind_) {
    if (payload_ != nullptr) payload_->retain();
  }
  /// Leaves the kind behind.
  exit_reason(exit_reason&& other) noexcept : payload_(std::exchange(other.payload_, nullptr)), kind_(other.kind_) {}
  exit_reason& operator=(const exit_reason& other) noexcept {
    exit_reason copy(other);
    swap(copy);
    return *this;
  }
  exit_reason& operator=(exit_reason&& other) noexcept {
    exit_reason taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~exit_reason() {
    if (payload_ != nullptr) payload_->release();
  }

  void swap(exit_reason& other) noexcept {
    std::swap(payload_, other.payload_);
    std::swap(kind_, other.kind_);
  }

  [[nodiscard]] exit_kind kind() const noexcept { return kind_; }

  /// The one reason that a link does not pass on.
  [[nodiscard]] bool is_normal() const noexcept { return kind_ == exit_kind::normal; }
  /// `shutdown`, with or without a value.
  [[nodiscard]] bool is_shutdown() const noexcept { return kind_ == exit_kind::shutdown; }
  /// Erlang's view of an orderly end: `normal` or `shutdown`. A transient child that ends so is not restarted, and no
  /// crash is reported.
  [[nodiscard]] bool is_orderly() const noexcept { return is_normal() || is_shutdown(); }

  /// The value given to `user` or `shutdown_with` if it is a T, else null. Lives as long as this reason or a copy.
  template <typename T>
  [[nodiscard]] const T* get_if() const noexcept {
    if (payload_ == nullptr || kind_ == exit_kind::exception) return nullptr;
    return detail::same_type(payload_->type(), typeid(T)) ? static_cast<const T*>(payload_->value()) : nullptr;
  }

  /// What is known of the exception; all empty for any other kind.
  [[nodiscard]] exit_exception exception_info() const noexcept;

  /// For people: `normal`, `user: disk full`, `exception std::runtime_error: boom (at resizer, message resize)`.
  [[nodiscard]] std::string description() const;

  /// The same kind and equal values. Values of one type that has no `==`, or whose `==` throws, are equal only if one
  /// reason is a copy of the other.
  [[nodiscard]] friend bool operator==(const exit_reason& a, const exit_reason& b) noexcept {
    return a.kind_ == b.kind_ && (a.payload_ == b.payload_ || equal_payloads(a, b));
  }

 private:
  exit_reason(exit_kind kind, const detail::exit_payload* adopted) noexcept : payload_(adopted), kind_(kind) {}

  template <typename T>
  [[nodiscard]] static const detail::exit_payload* store(T&& value) noexcept {
    using stored = detail::exit_value_type<T>;
    static_assert(std::is_constructible_v<stored, T>, "exit_reason: the value must be copyable or movable");
    if constexpr (!detail::self_contained<stored>) {
      detail::say_what_is_wrong<stored>();
      return nullptr;
    } else {
      try {
        return new detail::exit_value<stored>(std::forward<T>(value));
      } catch (...) {
        return nullptr;
      }
    }
  }

  [[nodiscard]] static bool equal_payloads(const exit_reason& a, const exit_reason& b) noexcept;

  const detail::exit_payload* payload_ = nullptr;
  exit_kind kind_ = exit_kind::normal;
};

static_assert(sizeof(exit_reason) <= 2 * sizeof(void*));

/// The reason of a process that the exception being handled leaves: its type, its `what()`, and `where`.
/// Call inside a `catch` block, on any thread. Never throws; with no exception in flight, an exception of unknown type.
[[nodiscard]] FOUNDATION_API exit_reason exit_reason_of_current_exception(std::string_view where = {}) noexcept;

}  // namespace foundation::inline v0
