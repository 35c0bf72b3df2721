// SPDX-License-Identifier: Apache-2.0
/// A message that several receivers get and that is there once.
///
///   S1. Its envelope is marked `shared`, and has a reference to the value where another one has the payload. So a receiver
///       finds a T as ever, by the type of the message.
///   S2. Nobody changes it: what binds to `const T&` sees the value itself, anything else a copy made for it at receipt.
///   S3. Only who shares a value says how it is copied. A receiver of T never needs to be able to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <foundation/detail/envelope.hpp>
#include <foundation/export.hpp>

namespace foundation::inline v0::detail {

/// What stands in front of the value; one block. Made with one reference.
class FOUNDATION_API shared_payload {
 public:
  struct type {
    void (*destroy)(void* value) noexcept;
    void (*copy)(void* to, const void* value);
    std::size_t size;
    std::size_t alignment;
  };

  /// With the T that `build()` returns. Null where memory was refused; throws what `build` throws.
  template <typename T, typename Build>
  [[nodiscard]] static shared_payload* make(Build&& build) {
    shared_payload* const made = allocate(type_of<T>);
    if (made == nullptr) return nullptr;
    unfinished guard{made};
    ::new (made->value()) T(build());
    guard.block = nullptr;
    return made;
  }
  shared_payload(const shared_payload&) = delete;
  shared_payload& operator=(const shared_payload&) = delete;

  /// Any thread that has a reference.
  void retain(std::size_t references) noexcept;
  void release() noexcept;

  [[nodiscard]] void* value() noexcept { return reinterpret_cast<std::byte*>(this) + offset_; }
  [[nodiscard]] const void* value() const noexcept { return reinterpret_cast<const std::byte*>(this) + offset_; }
  /// Constructs a copy there. Throws what the copy constructor throws.
  void copy_to(void* place) const { type_.copy(place, value()); }

 private:
  struct unfinished {
    shared_payload* block;
    ~unfinished() {
      if (block != nullptr) deallocate(block);
    }
  };
  template <typename T>
  static constexpr type type_of = {[](void* value) noexcept { static_cast<T*>(value)->~T(); },
                                   [](void* to, const void* value) { ::new (to) T(*static_cast<const T*>(value)); },
                                   sizeof(T), alignof(T)};

  shared_payload(const type& what, std::size_t offset) noexcept;
  ~shared_payload() = default;
  [[nodiscard]] static shared_payload* allocate(const type& what) noexcept;
  static void deallocate(shared_payload* block) noexcept;

  alignas(8) std::byte references_[8];
  const type& type_;
  std::size_t offset_;
};

/// Of envelopes with a shared T.
template <typename T>
inline const message_ops shared_message_ops_of = {
    &typeid(T), [](void* payload) noexcept { (*static_cast<shared_payload**>(payload))->release(); }, nullptr,
    counts_for(sizeof(shared_payload*)), nullptr};

/// An envelope with a reference to it, which is the envelope's from then on; empty when memory was refused.
[[nodiscard]] inline owned_envelope make_shared_envelope(shared_payload& value, const message_ops& ops) noexcept {
  envelope* const e = allocate_envelope_for<shared_payload*>();
  if (e == nullptr) return {};
  ::new (e->payload()) shared_payload*(&value);
  e->ops = &ops;
  e->shared = true;
  return owned_envelope(e);
}

// -- the receiver's side -----------------------------------------------------------------------------------------------

[[nodiscard]] inline const shared_payload& shared_in(const envelope& e) noexcept {
  return **static_cast<shared_payload* const*>(e.payload());
}

/// The message as everybody may see it.
template <typename T>
[[nodiscard]] const T& seen(const envelope& e) noexcept {
  return *static_cast<const T*>(e.shared ? shared_in(e).value() : e.payload());
}

/// A receiver's own copy of a shared message (S2).
template <typename T>
class own_copy {
 public:
  explicit own_copy(const envelope& e) { shared_in(e).copy_to(place_); }
  ~own_copy() { get().~T(); }
  own_copy(const own_copy&) = delete;
  own_copy& operator=(const own_copy&) = delete;

  [[nodiscard]] T& get() noexcept { return *std::launder(reinterpret_cast<T*>(place_)); }

 private:
  alignas(T) std::byte place_[sizeof(T)];
};

}  // namespace foundation::inline v0::detail
