// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <foundation/atom.hpp>

#include "memory/atom_table.hpp"
#include "memory/refusal.hpp"
#include "memory/utf8.hpp"

namespace foundation::inline v0 {

namespace {

using memory::atom_table;
using memory::refusal;

constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();
constexpr std::size_t longest = atom::max_characters * 4;  // bytes

/// Whether the text can be an atom at all. Reads no more of it than an atom may have.
result<void> check(std::string_view text) noexcept {
  if (text.size() > longest) {
    return refusal(errc::invalid_atom, "text: {} bytes given, 0..{} characters allowed", text.size(),
                   atom::max_characters);
  }
  const memory::utf8_text seen = memory::read_utf8(text);
  if (!seen.valid) {
    return refusal(errc::invalid_atom, "text: byte {} is no UTF-8, valid UTF-8 allowed", seen.bad_byte);
  }
  if (seen.characters > atom::max_characters) {
    return refusal(errc::invalid_atom, "text: {} characters given, 0..{} allowed", seen.characters,
                   atom::max_characters);
  }
  return {};
}

/// @param most what a caller's `max_atoms` allows
result<atom> intern(std::string_view text, std::size_t most) noexcept {
  if (text.empty()) return atom();
  if (const auto there = existing_atom(text)) return *there;  // what is there was checked when it was made
  if (auto allowed = check(text); !allowed) return allowed.error();
  const atom_table::interned made = atom_table::program().intern(text, most);
  switch (made.result) {
    case atom_table::outcome::done:
      return detail::atom_access::make(made.at);
    case atom_table::outcome::nearly_full:
      return refusal(errc::atom_table_nearly_full, "max_atoms: {} atoms are there, {} allowed here (atom_limit: {})",
                     made.count, most, made.limit);
    case atom_table::outcome::full:
      return refusal(errc::atom_table_full, "atom_limit: {} atoms are there, {} allowed", made.count, made.limit);
    case atom_table::outcome::no_memory:
      return errc::system_limit;
  }
  FOUNDATION_UNREACHABLE("atom: an outcome that is none");
}

}  // namespace

result<atom> atom::make(std::string_view text) noexcept { return intern(text, unbounded); }

result<atom> safe_atom(std::string_view text, safe_atom_options options) noexcept {
  return intern(text, options.max_atoms);
}

std::optional<atom> existing_atom(std::string_view text) noexcept {
  if (text.empty()) return atom();
  if (text.size() > longest) return std::nullopt;
  const detail::atom_entry* const found = atom_table::program().find(text);
  if (found == nullptr) return std::nullopt;
  return detail::atom_access::make(found);
}

std::size_t atom_count() noexcept { return atom_table::program().count(); }

std::size_t atom_limit() noexcept { return atom_table::program().limit(); }

std::size_t atom_bytes() noexcept { return atom_table::program().bytes(); }

result<void> set_atom_limit(std::size_t limit) noexcept {
  if (limit != 0 && atom_table::program().set_limit(limit)) return {};
  return refusal(errc::invalid_argument, "atom_limit: {} given, {}..{} allowed", limit,
                 std::max<std::size_t>(atom_count(), 1), atom_table::largest_limit);
}

}  // namespace foundation::inline v0
