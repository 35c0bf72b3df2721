// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <foundation/detail/owned_parts.hpp>
#include <foundation/detail/rehome.hpp>
#include <foundation/detail/type_identity.hpp>
#include <foundation/export.hpp>
#include <foundation/reference.hpp>

namespace foundation::inline v0 {
class process;
}

namespace foundation::inline v0::detail {

/// What a process gets from others, as one node of its outer queue (D6, D7).
enum class signal_kind : std::uint8_t {
  message,           ///< an envelope
  alias_message,     ///< an envelope sent to an alias: a message if the alias is still good
  exit,              ///< `exit(pid, reason)`: ends the receiver by Erlang's rules, or becomes a message
  link,              ///< the sender links itself to the receiver
  link_exit,         ///< a linked process has ended
  unlink,            ///< the sender removes the link, and awaits `unlink_ack`
  unlink_ack,        ///< the answer
  monitor,           ///< the sender monitors the receiver
  demonitor,         ///< and does no more
  down,              ///< a monitored process has ended
  reply,             ///< the answer to a request of the receiver's
  info_request,      ///< the receiver is to describe itself
  timeout,           ///< a timed wait of the receiver's is over
  shutdown_request,  ///< ends the receiver when it has handled what came before
};

struct signal {
  /// The sender's until the push; then a link of the receiver's queues, read and written by the receiver alone.
  signal* next = nullptr;
  signal_kind kind = signal_kind::message;
  /// Handled: the payload is destroyed, and only the node's memory is left, as the mark of a batch.
  bool spent = false;
  std::uint16_t payload_offset = 0;
  /// The sender asks for it to overtake other messages; the receiver allows it or not.
  bool priority = false;
};

class reply_handle;

/// What envelopes are counted in.
inline constexpr std::size_t envelope_unit = 16;

/// A type as the runtime knows it without its name. One per type and module; identity is `type` (D12).
struct message_ops {
  const std::type_info* type;
  void (*destroy)(void* payload) noexcept;
  /// Of a request: where the answer goes. Null for a message that is none.
  reply_handle& (*asks)(void* payload) noexcept;
  std::uint64_t counts;        ///< 1, and above it the units that it takes with its envelope: what a queue adds up
  const payload_parts* parts;  ///< what it owns elsewhere; null: nothing that shows
};

/// `message_ops::counts` for a payload of that size.
[[nodiscard]] constexpr std::uint64_t counts_for(std::size_t payload_bytes) noexcept {
  constexpr std::size_t header = 32;  // `sizeof(envelope)`, rounded up
  return (header + payload_bytes + envelope_unit - 1) / envelope_unit << 32 | 1;
}

template <typename T>
inline const message_ops message_ops_of = {
    &typeid(T), [](void* payload) noexcept { static_cast<T*>(payload)->~T(); }, nullptr, counts_for(sizeof(T)),
    find_parts<T>()};

/// What `signal::payload_offset` has room for behind the header.
inline constexpr std::size_t largest_message_alignment = 32768;

/// A message: one allocation, the payload behind the header.
struct envelope : signal {
  const message_ops* ops = nullptr;

  [[nodiscard]] void* payload() noexcept { return reinterpret_cast<std::byte*>(this) + payload_offset; }
  [[nodiscard]] const void* payload() const noexcept {
    return reinterpret_cast<const std::byte*>(this) + payload_offset;
  }
};

static_assert(sizeof(envelope) <= 32);

/// One that was sent to an alias.
struct alias_envelope : envelope {
  reference alias;
};

/// Memory for an envelope with a payload of that size and alignment; null when refused.
[[nodiscard]] FOUNDATION_API envelope* allocate_envelope(std::size_t size, std::size_t alignment) noexcept;
/// The same for one to an alias.
[[nodiscard]] FOUNDATION_API envelope* allocate_envelope(std::size_t size, std::size_t alignment,
                                                         reference alias) noexcept;

/// Memory of that size, aligned to 16 bytes; null when refused.
[[nodiscard]] FOUNDATION_API void* allocate_message(std::size_t bytes) noexcept;

/// Memory for an envelope with a T in it. What of it is the same for every T of that size is done by the compiler.
template <typename T>
[[nodiscard]] envelope* allocate_envelope_for() noexcept {
  if constexpr (alignof(T) > 16) {
    return allocate_envelope(sizeof(T), alignof(T));
  } else {
    constexpr std::size_t offset = (sizeof(envelope) + alignof(T) - 1) / alignof(T) * alignof(T);
    void* const memory = allocate_message(offset + sizeof(T));
    if (memory == nullptr) return nullptr;
    auto* const e = ::new (memory) envelope;
    e->payload_offset = offset;
    return e;
  }
}

/// Gives the memory back; the payload is not there (any more).
FOUNDATION_API void deallocate_envelope(envelope* e) noexcept;

/// The same when the payload's constructor threw: the send costs its reduction all the same, and may end the slice.
FOUNDATION_API void discard_unfinished(envelope* e) noexcept;

/// Discards the envelope if its payload's constructor throws.
struct unfinished_envelope {
  envelope* memory;
  ~unfinished_envelope() {
    if (memory != nullptr) discard_unfinished(memory);
  }
};

/// Has `build` make the payload. @returns false where it was refused memory; the envelope's is then given back
template <typename T, typename Build>
[[nodiscard]] bool build_payload(envelope* e, Build&& build) {
  unfinished_envelope unfinished{e};
  try {
    let_go_of(*::new (e->payload()) T(build()));
  } catch (const std::bad_alloc&) {
    deallocate_envelope(std::exchange(unfinished.memory, nullptr));
    return false;
  }
  unfinished.memory = nullptr;
  return true;
}

/// An envelope that nobody has sent yet, or that was taken out of a mailbox: destroyed with its payload.
class owned_envelope {
 public:
  owned_envelope() noexcept = default;
  explicit owned_envelope(envelope* e) noexcept : envelope_(e) {}
  owned_envelope(owned_envelope&& other) noexcept : envelope_(std::exchange(other.envelope_, nullptr)) {}
  owned_envelope& operator=(owned_envelope&& other) noexcept {
    std::swap(envelope_, other.envelope_);
    return *this;
  }
  ~owned_envelope() {
    if (envelope_ == nullptr) return;
    envelope_->ops->destroy(envelope_->payload());
    deallocate_envelope(envelope_);
  }

  /// Constructs a T in a new envelope, at home there (rehome.hpp). Empty when memory was refused; throws what the
  /// constructor throws.
  template <typename T, typename... Args>
  [[nodiscard]] static owned_envelope make(Args&&... args) {
    return fill<T>(allocate_envelope_for<T>(), std::forward<Args>(args)...);
  }
  /// The same, to an alias.
  template <typename T, typename... Args>
  [[nodiscard]] static owned_envelope make_to(reference alias, Args&&... args) {
    return fill<T>(allocate_envelope(sizeof(T), alignof(T), alias), std::forward<Args>(args)...);
  }
  /// The same with the T that `build()` returns, which is at home.
  template <typename T, typename Build>
  [[nodiscard]] static owned_envelope make_by(Build&& build) {
    return fill_by<T>(allocate_envelope_for<T>(), std::forward<Build>(build));
  }

  [[nodiscard]] explicit operator bool() const noexcept { return envelope_ != nullptr; }
  [[nodiscard]] envelope* get() const noexcept { return envelope_; }
  [[nodiscard]] envelope* release() noexcept { return std::exchange(envelope_, nullptr); }

 private:
  template <typename T, typename... Args>
  [[nodiscard]] static owned_envelope fill(envelope* e, Args&&... args) {
    if constexpr (needs_rehoming<T>) {
      return fill_by<T>(e, [&] { return rehome<T>(std::forward<Args>(args)...); });
    } else {
      if (e == nullptr) return {};
      unfinished_envelope unfinished{e};
      let_go_of(*::new (e->payload()) T(std::forward<Args>(args)...));
      unfinished.memory = nullptr;
      e->ops = &message_ops_of<T>;
      return owned_envelope(e);
    }
  }
  template <typename T, typename Build>
  [[nodiscard]] static owned_envelope fill_by(envelope* e, Build&& build) {
    if (e == nullptr || !build_payload<T>(e, std::forward<Build>(build))) return {};
    e->ops = &message_ops_of<T>;
    return owned_envelope(e);
  }

  envelope* envelope_ = nullptr;
};

/// A message taken out of a mailbox: destroyed here, its memory given back when the mailbox no longer needs the node.
class FOUNDATION_API owned_mail {
 public:
  /// `outer`: the message that is being handled while this one is taken, if there is one.
  owned_mail(process& receiver, envelope* e, envelope* outer) noexcept
      : receiver_(receiver), envelope_(e), outer_(outer) {}
  ~owned_mail();
  owned_mail(const owned_mail&) = delete;
  owned_mail& operator=(const owned_mail&) = delete;

 private:
  process& receiver_;
  envelope* envelope_;
  envelope* outer_;
};

}  // namespace foundation::inline v0::detail
