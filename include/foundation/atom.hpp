// SPDX-License-Identifier: Apache-2.0
/// Atoms: names that are compared as one word (Erlang's atoms).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <typeindex>  // declares std::hash, and little else

#include <foundation/export.hpp>
#include <foundation/pid.hpp>  // detail::mix
#include <foundation/result.hpp>

namespace foundation::inline v0 {

class atom;

namespace detail {

/// What an atom points to: its text lies behind, followed by a NUL. Never changed, never freed.
struct atom_entry {
  std::uint32_t hash;
  std::uint32_t size;
  [[nodiscard]] const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

struct atom_access;

}  // namespace detail

/// A name that is kept once in the program, so that two of them are equal when their words are.
///
///     const fn::atom ok = fn::atom::make("ok").value();
///     if (reply.status == ok) { … }
///
/// One word, trivially copyable, valid on any thread for ever: an atom is never taken out of the table. So make atoms
/// of what your program knows, and of text from outside only with `existing_atom` or `safe_atom`. A default-constructed
/// atom is the empty one, `''`, which is in no table and counts for nothing.
///
/// There is no `<`: which word is smaller changes from run to run. `atom::text_order` compares the texts. Prints as its
/// text (foundation/fmt.hpp).
///
/// Semantics: Erlang's atoms (Erlang Reference Manual, "Data Types"; Efficiency Guide, "System Limits"). Where the BEAM
/// ends when its table is full, `make` returns an error.
class atom {
 public:
  static constexpr std::size_t max_characters = 255;

  constexpr atom() noexcept = default;

  /// The atom of this text: 0 to 255 characters of UTF-8. The one that is there, or a new one.
  ///
  ///     const auto key = fn::atom::make(line.substr(0, colon));
  ///     if (!key) return key.error();
  ///
  /// Any thread. One that is there: a hash and a comparison, without a lock. A new one: a lock of a 64th part of the
  /// table, one allocation, now and then a second one that doubles this part.
  /// @errors errc::invalid_atom for a text that is too long or no UTF-8 (surrogates and overlong forms are none);
  ///         errc::atom_table_full at `atom_limit()`; errc::system_limit when memory is refused. An atom that is there
  ///         is always returned
  /// Semantics: `erlang:binary_to_atom/1`.
  [[nodiscard]] FOUNDATION_API static result<atom> make(std::string_view text) noexcept;

  /// The text, valid for ever; `data()` ends in a NUL. Any thread; no look-up.
  [[nodiscard]] std::string_view text() const noexcept {
    return entry_ == nullptr ? std::string_view("") : std::string_view(entry_->text(), entry_->size);
  }

  [[nodiscard]] friend constexpr bool operator==(const atom&, const atom&) noexcept = default;

  /// Orders by text, byte by byte, which is by code point, as Erlang does. Compares strings, where `==` compares words.
  ///
  ///     std::map<fn::atom, int, fn::atom::text_order> sorted;
  struct text_order {
    [[nodiscard]] bool operator()(atom a, atom b) const noexcept { return a != b && a.text() < b.text(); }
  };

 private:
  friend struct detail::atom_access;
  constexpr explicit atom(const detail::atom_entry* entry) noexcept : entry_(entry) {}

  const detail::atom_entry* entry_ = nullptr;  // null: the empty atom
};

static_assert(sizeof(atom) == sizeof(void*) && std::is_trivially_copyable_v<atom>);

namespace detail {
/// Makes atoms and takes them apart; for the library itself.
struct atom_access {
  [[nodiscard]] static constexpr atom make(const atom_entry* entry) noexcept { return atom(entry); }
  [[nodiscard]] static constexpr const atom_entry* entry(atom a) noexcept { return a.entry_; }
};
}  // namespace detail

/// The atom of this text if somebody has made it; nothing otherwise, as for a text that cannot be an atom.
///
///     if (const auto command = fn::existing_atom(word)) run(*command);
///
/// Any thread, lock-free, allocates nothing: for text from outside. Semantics: `erlang:binary_to_existing_atom/1`.
[[nodiscard]] FOUNDATION_API std::optional<atom> existing_atom(std::string_view text) noexcept;

/// How many atoms there may be for `safe_atom` to make one more.
struct safe_atom_options {
  std::size_t max_atoms = 800'000;  ///< 0: only those that are there
};

/// As `atom::make`, and makes a new atom only while there are fewer than `max_atoms`: what comes from outside can then
/// fill the table up to there and no further, whoever else makes atoms at the same time.
///
///     const auto topic = fn::safe_atom(request.topic, {.max_atoms = 100'000});
///
/// Any thread; cost as `atom::make`.
/// @errors errc::atom_table_nearly_full at the bound, with the count and the bound; and those of `atom::make`
[[nodiscard]] FOUNDATION_API result<atom> safe_atom(std::string_view text, safe_atom_options options = {}) noexcept;

/// Atoms in the table, which only grows. Any thread, lock-free. Semantics: `erlang:system_info(atom_count)`.
[[nodiscard]] FOUNDATION_API std::size_t atom_count() noexcept;

/// How many there may be: 1,048,576 unless set. Any thread, lock-free. Semantics: `erlang:system_info(atom_limit)`.
[[nodiscard]] FOUNDATION_API std::size_t atom_limit() noexcept;

/// Bytes that the table has allocated for atoms and for finding them. Any thread, lock-free. Semantics:
/// `erlang:memory(atom)`.
[[nodiscard]] FOUNDATION_API std::size_t atom_bytes() noexcept;

/// Sets how many atoms there may be, for the whole program, at any time.
///
///     fn::set_atom_limit(100'000).value();
///
/// Any thread, lock-free.
/// @errors errc::invalid_argument unless `limit` is 1..268,435,456 and not less than there are
/// Semantics: the BEAM's option `+t`, which only its start takes.
FOUNDATION_API result<void> set_atom_limit(std::size_t limit) noexcept;

}  // namespace foundation::inline v0

template <>
struct std::hash<foundation::atom> {
  [[nodiscard]] std::size_t operator()(foundation::atom a) const noexcept {
    const auto word = reinterpret_cast<std::uintptr_t>(foundation::detail::atom_access::entry(a));
    return static_cast<std::size_t>(foundation::detail::mix(0, word));
  }
};
