// SPDX-License-Identifier: Apache-2.0
/// One message to many.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <foundation/detail/shared_payload.hpp>
#include <foundation/export.hpp>
#include <foundation/message.hpp>
#include <foundation/owned_bytes.hpp>
#include <foundation/pid.hpp>
#include <foundation/result.hpp>

namespace foundation::inline v0 {

/// What became of a `multi_send`.
struct multi_sent {
  std::size_t delivered = 0;  ///< receivers that have it in their mailbox
  std::size_t dead = 0;       ///< that were dead, or whose runtime was gone
  bool shared = false;        ///< all see the one value; else each has its own
};

namespace detail {

// Never defined: the compiler's first error line names it, with the user's type.
template <typename T>
struct a_message_to_several_receivers_must_be_copyable;

/// From so many bytes on the caller shares a value: below, a copy in each envelope costs less than the reference count.
[[nodiscard]] FOUNDATION_API std::size_t share_from() noexcept;

/// Envelopes for as many receivers, made before the first is sent: so memory is refused for all or for none.
class FOUNDATION_API envelopes {
 public:
  envelopes() noexcept = default;
  ~envelopes();
  envelopes(const envelopes&) = delete;
  envelopes& operator=(const envelopes&) = delete;

  void add(owned_envelope&& one) noexcept;
  /// Each to the next receiver. Charges a process as that many sends.
  [[nodiscard]] multi_sent deliver(std::span<const pid> to) noexcept;

 private:
  envelope* first_ = nullptr;
  envelope* last_ = nullptr;
};

template <typename T, typename U>
[[nodiscard]] result<multi_sent> send_copies(std::span<const pid> to, const U& message) {
  envelopes all;
  for (std::size_t i = 0; i != to.size(); ++i) {
    auto one = owned_envelope::make<T>(message);
    if (!one) return errc::system_limit;
    all.add(std::move(one));
  }
  return all.deliver(to);
}

template <typename T, typename U>
[[nodiscard]] result<multi_sent> send_shared(std::span<const pid> to, U&& message) {
  shared_payload* value = nullptr;
  if constexpr (needs_rehoming<T>) {
    try {
      value = shared_payload::make<T>([&] { return rehome<T>(std::forward<U>(message)); });
    } catch (const std::bad_alloc&) {
      return errc::system_limit;
    }
  } else {
    value = shared_payload::make<T>([&]() -> T { return std::forward<U>(message); });
  }
  if (value == nullptr) return errc::system_limit;
  struct last_reference {
    shared_payload& value;
    ~last_reference() { value.release(); }
  } const mine{*value};
  envelopes all;
  for (std::size_t i = 0; i != to.size(); ++i) {
    value->retain(1);
    auto one = make_shared_envelope(*value, shared_message_ops_of<T>);
    if (!one) {
      value->release();
      return errc::system_limit;
    }
    all.add(std::move(one));
  }
  let_go_of(*static_cast<const T*>(value->value()));
  auto sent = all.deliver(to);
  sent.shared = true;
  return sent;
}

template <typename T>
result<multi_sent> multi_send(std::span<const pid> to, T&& message) {
  using stored = std::decay_t<T>;
  if (sizeof(stored) + owned_bytes(message) < share_from()) return send_copies<stored>(to, message);
  return send_shared<stored>(to, std::forward<T>(message));
}

}  // namespace detail

/// Sends a message to several receivers, which get it as any other. A large one is there once, and who takes it by
/// `const T&` sees that one; who takes it otherwise gets a copy of its own, made when it is received. A small one is copied
/// for each. An rvalue is moved where it is shared.
///
///     const auto sent = fn::multi_send(subscribers, page).value();  // a std::vector<fn::pid>
///     if (sent.dead != 0) subscribers.erase_dead();
///
/// To each receiver it goes as by `send`, in the order of the range, behind what the sender has sent it before; a receiver that
/// is named twice gets it twice. Any thread; from a process it may end the slice between two receivers. Cost: an allocation
/// and a send each, and one for a shared value.
/// The value's binaries count for no process's limit while it is shared.
/// @errors errc::system_limit when memory is refused: then nobody has got it
/// @throws what the message's copy or move constructor throws; then nothing was sent
template <typename Range, typename T>
result<multi_sent> multi_send(const Range& to, T&& message) {
  using stored = std::decay_t<T>;
  if constexpr (!sendable<stored>) {
    detail::refuse_message<stored>();
  } else if constexpr (!std::is_copy_constructible_v<stored>) {
    static_cast<void>(sizeof(detail::a_message_to_several_receivers_must_be_copyable<stored>));
  } else if constexpr (std::is_convertible_v<const Range&, std::span<const pid>>) {
    return detail::multi_send(std::span<const pid>(to), std::forward<T>(message));
  } else {
    std::vector<pid> all;
    for (const auto& each : to) all.push_back(each);
    return detail::multi_send(std::span<const pid>(all), std::forward<T>(message));
  }
}

}  // namespace foundation::inline v0
