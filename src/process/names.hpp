// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <foundation/pid.hpp>
#include <foundation/result.hpp>

#include "base/base.hpp"
#include "sched/sched.hpp"

namespace foundation::proc {

class control_block;

/// One registered name; its text lies behind it.
struct name_entry : sched::retired {
  sync::atomic<name_entry*> next{nullptr};
  control_block* holder = nullptr;  // valid while `registered`
  pid id;
  bool registered = true;  // under the lock
  std::uint8_t size = 0;

  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(this + 1), size}; }
};

/// A process's side: its name, none, or none any more.
class name_slot {
 public:
  /// False: there is one already, or it is closed.
  [[nodiscard]] bool set(name_entry* e) noexcept {
    name_entry* expected = nullptr;
    return entry_.compare_exchange_strong(expected, e, sync::memory_order_acq_rel);
  }
  void clear(name_entry* e) noexcept { entry_.compare_exchange_strong(e, nullptr, sync::memory_order_acq_rel); }
  /// No name from here on. @returns the one it had
  [[nodiscard]] name_entry* close() noexcept {
    name_entry* const had = entry_.exchange(closed(), sync::memory_order_acq_rel);
    return had == closed() ? nullptr : had;
  }
  /// Guard.
  [[nodiscard]] const name_entry* get() const noexcept {
    const name_entry* const e = entry_.load(sync::memory_order_acquire);
    return e == closed() ? nullptr : e;
  }

 private:
  [[nodiscard]] static name_entry* closed() noexcept { return reinterpret_cast<name_entry*>(std::uintptr_t{1}); }
  sync::atomic<name_entry*> entry_{nullptr};
};

/// The registered names of one runtime (Erlang's `register/2`): a name belongs to one process, a process has one name.
///
///   add(name, p)    any thread, guard   p is found by the name from now on
///   remove(name)    any thread          the name is free
///   find(name)      any thread          the holder, or none; lock-free
///   release(p)      p's end, if claimed its name is free, and it gets no other
///
/// A hash table whose buckets are lists. They are read under an epoch guard, and changed under the lock.
///
/// Rules
///   N1. An entry is complete before it is linked (release), and read after its link was (acquire).
///   N2. Who unlinks an entry, under the lock, retires it; a reader that has found it may go on over it.
///   N3. A process that was never claimed for a name (claims.hpp) is not released at its end.
///   N4. A process's slot is set under the lock, and closed without it: who registers a process that closes its slot at that
///       moment either fails to set it, or is followed by the process's own `release`, which waits for the lock.
class names {
 public:
  static constexpr std::size_t longest = 255;

  names() noexcept = default;
  ~names();
  names(const names&) = delete;
  names& operator=(const names&) = delete;

  /// @errors errc::invalid_argument for an empty name or one that is too long
  [[nodiscard]] static result<void> check(std::string_view name) noexcept;
  /// The error for a process that is to get a name and is dead.
  [[nodiscard]] static error dead(pid p) noexcept;

  /// @errors as `check`; errc::already_registered, which says who
  ///         has the name, or which name the process has; errc::noproc for a process that ends; errc::system_limit
  [[nodiscard]] result<void> add(std::string_view name, control_block& p) noexcept FOUNDATION_EXCLUDES(mutex_);
  /// @errors errc::noproc when nobody has it
  [[nodiscard]] result<void> remove(std::string_view name) noexcept FOUNDATION_EXCLUDES(mutex_);
  [[nodiscard]] pid find(std::string_view name) const noexcept;
  void release(control_block& p) noexcept FOUNDATION_EXCLUDES(mutex_);

 private:
  /// So many that lists stay short for as many names as there may be processes. Untouched ones cost no memory.
  static constexpr std::size_t bucket_count = std::size_t{1} << 16;
  using bucket = sync::atomic<name_entry*>;

  [[nodiscard]] static std::size_t index_of(std::string_view name) noexcept;
  [[nodiscard]] static name_entry* find_in(const bucket& list, std::string_view name) noexcept;
  void unlink(name_entry& e) noexcept FOUNDATION_REQUIRES(mutex_);

  sync::mutex mutex_{base::lock_rank::process_names};
  sync::atomic<bucket*> buckets_{nullptr};  // made with the first name (release), read by look-ups (acquire)
};

}  // namespace foundation::proc
