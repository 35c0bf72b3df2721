// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/intrusive/set.hpp>
#include <boost/intrusive/set_hook.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <foundation/alias.hpp>
#include <foundation/detail/envelope.hpp>
#include <foundation/signals.hpp>

#include "base/base.hpp"
#include "memory/memory.hpp"

namespace foundation::proc {

using detail::envelope;
using detail::signal_kind;

/// What a process knows of another one.
enum class relation_kind : std::uint8_t {
  link,      ///< linked to `other`, or in the middle of unlinking it
  watching,  ///< monitors `other`; `ref` names the monitor
  watched,   ///< is monitored by `other`, who calls it `ref`
  alias,     ///< has an alias `ref`, which may be that of a monitor, too
};

/// One process's half of a link or monitor: an entry in its `relations`, and before and after that a signal.
///
/// Nothing is allocated when a signal arrives or a process dies, so neither can fail. Whoever links or monitors makes
/// both halves, and sends the other's as the signal `link` or `monitor`, which the receiver keeps as its entry. When a
/// process ends, its halves become the signals that tell the others (`tell_exit`, `tell_down`, `demonitor`): the same
/// memory, sent on.
///
/// As a signal it is an envelope: `link_exit` and `down` carry a message, for a receiver that wants it in its mailbox.
struct relation : envelope {
  struct key_type {
    relation_kind kind;
    std::uint64_t high;
    std::uint64_t low;
    friend constexpr auto operator<=>(const key_type&, const key_type&) noexcept = default;
  };
  struct key_of {
    using type = key_type;
    key_type operator()(const relation& r) const noexcept {
      return r.role == relation_kind::link ? link_key(r.other) : ref_key(r.role, r.ref);
    }
  };
  [[nodiscard]] static key_type link_key(pid p) noexcept {
    return {relation_kind::link, detail::pid_access::high(p), detail::pid_access::low(p)};
  }
  [[nodiscard]] static key_type ref_key(relation_kind kind, reference r) noexcept {
    return {kind, detail::reference_access::high(r), detail::reference_access::counter(r)};
  }

  /// Null when the allocation is refused.
  [[nodiscard]] static relation* make(relation_kind role, pid other, reference ref = {}) noexcept {
    void* memory = memory::allocate(sizeof(relation));
    return memory == nullptr ? nullptr : ::new (memory) relation(role, other, ref);
  }
  /// Of one that is neither an entry nor carries a message, nor may be the mailbox's pin.
  static void discard(relation* r) noexcept {
    if (r == nullptr) return;
    r->~relation();
    memory::deallocate(r);
  }

  /// Of one that carries a message, and that nobody has got.
  static void discard_message(relation& r) noexcept {
    r.ops->destroy(r.payload());
    discard(&r);
  }

  relation(const relation&) = delete;
  relation& operator=(const relation&) = delete;
  ~relation() = default;

  /// Turns it into the signal that `from` has ended. For a link.
  void tell_exit(pid from, exit_reason reason) noexcept { carry<exited>(signal_kind::link_exit, from, std::move(reason)); }
  /// The same for a monitor.
  void tell_down(pid from, exit_reason reason) noexcept {
    carry<down>(signal_kind::down, ref, from, std::move(reason), std::string());
  }

  /// False when there is no memory for a copy.
  [[nodiscard]] bool set_name(std::string_view text) noexcept {
    try {
      name = text;
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  /// What the destructor would do, for one whose memory has to stay.
  void drop_name() noexcept { std::string().swap(name); }

  /// What `tell_exit` and `tell_down` have put in.
  template <typename Message>
  [[nodiscard]] Message& message() noexcept {
    return *static_cast<Message*>(payload());
  }

  relation_kind role;
  bool active = true;              ///< link: false while it is being unlinked
  bool late = false;               ///< link, watched: made when the process had been told to end, which is to say nobody
  bool has_alias = false;          ///< watching: there is an alias of the same reference
  alias_mode mode{};               ///< alias
  bool lets_priority_in = false;   ///< alias; link: what comes of it overtakes other messages
  std::uint64_t unlink_id = 0;     ///< link, not active: the unlink whose acknowledgement is awaited
  pid other;
  reference ref;
  std::string name;                ///< watching: the name that was monitored
  boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>,
                                    boost::intrusive::link_mode<boost::intrusive::normal_link>>
      hook;

 private:
  relation(relation_kind as, pid who, reference r) noexcept : role(as), other(who), ref(r) {}

  template <typename Message, typename... Parts>
  void carry(signal_kind as, Parts&&... parts) noexcept {
    kind = as;
    payload_offset = static_cast<std::uint16_t>(room_ - reinterpret_cast<std::byte*>(this));
    ops = &detail::message_ops_of<Message>;
    ::new (payload()) Message{std::forward<Parts>(parts)...};
  }

  alignas(down) std::byte room_[sizeof(down) > sizeof(exited) ? sizeof(down) : sizeof(exited)];
};

/// The links, monitors and aliases of one process, in the order of their keys. The owner's alone; no operation allocates.
class relations {
  using hook_of = boost::intrusive::member_hook<relation, decltype(relation::hook), &relation::hook>;
  using tree = boost::intrusive::set<relation, hook_of, boost::intrusive::key_of_value<relation::key_of>,
                                     boost::intrusive::constant_time_size<false>>;

 public:
  [[nodiscard]] relation* link_to(pid other) noexcept { return find(relation::link_key(other)); }
  [[nodiscard]] relation* find(relation_kind kind, reference ref) noexcept { return find(relation::ref_key(kind, ref)); }

  /// False, and nothing done, when there is one with the same key.
  bool insert(relation& r) noexcept { return tree_.insert(r).second; }
  void erase(relation& r) noexcept { tree_.erase(tree_.iterator_to(r)); }

  /// Takes one out, in no particular order; null when there is none left. For the end of the process.
  [[nodiscard]] relation* take_any() noexcept { return tree_.empty() ? nullptr : tree_.unlink_leftmost_without_rebalance(); }

  [[nodiscard]] bool empty() const noexcept { return tree_.empty(); }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const relation& r : tree_) visit(r);
  }

 private:
  [[nodiscard]] relation* find(const relation::key_type& key) noexcept {
    const auto found = tree_.find(key);
    return found == tree_.end() ? nullptr : &*found;
  }
  tree tree_;
};

}  // namespace foundation::proc
