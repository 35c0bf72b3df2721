// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <any>
#include <array>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include <foundation/binary.hpp>
#include <foundation/message.hpp>
#include <foundation/owned_bytes.hpp>
#include <foundation/result.hpp>

namespace fn = foundation;

namespace {

const std::string text(1000, 'x');

struct point {
  double x, y;
};
struct row {
  std::string name;
  std::vector<int> cells;
  std::string aliases[2];
};
struct tree {
  std::string label;
  std::vector<tree> children;
};
struct shape {
  virtual ~shape() = default;
  std::string name;
};
class opaque {
 public:
  explicit opaque(std::string s) : inside_(std::move(s)) {}

 private:
  std::string inside_;
};
class open_minded {
 public:
  explicit open_minded(std::string s) : inside_(std::move(s)) {}
  friend std::size_t owned_bytes(const open_minded& o) noexcept { return fn::owned_bytes(o.inside_); }

 private:
  std::string inside_;
};

/// What many libraries have for JSON: a range of itself, made of a vector of itself.
class json {
 public:
  using value_type = json;
  json(std::string s) : text_(std::move(s)) {}
  json(std::vector<json> v) : elements_(std::move(v)) {}
  [[nodiscard]] const json* begin() const { return elements_.empty() ? this : elements_.data(); }
  [[nodiscard]] const json* end() const { return elements_.empty() ? this + 1 : elements_.data() + elements_.size(); }

 private:
  std::string text_;
  std::vector<json> elements_;
};
/// The same, that says what it owns.
class honest_json {
 public:
  honest_json(std::string s) : text_(std::move(s)) {}
  honest_json(std::vector<honest_json> v) : elements_(std::move(v)) {}
  friend std::size_t owned_bytes(const honest_json& j) noexcept { return fn::owned_bytes(j.text_) + fn::owned_bytes(j.elements_); }

 private:
  std::string text_;
  std::vector<honest_json> elements_;
};
struct derived : open_minded {
  using open_minded::open_minded;
};
/// As std::expected<void, std::string> of a later standard.
class outcome {
 public:
  using value_type = void;
  using error_type = std::string;
  explicit outcome(std::string e) : error_(std::move(e)) {}
  [[nodiscard]] bool has_value() const { return error_.empty(); }
  void operator*() const {}
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::string error_;
};
struct chain {
  std::unique_ptr<chain> next;
  std::string text;
};

TEST(OwnedBytes, of_what_owns_nothing_are_none) {
  EXPECT_EQ(fn::owned_bytes(1), 0u);
  EXPECT_EQ(fn::owned_bytes(point{1, 2}), 0u);
  EXPECT_EQ(fn::owned_bytes(std::array<point, 4>{}), 0u);
  EXPECT_EQ(fn::owned_bytes(std::string("short")), 0u);
  EXPECT_EQ(fn::owned_bytes(std::vector<int>()), 0u);
  EXPECT_EQ(fn::owned_bytes(std::unique_ptr<point>()), 0u);
  EXPECT_EQ(fn::owned_bytes(std::optional<std::string>()), 0u);
}

TEST(OwnedBytes, of_a_container_in_blocks_are_its_room) {
  EXPECT_EQ(fn::owned_bytes(text), text.capacity());
  std::vector<point> points(10);
  points.reserve(100);
  EXPECT_EQ(fn::owned_bytes(points), 100 * sizeof(point));
  EXPECT_EQ(fn::owned_bytes(std::pmr::vector<int>(8)), 8 * sizeof(int));
  EXPECT_EQ(fn::owned_bytes(std::vector<bool>(1024)), 128u);
  EXPECT_EQ(fn::owned_bytes(std::wstring(500, L'x')) / sizeof(wchar_t), 500u);
}

TEST(OwnedBytes, of_a_container_in_nodes_are_about_what_the_nodes_take) {
  EXPECT_EQ(fn::owned_bytes(std::list<int>(10)), 10 * (sizeof(int) + 16));
  EXPECT_EQ(fn::owned_bytes(std::forward_list<int>(10)), 10 * (sizeof(int) + 8));
  EXPECT_EQ(fn::owned_bytes(std::deque<int>(10)), 10 * sizeof(int));
  const std::set<int> numbers{1, 2, 3};
  EXPECT_EQ(fn::owned_bytes(numbers), 3 * (sizeof(int) + 32));
  const std::unordered_map<int, int> table{{1, 2}, {3, 4}};
  EXPECT_EQ(fn::owned_bytes(table), 2 * (sizeof(std::pair<int, int>) + 16) + 8 * table.bucket_count());
}

TEST(OwnedBytes, of_a_whole_are_those_of_all_its_parts) {
  const std::size_t one = text.capacity();
  EXPECT_EQ(fn::owned_bytes(std::pair(text, text)), 2 * one);
  EXPECT_EQ(fn::owned_bytes(std::tuple(1, text, point{})), one);
  EXPECT_EQ(fn::owned_bytes(std::array{text, text, text}), 3 * one);
  EXPECT_EQ(fn::owned_bytes(std::optional(text)), one);
  EXPECT_EQ(fn::owned_bytes(std::variant<int, std::string>(text)), one);
  EXPECT_EQ(fn::owned_bytes(std::variant<int, std::string>(1)), 0u);
  EXPECT_EQ(fn::owned_bytes(fn::result<std::string>(text)), one);
  EXPECT_EQ(fn::owned_bytes(std::make_unique<std::string>(text)), sizeof(std::string) + one);
  EXPECT_EQ(fn::owned_bytes(row{text, std::vector<int>(10), {text, text}}), 3 * one + 10 * sizeof(int));
  EXPECT_EQ(fn::owned_bytes(std::vector<std::string>(4, text)), 4 * sizeof(std::string) + 4 * one);
  const std::map<std::string, std::string> pairs{{text, text}};
  EXPECT_EQ(fn::owned_bytes(pairs), sizeof(std::pair<std::string, std::string>) + 32 + 2 * one);
  std::stack<std::string> stacked;
  stacked.push(text);
  EXPECT_EQ(fn::owned_bytes(stacked), sizeof(std::string) + one);
  std::priority_queue<std::string, std::vector<std::string>> queued;
  queued.push(text);
  EXPECT_EQ(fn::owned_bytes(queued), sizeof(std::string) + one);
}

TEST(OwnedBytes, of_a_type_within_itself_go_all_the_way_down) {
  const tree leaf{text, {}};
  EXPECT_EQ(fn::owned_bytes(tree{text, {leaf, tree{text, {leaf}}}}), 4 * text.capacity() + 3 * sizeof(tree));
}

TEST(OwnedBytes, of_a_type_that_is_a_range_of_itself_are_not_seen) {
  EXPECT_EQ(fn::owned_bytes(json(text)), 0u);
  EXPECT_EQ(fn::owned_bytes(json(std::vector<json>{json(text), json(text)})), 0u);
}

TEST(OwnedBytes, of_a_path_are_those_of_its_text) {
  EXPECT_EQ(fn::owned_bytes(std::filesystem::path("/usr/" + text)), std::filesystem::path("/usr/" + text).native().capacity());
}

TEST(OwnedBytes, of_what_has_a_value_of_no_type_are_those_of_its_error) {
  EXPECT_EQ(fn::owned_bytes(outcome(text)), text.capacity());
  EXPECT_EQ(fn::owned_bytes(outcome("")), 0u);
  EXPECT_EQ(fn::owned_bytes(fn::result<void>()), 0u);
}

TEST(OwnedBytes, of_a_structure_without_end_are_counted_so_far_down) {
  chain all{nullptr, text};
  chain* last = &all;
  for (int i = 0; i != 100'000; ++i) last = (last->next = std::make_unique<chain>(chain{nullptr, text})).get();
  EXPECT_GT(fn::owned_bytes(all), 10 * text.capacity());
  EXPECT_LT(fn::owned_bytes(all), 30 * text.capacity());
  while (all.next != nullptr) all.next = std::move(all.next->next);  // its own destructor would need as deep a stack
}

TEST(OwnedBytes, are_asked_of_a_type_itself_and_of_nothing_that_it_converts_to) {
  const std::vector<honest_json> two(2, honest_json(text));
  EXPECT_EQ(fn::owned_bytes(two), 2 * sizeof(honest_json) + 2 * text.capacity());
  EXPECT_EQ(fn::owned_bytes(honest_json(two)), fn::owned_bytes(two));
  EXPECT_EQ(fn::owned_bytes(derived(text)), text.capacity());
}

TEST(OwnedBytes, of_what_is_shared_are_nobodys) {
  EXPECT_EQ(fn::owned_bytes(std::make_shared<std::string>(text)), 0u);
  EXPECT_EQ(fn::owned_bytes(fn::binary::copy(text).value()), 0u);
  EXPECT_EQ(fn::owned_bytes(std::vector<fn::binary>(3)), 3 * sizeof(fn::binary));
}

TEST(OwnedBytes, are_not_seen_in_a_class_that_does_not_show_them_unless_it_says_so) {
  EXPECT_EQ(fn::owned_bytes(opaque(text)), 0u);
  EXPECT_EQ(fn::owned_bytes(std::any(text)), 0u);
  EXPECT_EQ(fn::owned_bytes(std::unique_ptr<shape>(new shape)), 0u) << "it may be more than a shape";
  EXPECT_EQ(fn::owned_bytes(open_minded(text)), text.capacity());
  EXPECT_EQ(fn::owned_bytes(std::vector<open_minded>(2, open_minded(text))), 2 * sizeof(open_minded) + 2 * text.capacity());
}

}  // namespace
