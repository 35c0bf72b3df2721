// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <unordered_set>

#include <foundation/atom.hpp>

#include "support/backing_probe.hpp"

namespace fn = foundation;

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(sizeof(fn::atom) == sizeof(void*) && std::is_trivially_copyable_v<fn::atom>);
static_assert(!std::is_convertible_v<const char*, fn::atom> && !std::is_convertible_v<std::string_view, fn::atom>);

/// Puts the program's limit back.
class Atom : public ::testing::Test {
 protected:
  ~Atom() override { fn::set_atom_limit(limit_).value(); }

 private:
  std::size_t limit_ = fn::atom_limit();
};
using SafeAtom = Atom;

std::string times(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i != n; ++i) out += text;
  return out;
}

TEST_F(Atom, of_equal_texts_are_one) {
  const fn::atom ok = fn::atom::make("ok").value();
  EXPECT_EQ(ok, fn::atom::make(std::string("ok")).value());
  EXPECT_EQ(ok.text().data(), fn::atom::make("ok").value().text().data());
  EXPECT_NE(ok, fn::atom::make("Ok").value());
  EXPECT_EQ(ok.text(), "ok");
  EXPECT_EQ(ok.text().data()[2], '\0');
}

TEST_F(Atom, without_a_text_is_the_empty_one_and_is_in_no_table) {
  const std::size_t before = fn::atom_count();
  EXPECT_EQ(fn::atom(), fn::atom::make("").value());
  EXPECT_EQ(fn::existing_atom(""), fn::atom());
  EXPECT_EQ(fn::safe_atom("", {.max_atoms = 0}).value(), fn::atom());
  EXPECT_EQ(fn::atom().text(), "");
  EXPECT_EQ(*fn::atom().text().data(), '\0');
  EXPECT_EQ(fn::atom_count(), before);
}

TEST_F(Atom, has_up_to_255_characters_of_any_number_of_bytes) {
  const std::string smile = "\xf0\x9f\x98\x80";
  EXPECT_EQ(fn::atom::make(times("a", 255)).value().text().size(), 255u);
  EXPECT_EQ(fn::atom::make(times(smile, 255)).value().text(), times(smile, 255));
  EXPECT_EQ(fn::atom::make(std::string_view("a\0b", 3)).value().text().size(), 3u);

  const auto long_one = fn::atom::make(times("a", 256));
  EXPECT_EQ(long_one, fn::errc::invalid_atom);
  EXPECT_EQ(long_one.error().message(), "text: 256 characters given, 0..255 allowed");
  const auto longer = fn::atom::make(times(smile, 256));
  EXPECT_EQ(longer, fn::errc::invalid_atom);
  EXPECT_EQ(longer.error().message(), "text: 1024 bytes given, 0..255 characters allowed");
  EXPECT_FALSE(fn::existing_atom(times("a", 256)));
  EXPECT_FALSE(fn::existing_atom(times("a", 100'000)));
}

TEST_F(Atom, is_of_valid_utf8) {
  for (const char* bad : {"\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) {
    const auto made = fn::atom::make(std::string("ab") + bad);
    ASSERT_EQ(made, fn::errc::invalid_atom);
    EXPECT_EQ(made.error().message(), "text: byte 2 is no UTF-8, valid UTF-8 allowed");
    EXPECT_FALSE(fn::existing_atom(std::string("ab") + bad));
  }
  EXPECT_TRUE(fn::atom::make("\xef\xbf\xbf"));
}

TEST_F(Atom, exists_from_the_moment_somebody_has_made_it) {
  EXPECT_FALSE(fn::existing_atom("made by one test only"));
  const std::size_t before = fn::atom_count();
  const fn::atom made = fn::atom::make("made by one test only").value();
  EXPECT_EQ(fn::existing_atom("made by one test only"), made);
  EXPECT_EQ(fn::atom_count(), before + 1);
}

TEST_F(Atom, that_is_there_is_found_without_an_allocation) {
  const fn::atom made = fn::atom::make("found without memory").value();
  fn::testing::backing_probe probe;
  probe.refuse_all();
  EXPECT_EQ(fn::atom::make("found without memory").value(), made);
  EXPECT_EQ(fn::existing_atom("found without memory"), made);
  EXPECT_EQ(probe.refused(), 0);
  EXPECT_EQ(fn::atom::make("not made without memory"), fn::errc::system_limit);
  EXPECT_FALSE(fn::existing_atom("not made without memory"));
}

TEST_F(Atom, is_refused_at_the_limit_unless_it_is_there) {
  const fn::atom there = fn::atom::make("there at the limit").value();
  const std::size_t count = fn::atom_count();
  ASSERT_TRUE(fn::set_atom_limit(count));
  const auto refused = fn::atom::make("not there at the limit");
  EXPECT_EQ(refused, fn::errc::atom_table_full);
  EXPECT_EQ(refused.error().message(),
            "atom_limit: " + std::to_string(count) + " atoms are there, " + std::to_string(count) + " allowed");
  EXPECT_EQ(fn::atom::make("there at the limit").value(), there);
  EXPECT_EQ(fn::safe_atom("not there at the limit"), fn::errc::atom_table_full);
  EXPECT_EQ(fn::atom_count(), count);
}

TEST_F(Atom, limits_are_checked) {
  EXPECT_EQ(fn::atom_limit(), 1'048'576u);
  fn::atom::make("at least one").value();
  const std::size_t least = fn::atom_count();
  for (const std::size_t wrong :
       {std::size_t{0}, least - 1, std::size_t{268'435'457}, std::numeric_limits<std::size_t>::max()}) {
    const auto set = fn::set_atom_limit(wrong);
    ASSERT_EQ(set, fn::errc::invalid_argument) << wrong;
    EXPECT_EQ(set.error().message(), "atom_limit: " + std::to_string(wrong) + " given, " + std::to_string(least) +
                                         "..268435456 allowed");
  }
  EXPECT_EQ(fn::atom_limit(), 1'048'576u);
  EXPECT_TRUE(fn::set_atom_limit(268'435'456));
  EXPECT_TRUE(fn::set_atom_limit(least));
  EXPECT_EQ(fn::atom_limit(), least);
}

TEST_F(SafeAtom, makes_none_beyond_the_callers_bound) {
  const std::size_t count = fn::atom_count();
  const fn::atom first = fn::safe_atom("safe one", {.max_atoms = count + 1}).value();
  const auto refused = fn::safe_atom("safe two", {.max_atoms = count + 1});
  EXPECT_EQ(refused, fn::errc::atom_table_nearly_full);
  EXPECT_THAT(std::string(refused.error().message()), AllOf(HasSubstr("max_atoms: " + std::to_string(count + 1) +
                                                                      " atoms are there, " + std::to_string(count + 1)),
                                                            HasSubstr("atom_limit: 1048576")));
  EXPECT_EQ(fn::safe_atom("safe one", {.max_atoms = 0}).value(), first);
  EXPECT_EQ(fn::safe_atom("safe\xff"), fn::errc::invalid_atom);
  EXPECT_TRUE(fn::safe_atom("safe two"));
}

TEST_F(SafeAtom, allows_800_000_unless_told_otherwise) { EXPECT_EQ(fn::safe_atom_options().max_atoms, 800'000u); }

TEST_F(Atom, counts_its_memory) {
  const std::size_t before = fn::atom_bytes();
  fn::atom::make("an atom of forty characters, one by one.").value();
  EXPECT_GE(fn::atom_bytes(), before + 40);
}

TEST_F(Atom, is_a_key_of_hash_tables_and_by_its_text_of_ordered_ones) {
  const fn::atom a = fn::atom::make("a").value();
  const fn::atom b = fn::atom::make("b").value();
  const fn::atom u = fn::atom::make("\xc3\xa4").value();
  const std::unordered_set<fn::atom> all{a, b, u, a};
  EXPECT_EQ(all.size(), 3u);
  EXPECT_TRUE(all.contains(b));
  std::map<fn::atom, int, fn::atom::text_order> ordered{{u, 4}, {b, 3}, {fn::atom(), 1}, {a, 2}};
  std::vector<int> numbers;
  for (const auto& [key, number] : ordered) numbers.push_back(number);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4));
}

}  // namespace
