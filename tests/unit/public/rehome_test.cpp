// SPDX-License-Identifier: Apache-2.0
//
// Values made anew, kind by kind: what came from an arena is gone when they are looked at.
#include <array>
#include <cstddef>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include <foundation/result.hpp>
#include <foundation/vouched_sendable.hpp>

#include "unit/public/rehome_fixture.hpp"

namespace foundation::testing {
namespace {

using resource = std::pmr::memory_resource;
using text = std::pmr::string;

/// Too long to be kept in the string itself.
text long_text(resource* in, const char* which) { return text(which, in) + text(60, '.', in); }

struct record {
  text name;
  std::optional<std::pmr::vector<int>> numbers;
  int count;
  bool operator==(const record&) const = default;
  auto operator<=>(const record& other) const { return name <=> other.name; }
};
record make_record(resource* in, const char* which) {
  return {long_text(in, which), std::pmr::vector<int>({1, 2, 3}, in), 7};
}
struct hash_of_record {
  std::size_t operator()(const record& r) const { return std::hash<text>()(r.name); }
};

/// A sequence of two of what `one` makes.
template <typename Container, typename One>
auto two_of(One one) {
  return [one](resource* in) {
    Container made = [&] {
      if constexpr (std::is_constructible_v<Container, resource*>) return Container(in);
      else return Container();
    }();
    if constexpr (requires { made.push_front(one(in, "a")); }) {
      made.push_front(one(in, "b"));
      made.push_front(one(in, "a"));
    } else {
      made.push_back(one(in, "a"));
      made.push_back(one(in, "b"));
    }
    return made;
  };
}
/// The same of a container with keys.
template <typename Container, typename One>
auto keys_of(One one) {
  return [one](resource* in) {
    Container made = [&] {
      if constexpr (std::is_constructible_v<Container, resource*>) return Container(in);
      else return Container();
    }();
    for (const char* which : {"b", "a", "c"}) made.insert(one(in, which));
    return made;
  };
}
/// The same of one with values.
template <typename Container, typename One>
auto map_of(One one) {
  return [one](resource* in) {
    Container made = [&] {
      if constexpr (std::is_constructible_v<Container, resource*>) return Container(in);
      else return Container();
    }();
    for (const char* which : {"b", "a", "c"}) made.emplace(long_text(in, which), one(in, which));
    return made;
  };
}

TEST(Rehome, makes_strings_and_sequences_with_a_polymorphic_allocator_anew) {
  expect_rehomed([](resource* in) { return long_text(in, "text"); });
  expect_rehomed([](resource* in) { return std::pmr::u16string(50, u'x', in); });
  expect_rehomed([](resource* in) { return std::pmr::vector<int>({1, 2, 3}, in); });
  expect_rehomed([](resource* in) { return std::pmr::vector<bool>({true, false, true}, in); });
  expect_rehomed(two_of<std::pmr::vector<text>>(long_text));
  expect_rehomed(two_of<std::pmr::deque<text>>(long_text));
  expect_rehomed(two_of<std::pmr::list<text>>(long_text));
  expect_rehomed(two_of<std::pmr::forward_list<text>>(long_text));
}

TEST(Rehome, makes_the_elements_of_standard_sequences_anew) {
  expect_rehomed(two_of<std::vector<text>>(long_text));
  expect_rehomed(two_of<std::deque<text>>(long_text));
  expect_rehomed(two_of<std::list<text>>(long_text));
  expect_rehomed(two_of<std::forward_list<text>>(long_text));
}

TEST(Rehome, makes_structs_in_any_sequence_anew_which_the_allocator_does_not_reach) {
  expect_rehomed(two_of<std::vector<record>>(make_record));
  expect_rehomed(two_of<std::pmr::vector<record>>(make_record));
  expect_rehomed(two_of<std::pmr::deque<record>>(make_record));
  expect_rehomed(two_of<std::pmr::list<record>>(make_record));
  expect_rehomed(two_of<std::pmr::forward_list<record>>(make_record));
}

TEST(Rehome, makes_keys_and_values_of_ordered_containers_anew) {
  expect_rehomed(keys_of<std::set<text>>(long_text));
  expect_rehomed(keys_of<std::multiset<record>>(make_record));
  expect_rehomed(keys_of<std::pmr::set<text>>(long_text));
  expect_rehomed(keys_of<std::pmr::set<record>>(make_record));
  expect_rehomed(map_of<std::map<text, text>>(long_text));
  expect_rehomed(map_of<std::pmr::map<text, text>>(long_text));
  expect_rehomed(map_of<std::pmr::map<text, record>>(make_record));
  expect_rehomed(map_of<std::multimap<text, record>>(make_record));
}

TEST(Rehome, makes_keys_and_values_of_unordered_containers_anew) {
  expect_rehomed(keys_of<std::unordered_set<text>>(long_text));
  expect_rehomed(keys_of<std::pmr::unordered_set<text>>(long_text));
  expect_rehomed(keys_of<std::unordered_multiset<record, hash_of_record>>(make_record));
  expect_rehomed(keys_of<std::pmr::unordered_set<record, hash_of_record>>(make_record));
  expect_rehomed(map_of<std::unordered_map<text, text>>(long_text));
  expect_rehomed(map_of<std::pmr::unordered_map<text, text>>(long_text));
  expect_rehomed(map_of<std::pmr::unordered_map<text, record>>(make_record));
  expect_rehomed(map_of<std::unordered_multimap<text, record>>(make_record));
}

TEST(Rehome, makes_pairs_tuples_arrays_optionals_and_variants_anew) {
  expect_rehomed([](resource* in) { return std::pair(3, long_text(in, "b")); });
  expect_rehomed([](resource* in) { return std::tuple(3, long_text(in, "b"), make_record(in, "c")); });
  expect_rehomed([](resource* in) { return std::tuple(long_text(in, "alone")); });
  expect_rehomed([](resource* in) { return std::array{long_text(in, "a"), long_text(in, "b")}; });
  expect_rehomed([](resource* in) { return std::optional(long_text(in, "a")); });
  expect_rehomed([](resource* in) { return std::variant<int, text, record>(long_text(in, "a")); });
  expect_rehomed([](resource* in) { return std::variant<int, text, record>(make_record(in, "a")); });
  expect_rehomed([](resource* in) { return std::variant<text, text>(std::in_place_index<1>, long_text(in, "a")); });
  expect_rehomed([](resource* in) { return result<text>(long_text(in, "a")); });
}

TEST(Rehome, keeps_optionals_variants_and_results_that_hold_nothing_of_it) {
  using choice = std::variant<int, text>;
  EXPECT_EQ(detail::rehome<std::optional<text>>(std::optional<text>()), std::nullopt);
  EXPECT_EQ(std::get<int>(detail::rehome<choice>(choice(7))), 7);
  EXPECT_EQ(detail::rehome<result<text>>(result<text>(errc::timeout)), errc::timeout);
  EXPECT_EQ(detail::rehome<std::unique_ptr<text>>(std::unique_ptr<text>()), nullptr);
}

struct throws_when_moved {
  throws_when_moved() = default;
  throws_when_moved(throws_when_moved&&) { throw std::runtime_error("no moves"); }
  throws_when_moved(const throws_when_moved&) = default;
};

TEST(Rehome, keeps_a_variant_that_has_lost_its_value) {
  using choice = std::variant<text, throws_when_moved>;
  choice value(std::in_place_index<0>);
  EXPECT_THROW(value.emplace<1>(throws_when_moved()), std::runtime_error);
  ASSERT_TRUE(value.valueless_by_exception());
  EXPECT_TRUE(detail::rehome<choice>(std::as_const(value)).valueless_by_exception());
}

TEST(Rehome, makes_containers_within_containers_anew_at_every_depth) {
  using deep = std::pmr::vector<std::vector<std::pmr::map<int, std::optional<record>>>>;
  expect_rehomed([](resource* in) {
    std::pmr::map<int, std::optional<record>> row(in);
    row.emplace(1, make_record(in, "a"));
    row.emplace(2, std::nullopt);
    deep made(in);
    made.emplace_back().push_back(std::move(row));
    return made;
  });
  expect_rehomed(two_of<std::pmr::vector<std::pair<int, std::tuple<int, text>>>>(
      [](resource* in, const char* which) { return std::pair(1, std::tuple(2, long_text(in, which))); }));
  expect_rehomed(two_of<std::pmr::vector<std::pair<int, record>>>(
      [](resource* in, const char* which) { return std::pair(1, make_record(in, which)); }));
}

struct grid {
  int first;
  text names[2][2];
  record row[2];
  char tag[8];
  unsigned small : 3;
  bool flag : 1;
  const text last;
  bool operator==(const grid&) const = default;
};
struct tree {
  text name;
  std::vector<tree> children;
  bool operator==(const tree&) const = default;
};

TEST(Rehome, makes_structs_anew_with_arrays_bit_fields_and_const_members) {
  expect_rehomed([](resource* in) { return make_record(in, "a"); });
  expect_rehomed([](resource* in) {
    return grid{1,
                {{long_text(in, "a"), long_text(in, "b")}, {long_text(in, "c"), long_text(in, "d")}},
                {make_record(in, "e"), make_record(in, "f")},
                "tag",
                5,
                true,
                long_text(in, "g")};
  });
}

TEST(Rehome, makes_structs_anew_that_contain_their_own_kind) {
  expect_rehomed([](resource* in) {
    tree made{long_text(in, "root"), {}};
    made.children.push_back({long_text(in, "a"), {}});
    made.children.push_back({long_text(in, "b"), {tree{long_text(in, "c"), {}}}});
    return made;
  });
}

TEST(Rehome, makes_stacks_queues_and_heaps_anew) {
  expect_rehomed([](resource* in) { return std::stack(std::deque{long_text(in, "a"), long_text(in, "b")}); });
  expect_rehomed([](resource* in) { return std::queue(std::pmr::deque<int>({1, 2, 3}, in)); });
  using heap = std::priority_queue<text, std::pmr::vector<text>, std::greater<>>;
  const auto drained = [](heap from) {
    std::vector<std::string> all;
    for (; !from.empty(); from.pop()) all.emplace_back(from.top());
    return all;
  };
  expect_moved_home(
      [](resource* in) {
        std::pmr::vector<text> words(in);
        for (const char* which : {"b", "a", "c"}) words.push_back(long_text(in, which));
        return heap(std::greater<>(), std::move(words));
      },
      [&](const heap& a, const heap& b) { return drained(a) == drained(b); });
}

struct moved_only {
  std::unique_ptr<int> number;
  text name;
};
moved_only make_moved_only(resource* in, const char* which) { return {std::make_unique<int>(7), long_text(in, which)}; }
bool same_moved_only(const moved_only& a, const moved_only& b) { return *a.number == *b.number && a.name == b.name; }

TEST(Rehome, moves_what_cannot_be_copied) {
  const auto same_elements = [](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_moved_only);
  };
  expect_moved_home([](resource* in) { return make_moved_only(in, "a"); }, same_moved_only);
  expect_moved_home(two_of<std::vector<moved_only>>(make_moved_only), same_elements);
  expect_moved_home(two_of<std::pmr::list<moved_only>>(make_moved_only), same_elements);
  expect_moved_home(map_of<std::map<text, moved_only>>(make_moved_only), [](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.first == y.first && same_moved_only(x.second, y.second);
    });
  });
  std::pmr::vector<std::unique_ptr<int>> numbers;
  numbers.push_back(std::make_unique<int>(7));
  int* const seven = numbers[0].get();
  EXPECT_EQ(detail::rehome<decltype(numbers)>(std::move(numbers))[0].get(), seven);
}

TEST(Rehome, makes_what_a_unique_ptr_owns_anew) {
  const auto same = [](const auto& a, const auto& b) { return *a == *b; };
  expect_moved_home([](resource* in) { return std::make_unique<text>(long_text(in, "a")); }, same);
  expect_moved_home([](resource* in) { return std::make_unique<record>(make_record(in, "a")); }, same);
}

/// Advertises its allocator, and takes one where it is copied or moved.
class ledger {
 public:
  using allocator_type = std::pmr::polymorphic_allocator<>;
  explicit ledger(resource* in) : entries_(in) { entries_.push_back(long_text(in, "entry")); }
  ledger(const ledger& other, const allocator_type& in) : entries_(other.entries_, in) {}
  ledger(ledger&& other, const allocator_type& in) : entries_(std::move(other.entries_), in) {}
  ledger(const ledger&) = default;
  ledger(ledger&&) = default;
  bool operator==(const ledger&) const = default;

 private:
  std::pmr::vector<text> entries_;
};

TEST(Rehome, makes_classes_that_advertise_an_allocator_anew) {
  expect_rehomed([](resource* in) { return ledger(in); });
  expect_rehomed([](resource* in) { return std::vector<ledger>{ledger(in), ledger(in)}; });
  expect_rehomed([](resource* in) { return std::pmr::vector<ledger>({ledger(in)}, in); });
}

TEST(Rehome, keeps_comparators_hashes_and_standard_allocators) {
  using falling = bool (*)(const text&, const text&);
  std::map<text, int, falling> ordered([](const text& a, const text& b) { return a > b; });
  for (const char* key : {"a", "c", "b"}) ordered.emplace(key, 1);
  const auto again = detail::rehome<decltype(ordered)>(ordered);
  EXPECT_TRUE(std::equal(again.begin(), again.end(), ordered.begin(), ordered.end()));
  EXPECT_EQ(again.begin()->first, "c");

  using same_for_all = std::size_t (*)(const text&);
  std::unordered_set<text, same_for_all> hashed(8, [](const text&) -> std::size_t { return 3; });
  hashed.insert("a");
  EXPECT_EQ(detail::rehome<decltype(hashed)>(std::move(hashed)).hash_function()("anything"), 3u);
}

TEST(Rehome, keeps_the_order_of_equal_keys) {
  std::multimap<text, int> values;
  for (const int n : {3, 1, 2}) values.emplace("key", n);
  EXPECT_EQ(detail::rehome<decltype(values)>(values), values);
  const auto expected = values;
  EXPECT_EQ(detail::rehome<decltype(values)>(std::move(values)), expected);
}

TEST(Rehome, takes_over_what_is_at_home_already) {
  backing_probe probe;
  text at_home(100, 'x', message_resource());
  const char* const characters = at_home.data();
  const long before = probe.made();
  const text made = detail::rehome<text>(std::move(at_home));
  EXPECT_EQ(made.data(), characters);
  EXPECT_EQ(probe.made(), before);
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error("no copies"); }
  throws_when_copied(throws_when_copied&&) = default;
};
struct fragile {
  text name;
  std::vector<throws_when_copied> rest;
};

TEST(Rehome, leaves_nothing_behind_when_a_copy_throws) {
  const backing_probe probe;
  doomed_arena arena;
  fragile value{long_text(&arena, "a"), {}};
  value.rest.emplace_back();
  EXPECT_THROW(static_cast<void>(detail::rehome<fragile>(std::as_const(value))), std::runtime_error);
  EXPECT_GT(probe.made(), 0) << "the name came first";
  EXPECT_EQ(probe.live(), 0);
  EXPECT_EQ(detail::rehome<fragile>(std::move(value)).rest.size(), 1u) << "moved, it does not throw";
}

/// One whose author vouches for it: not looked into.
struct vouched {
  text name;
};

}  // namespace
}  // namespace foundation::testing

template <>
inline constexpr bool foundation::vouched_sendable<foundation::testing::vouched> = true;

namespace foundation::testing {
namespace {

TEST(Rehome, leaves_alone_what_owns_no_such_memory_or_is_vouched_for) {
  EXPECT_FALSE(detail::needs_rehoming<int>);
  EXPECT_FALSE(detail::needs_rehoming<std::string>);
  EXPECT_FALSE((detail::needs_rehoming<std::map<std::string, std::vector<std::unique_ptr<int>>>>));
  EXPECT_FALSE(detail::needs_rehoming<std::stack<int>>);
  EXPECT_FALSE((detail::needs_rehoming<std::variant<int, std::string>>));
  EXPECT_FALSE(detail::needs_rehoming<vouched>);
  EXPECT_FALSE(detail::needs_rehoming<std::vector<vouched>>);
}

}  // namespace
}  // namespace foundation::testing
