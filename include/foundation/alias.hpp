// SPDX-License-Identifier: Apache-2.0
/// Process aliases: addresses of a process that it can take back (Erlang's EEP 53), and that let priority messages in
/// (EEP 76).
#pragma once

#include <cstdint>
#include <functional>

#include <foundation/pid.hpp>
#include <foundation/reference.hpp>

namespace foundation::inline v0 {

/// Until when an alias is good. A message sent to it later is dropped before it is queued.
enum class alias_mode : std::uint8_t {
  explicit_unalias,  ///< until `process::unalias`
  reply,             ///< until the first message through it has arrived
  demonitor,         ///< of a monitor: until `demonitor`, or until its `down` has arrived
  reply_demonitor,   ///< of a monitor: both; the first message through it also removes the monitor
};

/// How `process::make_alias` makes one.
struct alias_options {
  alias_mode mode = alias_mode::explicit_unalias;  ///< or `reply`; the others belong to monitors
  bool priority = false;                           ///< lets messages sent with `priority_message` overtake others
};

/// A second address of a process, for others to send to; it goes on being good until the process, or the alias's mode,
/// ends it. A value of 32 bytes, valid on any thread.
///
///     const fn::alias me = self.make_alias({.mode = fn::alias_mode::reply}).value();
///     fn::send(worker, job{…, me});                 // the worker answers: fn::send(job.from, answer{…})
///     self.receive([](answer a) { … }, fn::after(1s, [&] { self.unalias(me); }));   // a late answer is dropped
///
/// Nobody can tell from outside whether an alias is still good. Semantics: `erlang:alias/1`.
class alias {
 public:
  constexpr alias() noexcept = default;
  constexpr alias(pid owner, reference ref) noexcept : owner_(owner), ref_(ref) {}

  [[nodiscard]] constexpr pid owner() const noexcept { return owner_; }
  [[nodiscard]] constexpr reference ref() const noexcept { return ref_; }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return static_cast<bool>(ref_); }

  [[nodiscard]] friend constexpr bool operator==(const alias&, const alias&) noexcept = default;
  [[nodiscard]] friend constexpr auto operator<=>(const alias&, const alias&) noexcept = default;

 private:
  pid owner_;
  reference ref_;
};

}  // namespace foundation::inline v0

template <>
struct std::hash<foundation::alias> {
  [[nodiscard]] constexpr std::size_t operator()(foundation::alias a) const noexcept {
    return std::hash<foundation::reference>{}(a.ref());
  }
};
